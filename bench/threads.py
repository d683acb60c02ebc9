"""The quality of threads of real articles on five platforms, beside lead-N, TextRank and LexRank.

python -m bench.threads [folder]            the tables, that of bench.grounding among them
python -m bench.threads --print [platform]  the threads themselves, to read
"""

from __future__ import annotations

import contextlib
import logging
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import articles, grounding
from bench.extraction import f1_of
from bench.summaries import ORDERS, fit
from bench.thread_quality import Verdict, judge
from core.article.article import Article
from core.article.extraction import extract_article
from core.errors import ArticleError
from core.text.platforms import PLATFORMS, PlatformName
from core.text.sentences import sentences
from core.text.thread import Brief, Thread, thread_of
from core.writing.extractive.composer import extract_draft

OURS = "Threadr"


@dataclass(frozen=True, slots=True)
class Source:
    """An article that was read, its annotated text, its sentences, and these by method, the best first."""

    article: Article
    truth: str
    parts: list[str]
    orders: dict[str, list[int]]


def main(folder: Path | None = None) -> dict[str, Any]:
    """Per cent of threads by platform, method and figure; {} without the pages."""
    folder = folder or articles.folder()
    if folder is None:
        return {}
    logging.disable(logging.CRITICAL)
    pages = articles.load(folder)
    sources = [source for source in _sources(pages) if source.article.language == "en"]
    print(f"{len(sources)} English articles of {len(pages)} pages; per cent of threads\n")
    figures = {platform: _by_method(platform, sources) for platform in PLATFORMS}
    for platform, rows in figures.items():
        _print(platform, rows)
    print(f"F1 of the extraction, on all pages: {f1_of(pages):.4f}\n")
    logging.disable(logging.NOTSET)
    grounding.main(folder)
    return figures


def _sources(pages: dict[str, tuple[bytes, str, str]]) -> Iterator[Source]:
    for html, url, truth in pages.values():
        with contextlib.suppress(ArticleError):
            article = extract_article(html, url=url)
            parts = [part.text for part in sentences(article.text, article.language or "en")]
            yield Source(article, truth, parts, {name: order(parts) for name, order in ORDERS.items()})


def _by_method(platform: PlatformName, sources: Sequence[Source]) -> dict[str, dict[str, float]]:
    brief = Brief(platform=platform)
    verdicts: dict[str, list[Verdict]] = {}
    for source in sources:
        ours = _ours(source.article, brief)
        verdicts.setdefault(OURS, []).append(_judged(ours, source))
        for name in ORDERS:
            thread = _other(name, source, brief, like=ours)
            verdicts.setdefault(name, []).append(_judged(thread, source))
    return {name: _per_cent(each) for name, each in verdicts.items()}


def _ours(article: Article, brief: Brief) -> Thread:
    return thread_of(extract_draft(article, brief).posts, brief, link=article.url)


def _other(method: str, source: Source, brief: Brief, *, like: Thread) -> Thread:
    """The title and the method's sentences, in order, of as many characters as another thread has."""
    budget = sum(len(post.text) for post in like.posts)
    chosen = sorted(fit(source.orders[method], source.parts, budget))
    text = " ".join(source.parts[i] for i in chosen)
    return thread_of([f"{source.article.title or ''}\n\n{text}"], brief, link=source.article.url)


def _judged(thread: Thread, source: Source) -> Verdict:
    contents = [post.content for post in thread.posts]
    link, title = source.article.url or "", source.article.title or ""
    return judge(contents, link=link, title=title, truth=source.truth, source=source.article.text)


def _per_cent(verdicts: Sequence[Verdict]) -> dict[str, float]:
    rows = [verdict.flaws() for verdict in verdicts]
    shares = {name: round(100 * statistics.mean(row[name] for row in rows), 1) for name in rows[0]}
    return {"posts": round(statistics.mean(verdict.posts for verdict in verdicts), 1)} | shares


def _print(platform: str, rows: dict[str, dict[str, float]]) -> None:
    names = list(rows[OURS])
    print(f"| {platform} | {' | '.join(names)} |\n|---{'|--:' * len(names)}|")
    for method, row in rows.items():
        print(f"| {method} | {' | '.join(f'{row[name]:g}' for name in names)} |")
    print()


def read(platform: PlatformName = "x") -> None:
    """Print each thread, with what is wrong in it."""
    folder = articles.folder()
    for source in _sources(articles.load(folder)) if folder else ():
        thread, article = _ours(source.article, Brief(platform=platform)), source.article
        print(f"\n{'=' * 100}\n{article.url} ({article.language}, {article.characters:,} characters)")
        for post in thread.posts:
            print(f"--- {post.character_count}\n{post.content}")
        print(f"*** {_judged(thread, source)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--print"]:
        read(*sys.argv[2:3])  # type: ignore[arg-type]
    else:
        main(*map(Path, sys.argv[1:]))
