"""A draft as a thread, each post with its evidence: jobs of a worker, whose time grows with the source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from core.article.article import Article
from core.text.thread import Brief, Post, Thread, fitted, lay_out
from core.text.thread import prepare as prepare_thread
from core.writing.draft import Draft

_MAX_QUOTE = 1_500  # characters
_MAX_QUOTED = 12_000  # of all quotes of an answer, which is kept with them

# Their patterns take long to compile, which only a worker does: hence the late imports.


class Span(NamedTuple):
    """What stands in the source from `start` to `end`, in Unicode code points."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a post stands in the source, and how far that bears it out, from 0 to 1; None for a mere link."""

    spans: tuple[Span, ...] = ()
    support: float | None = None


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The thread, its hooks, the proof of each post, and warnings about what they say."""

    thread: Thread
    hooks: list[str]
    proofs: list[Proof]
    warnings: list[str]


def laid_out(draft: Draft, article: Article, brief: Brief, now: float) -> LaidOut:
    """The draft as the platform's posts. `now` is in epoch seconds: an old article's "today" is over."""
    from core.writing.evidence.old_news import old_news

    thread, hooks = lay_out(draft.posts, draft.hooks, brief, article.url)
    texts = [post.text for post in thread.posts]
    proofs = _proofs(texts, draft, article, brief)
    today = datetime.fromtimestamp(now, UTC).date()
    old = old_news(texts, article.published, today, brief.language or article.language)
    return LaidOut(thread, hooks, proofs, [old] if old else [])


def fitted_with_proof(
    post: Post, brief: Brief, known: Sequence[Span], language: str | None
) -> tuple[Post, Proof]:
    """As much of a new post as fits, and where it stands in what is known of the source."""
    from core.writing.evidence.examination import examine
    from core.writing.evidence.source import SourceText

    post = fitted(post, brief.platform)
    source = SourceText("\n".join(span.quote for span in known), language)
    examined = examine(post.text, source, translated=_translated(brief, language))
    spans, at = [], 0
    for span in known:
        end = at + len(span.quote)
        for place in examined.places:
            start, stop = max(place.start, at), min(place.stop, end)
            if start < stop:
                spans.append(_span(span.quote, start - at, stop - at, offset=span.start))
        at = end + 1
    return post, Proof(tuple(spans), examined.support)


def _proofs(texts: Sequence[str], draft: Draft, article: Article, brief: Brief) -> list[Proof]:
    from core.writing.evidence.examination import examine
    from core.writing.evidence.source import SourceText
    from core.writing.model.prompt import spoken_date

    heading = (article.title, article.author, article.url, spoken_date(article.published))
    source = SourceText(article.text, article.language, "\n".join(filter(None, heading)))
    translated = draft.generator == "openai" and _translated(brief, article.language)
    proofs, left, at = [], _MAX_QUOTED, 0
    for text in texts:
        # A draft may have been divided into several posts.
        at = next((i for i in range(at, len(draft.posts)) if text[:40] in draft.posts[i]), at)
        cited = draft.evidence[at] if at < len(draft.evidence) else ()
        examined = examine(text, source, cited, translated=translated)
        spans = [_span(article.text, place.start, place.stop) for place in examined.places if left > 0]
        left -= sum(len(span.quote) for span in spans)
        proofs.append(Proof(tuple(spans), examined.support) if text else Proof())
    return proofs


def _span(text: str, start: int, stop: int, *, offset: int = 0) -> Span:
    stop = min(stop, start + _MAX_QUOTE)
    return Span(start + offset, stop + offset, text[start:stop])


def _translated(brief: Brief, language: str | None) -> bool:
    wanted = (brief.language or language or "").partition("-")[0].lower()
    return bool(language) and wanted != (language or "").partition("-")[0].lower()


def prepare() -> None:
    """Import what these jobs need."""
    prepare_thread()
    article = Article(text="One. Two.", language="en")
    laid_out(Draft(posts=("One is 1.",), generator="openai"), article, Brief(), 0)
