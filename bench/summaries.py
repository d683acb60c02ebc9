"""ROUGE of `select` against reference summaries, beside other methods at equal length; and its time.

python -m bench.summaries [folder]
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from math import log
from pathlib import Path
from typing import Any

from core.article.article import Article
from core.text.platforms import PlatformName
from core.text.thread import Brief
from core.writing.extractive.composer import extract_draft
from core.writing.extractive.ranking import select

FOLDER = Path("../shared/summaries")
METRICS = ("rouge1", "rouge2", "rougeL")
# References are whole sentences, so their exact length helps a method that fills a budget exactly: smaller
# budgets show the result without that help, and the mean of all with less of the chance of one.
BUDGETS = (1.0, 0.95, 0.9, 0.85, 0.8)
SHOWN = ("1", "0.9", "mean")
WORDS, RUNS = 20_000, 7
PLATFORMS: tuple[PlatformName, ...] = ("x", "bluesky", "mastodon", "threads", "linkedin")

Method = Callable[[list[str], int], list[int]]
Order = Callable[[list[str]], list[int]]  # all the indices, the best first


def main(folder: Path = FOLDER) -> dict[str, Any]:
    """The figures: ROUGE F-measures by method, milliseconds of `select` and of composing; {} without data."""
    if not (folder / "article").is_dir():
        print(f"No articles in {folder}: nothing measured.")
        return {}
    pairs = list(_pairs(folder))
    methods: dict[str, Method] = {name: partial(_by_order, order) for name, order in ORDERS.items()}
    methods["select"] = _ours
    figures = {
        "articles": len(pairs),
        "rouge": {name: _rouge(method, pairs) for name, method in methods.items()},
        "milliseconds": _milliseconds(pairs),
    }
    _print(figures)
    return figures


def _pairs(folder: Path) -> Iterable[tuple[list[str], list[str]]]:
    """Sentences without the title, and the reference's."""
    for article in sorted((folder / "article").glob("*/*.txt")):
        summary = folder / "summary" / article.relative_to(folder / "article")
        yield _lines(article)[1:], _lines(summary)


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]


def _rouge(method: Method, pairs: list[tuple[list[str], list[str]]]) -> dict[str, float]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(METRICS), use_stemmer=True)
    found: dict[str, list[float]] = {}
    for sentences, reference in pairs:
        for part in BUDGETS:
            chosen = method(sentences, int(part * sum(map(len, reference))))
            scores = scorer.score("\n".join(reference), "\n".join(sentences[i] for i in sorted(chosen)))
            for metric in METRICS:
                found.setdefault(f"{metric}@{part:g}", []).append(scores[metric].fmeasure)
    means = {name: statistics.mean(values) for name, values in found.items()}
    for metric in METRICS:
        means[f"{metric}@mean"] = statistics.mean(means[f"{metric}@{part:g}"] for part in BUDGETS)
    return {name: round(value, 4) for name, value in means.items() if name.endswith(SHOWN)}


def _by_order(order: Order, sentences: list[str], budget: int) -> list[int]:
    return fit(order(sentences), sentences, budget)


def fit(order: Iterable[int], sentences: list[str], budget: int) -> list[int]:
    """The indices, the best first, that a budget of characters holds."""
    chosen = []
    for i in order:
        if len(sentences[i]) <= budget:
            chosen.append(i)
            budget -= len(sentences[i])
    return chosen


def _ours(sentences: list[str], budget: int) -> list[int]:
    return select(sentences, max_characters=budget)


def _textrank(sentences: list[str]) -> list[int]:
    """Mihalcea and Tarau's: common words over the logarithms of both lengths, then PageRank."""
    words = [_Words.to_words(sentence.lower()) for sentence in sentences]
    links = [[_similarity(a, b) if a is not b else 0.0 for b in words] for a in words]
    sums = [sum(row) or 1.0 for row in links]
    rank = [1.0] * len(words)
    for _ in range(50):
        flow = [r / total for r, total in zip(rank, sums, strict=True)]
        rank = [0.15 + 0.85 * sum(x * f for x, f in zip(row, flow, strict=True)) for row in links]
    return sorted(range(len(words)), key=lambda i: -rank[i])


def _similarity(one: list[str], other: list[str]) -> float:
    return len(set(one) & set(other)) / ((log(len(one) + 1) + log(len(other) + 1)) or 1)


def _lexrank(sentences: list[str]) -> list[int]:
    """All that sumy is to choose, as it ranked them."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.nlp.stemmers import Stemmer
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.utils import get_stop_words

    summarizer = LexRankSummarizer(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    document = ObjectDocumentModel([Paragraph([Sentence(sentence, _Words()) for sentence in sentences])])
    ranked: list[int] = []

    def choose(best_first: list[Any]) -> list[Any]:
        ranked.extend(each.order for each in best_first)
        return best_first

    summarizer(document, choose)
    return ranked


class _Words:
    """The tokenizer that sumy asks for, without nltk's data."""

    @staticmethod
    def to_words(text: str) -> list[str]:
        return re.findall(r"\w+", text)


ORDERS: dict[str, Order] = {
    "lead-N": lambda sentences: [*range(len(sentences))],
    "TextRank": _textrank,
    "LexRank (sumy)": _lexrank,
}


def _milliseconds(pairs: list[tuple[list[str], list[str]]]) -> dict[str, float]:
    """Medians on the articles' sentences, recombined so that none comes twice: by budget, by platform."""
    text = _synthetic([sentence for sentences, _ in pairs for sentence in sentences])
    paragraphs = "\n".join(" ".join(text[i : i + 3]) for i in range(0, len(text), 3))
    article = Article(text=paragraphs, title=text[0], url="https://example.com/article", language="en")
    times = {
        f"select, {budget:,} characters": _median(partial(select, text, max_characters=budget))
        for budget in (280, 3_000, 40_000)
    }
    for platform in PLATFORMS:
        times[f"the whole thread, {platform}"] = _median(partial(_compose, article, Brief(platform=platform)))
    return {name: round(milliseconds, 1) for name, milliseconds in times.items()}


def _compose(article: Article, brief: Brief) -> None:
    extract_draft(article, brief)


def _synthetic(pool: list[str]) -> list[str]:
    text: list[str] = []
    words = step = 0
    while words < WORDS:
        head, tail = pool[step % len(pool)].split(), pool[7 * step % len(pool)].split()
        whole = head if step < len(pool) else head[: len(head) // 2] + tail[len(tail) // 2 :]
        text.append(" ".join(whole))
        words += len(whole)
        step += 1
    return text


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def _print(figures: dict[str, Any]) -> None:
    columns = list(next(iter(figures["rouge"].values())))
    print(
        f"{figures['articles']} articles; F-measure at the reference's length, a tenth below, mean of five\n"
    )
    print(f"| method | {' | '.join(columns)} |\n|---{'|--:' * len(columns)}|")
    for name, scores in figures["rouge"].items():
        print(f"| {name} | {' | '.join(f'{scores[column]:.3f}' for column in columns)} |")
    print(f"\n| from {WORDS:,} words | ms (median of {RUNS}) |\n|---|--:|")
    for name, milliseconds in figures["milliseconds"].items():
        print(f"| {name} | {milliseconds} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
