"""One free call that shows whether the model's server answers, and takes the key where there is one."""

import asyncio

from core.errors import ModelError
from core.settings import Settings
from core.writing.model.chat import Chat

NO_ANSWER = ("unreachable", "timeout", "server_error")
_REFUSED = ("unauthorized", "quota_exceeded", "rate_limited")


async def probe(settings: Settings, *, seconds: float) -> tuple[str, str | None]:
    """The health word and the reason, from `GET {OPENAI_BASE_URL}/models` on a new connection.

    `unknown` where the server answers, but has no such list, or no key is set here.
    """
    key = settings.openai_api_key
    chat = Chat(api_key=key or "none", base_url=settings.openai_base_url, prices={})
    try:
        async with asyncio.timeout(seconds):
            await chat.list_models()
    except TimeoutError:
        return "timeout", f"no answer in {seconds:g} s"
    except ModelError as failure:
        word = getattr(failure, "health", "unknown")
        known = word in NO_ANSWER or (key and word in _REFUSED)
        return word if known else "unknown", failure.reason
    finally:
        await chat.close()
    return "healthy" if key else "unknown", None
