"""The quality of threads of real articles on five platforms, beside lead-N, TextRank and LexRank.

python -m bench.threads [folder]            the tables, that of bench.grounding among them
python -m bench.threads --print [platform]  the threads themselves, to read
"""

from __future__ import annotations

import logging
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
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
Page = tuple[bytes, str, str]
Verdicts = dict[str, dict[str, Verdict]]


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
    with ProcessPoolExecutor() as pool:
        found = [each for each in pool.map(_verdicts, pages.values()) if each]
    print(f"{len(found)} English articles of {len(pages)} pages; per cent of threads\n")
    figures = {platform: _by_method([each[platform] for each in found]) for platform in PLATFORMS}
    for platform, rows in figures.items():
        _print(platform, rows)
    print(f"F1 of the extraction, on all pages: {f1_of(pages):.4f}\n")
    logging.disable(logging.NOTSET)
    grounding.main(folder)
    return figures


def _source(page: Page) -> Source | None:
    html, url, truth = page
    try:
        article = extract_article(html, url=url)
    except ArticleError:
        return None
    parts = [part.text for part in sentences(article.text, article.language or "en")]
    return Source(article, truth, parts, {name: order(parts) for name, order in ORDERS.items()})


def _verdicts(page: Page) -> Verdicts:
    """By platform and method; {} for what is no English article."""
    source, found = _source(page), Verdicts()
    if source is None or source.article.language != "en":
        return found
    for platform in PLATFORMS:
        brief = Brief(platform=platform)
        ours = _ours(source.article, brief)
        others = {name: _other(name, source, brief, like=ours) for name in ORDERS}
        found[platform] = {name: _judged(each, source) for name, each in {OURS: ours, **others}.items()}
    return found


def _by_method(verdicts: Sequence[dict[str, Verdict]]) -> dict[str, dict[str, float]]:
    return {name: _per_cent([each[name] for each in verdicts]) for name in (OURS, *ORDERS)}


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
    for source in filter(None, map(_source, articles.load(folder).values() if folder else ())):
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
