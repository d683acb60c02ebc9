"""Markdown as the plain text that platforms show."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from core.article.html_text import text_of, tree_of
from core.text.cleaning import clean_line
from core.text.divisions import with_clear_rules
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_MARKDOWN = 50_000  # characters: what is hostile takes a second
_MIN_WRAPPED = 55  # characters of a line that an editor has broken
_PLAIN_LINES = re.compile(r"^[^\s#>|\-*+\d`~].*(?=\n[^\s#>|\-*+\d`~=])", re.MULTILINE)


def is_markdown(text: str) -> bool:
    """Whether the text has marks that hardly anybody writes in a plain one (markdown.toml).

    Not: a stray asterisk, snake_case, "#hashtag", "# of people", "*sigh*", lists, quotations in mails and
    indented lines.
    """
    text = text[:MAX_MARKDOWN]
    return any(
        re.search(pattern, text, re.MULTILINE) for pattern in word_lists(__file__)["evidence"].values()
    )


def markdown_text(source: str, *, draft: bool) -> tuple[str | None, str]:
    """The title in its front matter, or of a document its first heading, which leaves the text; the text.

    A `draft` keeps its lines, its rules and its links' addresses; in a document lines are put together.
    """
    title, source = _front_matter(source[:MAX_MARKDOWN], draft)
    patterns = word_lists(__file__)["patterns"]
    source = re.sub(patterns["strong"], r"<b>\1</b>", re.sub(patterns["addition"], r"\1", source))
    source = _without_footnotes(source)
    source = with_clear_rules(source) if draft else source
    tree = tree_of(_parser(draft and not _is_wrapped(source)).render(source))
    heading = None if draft else tree.find(".//h1")
    if heading is not None and (first := clean_line(heading.text_content())) in (title or first, ""):
        title = title or first or None
        heading.drop_tree()
    return title, text_of(tree, draft=draft)


def _front_matter(source: str, draft: bool) -> tuple[str | None, str]:
    """The title that it names, and the text behind it. A draft that begins with a rule may look alike."""
    words = word_lists(__file__)
    matter = re.match(words["patterns"]["front_matter"], source)
    if not matter or (draft and not re.match(words["evidence"]["front_matter"], source, re.MULTILINE)):
        return None, source
    named = re.search(words["patterns"]["title"], matter[0])
    return clean_line(named[2] or named[3]) if named else None, source[matter.end() :]


@functools.cache
def _parser(breaks: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True, "breaks": breaks}).enable(["table", "strikethrough"])


def _without_footnotes(source: str) -> str:
    patterns = word_lists(__file__)["patterns"]
    names = {note[1] for note in re.finditer(patterns["footnote"], source, re.MULTILINE)}
    source = re.sub(patterns["footnote"], "", source, flags=re.MULTILINE)
    return re.sub(r"\[\^([^\]\s]{1,60})\]", lambda mark: "" if mark[1] in names else mark[0], source)


def _is_wrapped(source: str) -> bool:
    """Whether an editor broke the lines of paragraphs: nearly all that another line follows are long."""
    lengths = [len(line) for line in _PLAIN_LINES.findall(source)]
    return len(lengths) > 1 and sum(length >= _MIN_WRAPPED for length in lengths) >= 0.8 * len(lengths)
