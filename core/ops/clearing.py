"""What is removed from the cache on request: threads of a URL, a text, a host or a prompt, or one thread."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from core.cache.purge import Purging, of_host, of_source
from core.errors import InvalidRequest, NotFound
from core.store.purges import Purge, Purged
from core.threads.schemas import MAX_TEXT_BYTES, GenerateAnswer, encodable
from core.writing.model.prompt import made_by, model_variant

_OTHER_PROMPTS = "other"


class ClearRequest(BaseModel):
    """Exactly one of them, in the body or in the query.

    `host` names the hosts below it, too. `prompt` is a version of the prompt (core/writing/model/prompt.py),
    a version and a model as 1/gpt-5.4-mini, or `other`: all but the present ones.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str | None = Field(None, min_length=1, max_length=2_048)
    text: str | None = Field(None, min_length=1, max_length=MAX_TEXT_BYTES)
    host: Annotated[str, StringConstraints(pattern=r"^[^\s/?#@*]{1,255}$")] | None = None
    prompt: Annotated[str, StringConstraints(pattern=r"^(\d{1,9}(/.{1,200})?|other)$")] | None = None
    id: str | None = Field(None, min_length=1, max_length=100)

    _surrogates = field_validator("url", "text", "host", "prompt", "id")(encodable)

    @classmethod
    def merged(cls, query: Self, body: Self | None) -> Self:
        """The one that names something. Raises InvalidRequest unless exactly one thing is named."""
        sources = [source for source in (query, body) if source]
        given = [source for source in sources for _ in source.model_dump(exclude_none=True)]
        if len(given) != 1:
            raise InvalidRequest("Give exactly one of url, text, host, prompt and id.")
        return given[0]


class ClearAnswer(BaseModel):
    """`removed`: how many threads. `gone_everywhere_in_seconds`: a request that is sent so long after gets
    nothing of them; null when there was no time to remove all.
    """

    success: bool
    message: str
    removed: int
    gone_everywhere_in_seconds: int | None

    @classmethod
    def of(cls, purged: Purged, gone_in_seconds: int) -> Self:
        message = "The kept answer was removed." if purged.removed else "No answer was kept for this."
        if not purged.finished:
            message = "There was no time to remove all. Send the same again."
        return cls(
            success=purged.finished and purged.removed > 0,
            message=message,
            removed=purged.removed,
            gone_everywhere_in_seconds=gone_in_seconds if purged.finished else None,
        )


async def clear(
    named: ClearRequest, purging: Purging[GenerateAnswer], model: str, *, seconds: float
) -> Purged:
    """Remove it, in about `seconds`. `model` is the present one. Raises ArticleBlocked and StoreError."""
    if named.id:
        try:
            return await purging.thread(named.id)
        except NotFound:
            return Purged(0)
    if named.host:
        purge = of_host(named.host)
    elif named.prompt:
        purge = Purge(prompt=f"!{made_by(model)}" if named.prompt == _OTHER_PROMPTS else named.prompt)
    else:
        purge = of_source(named.url, named.text or "", model_variant(model))
    return await purging.purge(purge, seconds=seconds)
