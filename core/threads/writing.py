"""What a leader makes of a source: what is known of the same text, or what is written about it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeGuard

from core.cache.outcome import Lead
from core.cache.request_key import Lookup
from core.errors import ContentRefused, ModelError
from core.request import RequestRecord
from core.threads.answer import AnswerEntry, finished, viewed
from core.threads.schemas import GenerateAnswer, GenerateRequest, SourceOut
from core.threads.source import Source
from core.writing.draft import WritingContext
from core.writing.writer import Writer, Written

MADE_BY_MODEL = "Successfully generated thread using OpenAI"
MADE_BY_US = "Successfully generated thread using the built-in composer"


@dataclass(frozen=True, slots=True)
class Writing:
    """`clock` gives epoch seconds."""

    writer: Writer
    clock: Callable[[], float]

    async def reused(
        self, request: GenerateRequest, source: Source, lead: Lead[GenerateAnswer], record: RequestRecord
    ) -> AnswerEntry | None:
        """An entry that costs no model: of a page that has not changed, or of the same text elsewhere."""
        if source.unchanged:
            return lead.stale
        if not source.content or lead.lease.lookup.mode != "normal":
            return None
        is_stale = lead.stale is not None and lead.stale.content == source.content
        same = lead.stale if is_stale else await lead.lease.same_text(source.content)
        if same is None:
            return None
        found = source.article.title, SourceOut.model_validate(source.article, from_attributes=True)
        entry = await viewed(request, same, found, record, self.clock())
        return entry and _of(source, entry)

    async def write(
        self,
        request: GenerateRequest,
        source: Source,
        record: RequestRecord,
        unavailable: ModelError | None,
        *,
        allow_fallback: bool,
    ) -> tuple[Written, AnswerEntry]:
        """By the model, unless it is unavailable. Raises NoArticle and ModelError."""
        context = WritingContext(
            seconds_left=lambda: record.seconds_left,
            meter=record.usage,
            model_unavailable=unavailable,
            allow_fallback=allow_fallback,
        )
        with record.timed("writing"):
            written = await self.writer.write(source.article, request.brief, request.generator, context)
        entry = _of(source, await finished(request, source.article, written, record, self.clock()))
        event = MADE_BY_MODEL if written.draft.generator == "openai" else MADE_BY_US
        record.record_answer(event, entry.answer.generator, entry.answer.degraded, written.reason)
        return written, entry


def may_compose(error: object, request: GenerateRequest, lookup: Lookup) -> TypeGuard[ModelError]:
    """Whether the built-in composer may write, since the model cannot for this reason."""
    is_unavailable = isinstance(error, ModelError) and not isinstance(error, ContentRefused)
    return is_unavailable and request.generator != "openai" and lookup.mode != "only_if_cached"


def _of(source: Source, entry: AnswerEntry) -> AnswerEntry:
    return replace(entry, content=source.content, validators=source.validators)
