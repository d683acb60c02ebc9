"""A draft as a thread, each post with its evidence: jobs of a worker, whose time grows with the source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.article.article import Article
from core.cache.draft import Proof, Span
from core.text.thread import Brief, Post, Thread, fitted, lay_out
from core.text.thread import prepare as prepare_thread
from core.writing.draft import Draft

_MAX_QUOTE = 1_500  # characters
_MAX_QUOTED = 12_000  # of all quotes of an answer, which is kept with them

# Their patterns take long to compile, which only a worker does: hence the late imports.


@dataclass(frozen=True, slots=True)
class Origin:
    """What a thread needs to know of its source: its link, when it was published, its language."""

    link: str | None = None
    published: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The thread, its hooks, the proof of each post, warnings about what they say, proofs of the draft."""

    thread: Thread
    hooks: list[str]
    proofs: list[Proof]
    warnings: list[str]
    of_draft: tuple[Proof, ...]


def laid_out(draft: Draft, article: Article, brief: Brief, now: float) -> LaidOut:
    """The draft as the platform's posts. `now` is in epoch seconds: an old article's "today" is over."""
    proofs = _proofs(draft, article, brief)
    origin = Origin(article.url, article.published, article.language)
    return lay_out_with_proofs([*zip(draft.posts, proofs, strict=True)], draft.hooks, brief, origin, now)


def lay_out_with_proofs(
    texts: Sequence[tuple[str, Proof]], hooks: Sequence[str], brief: Brief, origin: Origin, now: float
) -> LaidOut:
    """Texts and the proof of each as the platform's posts."""
    from core.writing.evidence.old_news import old_news

    thread, fitting = lay_out([text for text, _ in texts], hooks, brief, origin.link)
    found, at = [], 0
    for post in thread.posts:
        # A draft may have been divided into several posts.
        at = next((i for i in range(at, len(texts)) if post.text[:40] in texts[i][0]), at)
        found.append(texts[at][1] if post.text else Proof())
    today = datetime.fromtimestamp(now, UTC).date()
    language = brief.language or origin.language
    old = old_news([post.text for post in thread.posts], origin.published, today, language)
    return LaidOut(thread, fitting, found, [old] if old else [], tuple(proof for _, proof in texts))


def fitted_with_proof(
    post: Post, brief: Brief, known: Sequence[Span], language: str | None
) -> tuple[Post, Proof]:
    """As much of a new post as fits, and where the known parts of the source say it."""
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


def _proofs(draft: Draft, article: Article, brief: Brief) -> list[Proof]:
    from core.writing.evidence.examination import examine
    from core.writing.evidence.source import SourceText
    from core.writing.model.prompt import spoken_date

    heading = (article.title, article.author, article.url, spoken_date(article.published))
    source = SourceText(article.text, article.language, "\n".join(filter(None, heading)))
    translated = draft.generator == "openai" and _translated(brief, article.language)
    proofs, left = [], _MAX_QUOTED
    for at, text in enumerate(draft.posts):
        cited = draft.evidence[at] if at < len(draft.evidence) else ()
        examined = examine(text, source, cited, translated=translated)
        spans = [_span(article.text, place.start, place.stop) for place in examined.places if left > 0]
        left -= sum(len(span.quote) for span in spans)
        proofs.append(Proof(tuple(spans), examined.support))
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
