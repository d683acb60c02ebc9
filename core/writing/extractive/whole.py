"""A pasted text as a thread that leaves nothing out: the author's posts, paragraphs and lines stay."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from core.text.sentences import Sentence, as_written, fitting_sentences
from core.text.splitting import Count, fits, pack
from core.text.thread import Brief
from core.writing.extractive.passages import Fits, passages

_MAX_SHARE = 4  # of the thread's space: longer texts fit only where they are links; dividing them takes long
# A paragraph, with the short line before it that has no full stop: its heading.
_PARAGRAPH = re.compile(r"\s*(?:^[^\n]{0,79}\w\n[ \t]*\n\s*)?(?:(?!\n[ \t]*\n)[\s\S])+", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def whole_threads(
    posts: Sequence[str], brief: Brief, language: str, *, in_post: Fits, count: Count
) -> Iterator[tuple[str, ...]]:
    """The author's posts as texts that fit, then all of them as one text, which may make fewer posts."""
    whole = "\n\n".join(posts)
    if len(whole) > _MAX_SHARE * brief.rule.limit * brief.allowed_posts:
        return
    if len(posts) > 1:
        packed = (_packed(post, brief, language, in_post, count) for post in posts)
        yield tuple(chain.from_iterable(packed))
    in_one = fits(whole, brief.rule.limit, count)
    yield (whole,) if in_one else _packed(whole, brief, language, in_post, count)


def _packed(text: str, brief: Brief, language: str, in_post: Fits, count: Count) -> tuple[str, ...]:
    if fits(text, brief.max_length, count):
        return (text,)
    parts = [*as_written(_units(text, language, in_post), text)]
    mask = [True] * len(parts)
    bound = passages(parts, content_mask=mask, language=language, fits=in_post, as_written=True)
    return tuple(pack((each.as_sentence() for each in bound), max_length=brief.max_length, count=count))


def _units(text: str, language: str, in_post: Fits) -> Iterator[Sentence]:
    """Paragraphs and stanzas that a post holds, else their lines, else sentences."""
    blocks = (
        (number, block)
        for number, paragraph in enumerate(_PARAGRAPH.findall(text))
        for block in ([paragraph] if in_post(paragraph.strip()) else _BLANK_LINES.split(paragraph))
    )
    for number, block in blocks:
        for line in [block] if in_post(block.strip()) else block.split("\n"):
            whole = in_post(line)
            parts = [Sentence(line.strip(), number)] if whole else fitting_sentences(line, language, in_post)
            yield from (replace(part, paragraph=number) for part in parts if part.text)
