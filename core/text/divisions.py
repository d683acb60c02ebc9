"""Where its author divides a text into posts: by lines of "---", or by numbers such as "2/" and "2/5"."""

import re
from collections.abc import Iterable, Iterator, Sequence

# "---", "***", "* * *" (CommonMark 4.1, three of them), and what phones make of it: "—-".
_RULE = re.compile(r"[ \t]*(?:(?:-{3,}|([-*_])(?:[ \t]*\1){2})|[—–][ \t]*[-–—](?:[ \t]*[-–—])?)[ \t]*")
_LONG_RULE = re.compile(r"[ \t]*-{4,}[ \t]*")  # of a table or a form, but between blank lines
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
# "1/ ", "(1/5) ", "🧵 1/" at a line's start; "1/5" and "(1/5)" at a line's end, before a blank line.
_BEGINS = re.compile(
    r"^(?P<lead>[ \t]*(?:🧵[ \t]*)?)\(?(?P<number>\d{1,2})/(?P<total>\d{1,2})?\)?[:.]?(?:[ \t]+|$)", re.M
)
_ENDS = re.compile(r"(?<!\S)\(?(?P<number>\d{1,2})/(?P<total>\d{1,2})\)?(?=[ \t]*(?:\n[ \t]*\n|\n?\Z))")


def authors_posts(text: str, *, without_numbers: bool) -> list[str]:
    """The posts that the text is divided into, the text alone where nothing divides it.

    `without_numbers`: the author's numbers are taken off, since the posts get others.
    """
    lines = text.split("\n")
    posts = ["\n".join(lines[part]) for part in _between([*_rules(lines)], len(lines), gap=1)]
    if len(posts) == 1:
        posts = _between_numbers(text)
    posts = [post.strip() for post in posts if post.strip()]
    numbers = [_number(post) for post in posts]
    if without_numbers and _is_series(numbers):
        posts = [
            _ENDS.sub("", post) if _ENDS.search(post) else _BEGINS.sub(r"\g<lead>", post, 1) for post in posts
        ]
    return [post.strip() for post in posts if post.strip()]


def with_clear_rules(text: str) -> str:
    """The text with a blank line around each rule that divides it, where Markdown would see a heading."""
    lines = text.split("\n")
    for at in _rules(lines):
        lines[at] = "\n---\n"
    return "\n".join(lines)


def _rules(lines: Sequence[str]) -> Iterator[int]:
    """Which lines are rules: no underlines of headings, and nothing in a block of code."""
    in_code, around = False, ["", *lines, ""]
    for at, line in enumerate(lines):
        before, after = around[at].rstrip(), around[at + 2].strip()
        in_code ^= bool(_FENCE.match(line))
        if in_code or not _RULE.fullmatch(line):
            continue
        # CommonMark 4.3: "Title\n---\n\nText" is a heading, and here "One.\n---\nTwo." is none.
        one_line = at < 2 or not lines[at - 2].strip()
        underlines = "-" in line and before[-1:].isalnum() and one_line and not after
        if not underlines and not (_LONG_RULE.fullmatch(line) and (before or after)):
            yield at


def _between(stops: Iterable[int], end: int, *, gap: int) -> Iterator[slice]:
    start = 0
    for stop in stops:
        yield slice(start, stop)
        start = stop + gap
    yield slice(start, end)


def _between_numbers(text: str) -> list[str]:
    """Parted before the numbers that begin posts or after those that end them, if these are 1, 2, 3 …"""
    for pattern, end in ((_ENDS, True), (_BEGINS, False)):
        found = [*pattern.finditer(text)]
        if _is_series([(match["number"], match["total"]) for match in found]):
            stops = (match.end() if end else match.start() for match in found)
            return [text[part] for part in _between(stops, len(text), gap=0)]
    return [text]


def _number(post: str) -> tuple[str, str | None] | None:
    found = _ENDS.search(post) or _BEGINS.match(post)
    return (found["number"], found["total"]) if found else None


def _is_series(numbers: Sequence[tuple[str, str | None] | None]) -> bool:
    """Whether they count from 1 up to their total, where they name one: "1/2 cup, 2/3 cup" does not."""
    totals = {number[1] for number in numbers if number}
    rising = all(number and int(number[0]) == at for at, number in enumerate(numbers, 1))
    return len(numbers) > 1 and rising and totals <= {None, str(len(numbers))} and len(totals) == 1
