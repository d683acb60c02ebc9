"""F1 of the extraction on real articles, beside other extractors; CPU and memory of hostile markup.

python -m bench.extraction [folder]
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import articles
from core.article.charset import decode
from core.article.extraction import extract_article
from core.errors import ArticleError

ROOT = Path(__file__).parent.parent
SHINGLE = 4
URL = "https://news.example.com/story"
STORY = "".join(
    f"<p>On day {n} the river flooded the old town again, and rescue teams came in boats.</p>"
    for n in range(9)
)
BYTES = 2_000_000

Extractor = Callable[[bytes, str], str]


def main(folder: Path | None = None) -> dict[str, Any]:
    """The figures: scores by extractor ({} without the pages), CPU seconds and MB by hostile page."""
    logging.disable(logging.CRITICAL)
    figures = {"scores": _scores(folder), "hostile": _hostile()}
    logging.disable(logging.NOTSET)
    return figures


def f1_of(pages: dict[str, tuple[bytes, str, str]]) -> float:
    """Threadr's on the pages."""
    return _score(_ours, pages)["f1"]


def _scores(folder: Path | None) -> dict[str, dict[str, float]]:
    folder = folder or articles.folder()
    if folder is None:
        return {}
    pages = articles.load(folder)
    extractors: dict[str, Extractor] = {
        "Threadr": _ours,
        "trafilatura, bare": _trafilatura,
        "readability-lxml": _readability,
    }
    print(f"{len(pages)} pages of the public article extraction benchmark, its metric\n")
    print("| extractor | F1 | precision | recall | mean ms a page |\n|---|---|---|---|---|")
    found = {}
    for name, extractor in extractors.items():
        row = found[name] = _score(extractor, pages)
        print(
            f"| {name} | {row['f1']:.4f} | {row['precision']:.4f} | {row['recall']:.4f} | {row['ms']:.0f} |"
        )
    print()
    return found


def _ours(page: bytes, url: str) -> str:
    with contextlib.suppress(ArticleError):
        return extract_article(page, url=url).text
    return ""


def _trafilatura(page: bytes, _: str) -> str:
    from trafilatura import extract

    return extract(decode(page, None)) or ""


def _readability(page: bytes, _: str) -> str:
    from lxml.html import fromstring
    from readability import Document

    return " ".join(fromstring(Document(decode(page, None)).summary()).itertext())


def _score(extractor: Extractor, pages: dict[str, tuple[bytes, str, str]]) -> dict[str, float]:
    """F1 of the mean precision and the mean recall, each without the pages where it is 0/0."""
    extractor(STORY.encode(), URL)  # imports
    started = time.perf_counter()
    texts = [(extractor(page, url), truth) for page, url, truth in pages.values()]
    milliseconds = 1000 * (time.perf_counter() - started) / len(pages)
    counts = [_matching(truth, text) for text, truth in texts]
    precision = statistics.mean(true / (true + false) for true, false, _ in counts if true + false)
    recall = statistics.mean(true / (true + missed) for true, _, missed in counts if true + missed)
    f1 = 2 * precision * recall / (precision + recall)
    return {"f1": f1, "precision": precision, "recall": recall, "ms": milliseconds}


def _matching(expected: str, found: str) -> tuple[float, float, float]:
    """Shingles that are right, wrong and missing, as parts of their sum: a long text weighs no more."""
    ours, theirs = _shingles(found), _shingles(expected)
    counts = (ours & theirs).total(), (ours - theirs).total(), (theirs - ours).total()
    true, false, missed = (count / (sum(counts) or 1) for count in counts)
    return true, false, missed


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    starts = range(max(1, len(words) - SHINGLE + 1)) if words else range(0)
    return Counter(tuple(words[at : at + SHINGLE]) for at in starts)


def hostile_pages() -> dict[str, str]:
    """By name; 2 MB each, or as many elements as the name says."""
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    attributes = " ".join(f"a{n}=1" for n in range(200_000))
    return {
        "an ordinary page": STORY,
        "<p> with words, never closed": _filled("<p>word word word "),
        "<p>, never closed": STORY + _filled("<p>"),
        "200,000 attributes in a tag": f"<div {attributes}>{STORY}</div>",
        "26 attributes in every tag": _filled(f"<p {' '.join('abcdefghijklmnopqrstuvwxyz')}>word"),
        "200,000 nested <div>": "<div>" * 200_000 + STORY + "</div>" * 200_000,
        "nested <article><p> with text": _filled("<article><p>The river flooded the old town. "),
        "nested tables": _filled("<table><tr><td>word word "),
        "nested lists": _filled("<ul><li>word word "),
        "open comments": STORY + _filled("<!--"),
        "<b><i>": _filled("<b><i>") + STORY,
        "100,000 links": "<a href=/a>a</a>" * 100_000 + STORY,
        "one text": "<body><p>" + _filled("word "),
        "one text, wide characters": "<body><p>\U0001f600" + _filled("word "),
        "entities": "<body><p>" + _filled("&lt;"),
        "billion laughs": f"<!DOCTYPE l [<!ENTITY l0 'l'>{laughs}]><p>&l9;</p>{STORY}",
        "500,000 <br>": STORY + "<br>" * 500_000,
        "<br> between words": _filled("word word<br>"),
        "open <script>": STORY + _filled("<script>"),
        "a title of 2 MB": f"<title>{_filled('Old - town ')}</title>{STORY}",
        "100,000 <meta>": "<meta name=author content=x>" * 70_000 + STORY,
        "open comments in a <meta>": f'<meta name=author content="{_filled("<!--")}">{STORY}',
        "dates": _filled("<p>Posted on 12 March 2019 by me"),
        "dated elements": _filled("<time datetime=2019-03-12>12 March 2019</time> "),
        "unclosed quotes": STORY + _filled("<a b='\">"),
        "wide and tall cells": "<table>" + "<tr><td colspan=1000 rowspan=1000>x" * 2_000 + "</table>" + STORY,
        "control characters in tags": STORY + _filled("<\x01div>"),
        "raised numbers": _filled("<p>word<sup>1</sup> x<sup>2</sup> "),
        "announced lists": _filled("<p>These are:</p><ul><li>one<li>two</ul>"),
        "nested embeds": _filled("<blockquote class=twitter-tweet><p>word"),
        "fields in one box": STORY + "<div>" + _filled("<input>x<b>"),
        "nested articles with links": _filled("<article><h2><a href=/a>word word word</a></h2><p>word "),
        "links between blocks": STORY + _filled("<p></p><a href=/a>word word word</a>"),
        "short texts like dates": STORY + "".join(f"<p>{n} foo 2019, may</p>" for n in range(6_000)),
        "quotes in JSON-LD": _json_ld('{"author":{"name":"' + '\\"' * 90_000),
        "brackets in JSON-LD": _json_ld('{"@type":"Article","author":"' + "(" * 190_000 + '"}'),
        "broken JSON-LD": _filled('<script type="application/ld+json">{"author":{"name":"</script>') + STORY,
    }


def _json_ld(script: str) -> str:
    return f'<script type="application/ld+json">{script}</script>{STORY}'


def _filled(part: str) -> str:
    return part * (BYTES // len(part))


def _hostile() -> dict[str, dict[str, float]]:
    if not Path("/proc/self/clear_refs").exists():
        print("Memory is measured on Linux only.")
        return {}
    print("A process each, warm; MB are the peak above what it had before\n")
    print("| page | CPU seconds | MB | outcome |\n|---|---|---|---|")
    found = {}
    for name, html in hostile_pages().items():
        command = [sys.executable, "-m", "bench.extraction", "--one"]
        done = subprocess.run(command, input=html.encode(), cwd=ROOT, capture_output=True, check=True)
        row = json.loads(done.stdout)
        print(f"| {name.replace('<', '&lt;')} | {row['seconds']:.2f} | {row['mb']:.0f} | {row['outcome']} |")
        found[name] = {"seconds": row["seconds"], "mb": row["mb"]}
    return found


def _one() -> None:
    """Measures the page on standard input."""
    logging.disable(logging.CRITICAL)
    page = sys.stdin.buffer.read()
    extract_article(STORY.encode(), url=URL)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    idle, started = _kilobytes("VmRSS"), time.process_time()
    try:
        outcome = f"{len(extract_article(page, url=URL, content_type='text/html').text):,} characters"
    except ArticleError as error:
        outcome = error.kind
    seconds, peak = time.process_time() - started, _kilobytes("VmHWM")
    print(json.dumps({"seconds": seconds, "mb": max(0, peak - idle) / 1024, "outcome": outcome}))


def _kilobytes(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.findall(rf"{name}:\s+(\d+)", status)[0])


if __name__ == "__main__":
    if sys.argv[1:] == ["--one"]:
        _one()
    else:
        main(*map(Path, sys.argv[1:]))
