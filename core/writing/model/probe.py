"""One free call that shows whether the model's server answers, and takes the key where there is one."""

import asyncio

from core.errors import ModelError
from core.settings import Settings
from core.writing.model.chat import Chat, ModelCallFailed

_NO_KEY = "none"  # the SDK wants one; what a server says to it is not looked at
_SEEN_WITHOUT_KEY = ("unreachable", "timeout", "server_error")
_SEEN = (*_SEEN_WITHOUT_KEY, "unauthorized", "quota_exceeded", "rate_limited")


async def probe(settings: Settings, *, seconds: float) -> tuple[str, str | None]:
    """The health word and the reason, from `GET {OPENAI_BASE_URL}/models` on a new connection.

    `unknown` where the server answers and that says nothing of the key: none is given here, or the server
    has no such list.
    """
    key = settings.openai_api_key
    chat = Chat(api_key=key or _NO_KEY, base_url=settings.openai_base_url, prices={})
    try:
        async with asyncio.timeout(seconds):
            await chat.list_models()
    except TimeoutError:
        return "timeout", f"no answer in {seconds:g} s"
    except ModelError as failure:
        word = failure.health if isinstance(failure, ModelCallFailed) else "unknown"
        if word in (_SEEN if key else _SEEN_WITHOUT_KEY):
            return word, failure.reason
        return "unknown", f"the server answers: {failure.reason}"
    finally:
        await chat.close()
    return ("healthy", None) if key else ("unknown", "the server answers; the key is not known here")
