"""Where its author divides a text into posts: by lines of "---", or by numbers such as "2/" and "2/5"."""

import re
from collections.abc import Iterator, Sequence

# "---", "***", "* * *" (CommonMark 4.1, three of them), and what phones make of it: "—-".
_RULE = re.compile(r"[ \t]*(?:(?:-{3,}|([-*_])(?:[ \t]*\1){2})|[—–][ \t]*[-–—](?:[ \t]*[-–—])?)[ \t]*")
_LONG_RULE = re.compile(r"[ \t]*-{4,}[ \t]*")  # of a table or a form, but between blank lines
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_NUMBER = r"[(\[]?(?P<number>\d{1,2})/(?P<total>\d{1,2})"
# "1/ ", "(1/5) ", "🧵 1/" at a line's start; "1/5" and "(1/5)" at a line's end, before a blank line.
_BEGINS = re.compile(rf"^(?P<lead>[ \t]*(?:🧵[ \t]*)?){_NUMBER}?[)\]]?[:.]?(?:[ \t]+|$)", re.M)
_ENDS = re.compile(rf"(?<!\S){_NUMBER}[)\]]?(?=[ \t]*(?:\n[ \t]*\n|\n?\Z))")
_CUT = "\0"  # in no text that is safe


def authors_posts(text: str, *, without_numbers: bool) -> list[str]:
    """The posts that the text is divided into, the text alone where nothing divides it.

    `without_numbers`: the author's numbers are taken off, since the posts get others.
    """
    divided = _with_rules_as(_CUT, text)
    if _CUT not in divided:
        divided = _cut_at_numbers(text)
    posts = [post.strip() for post in divided.split(_CUT) if post.strip()]
    if without_numbers and _is_series([_ENDS.search(post) or _BEGINS.match(post) for post in posts]):
        posts = [
            _BEGINS.sub(r"\g<lead>", post, 1) if _BEGINS.match(post) else _ENDS.sub("", post)
            for post in posts
        ]
    return [post.strip() for post in posts if post.strip()]


def with_clear_rules(text: str) -> str:
    """The text with a blank line around each rule that divides it, where Markdown would see a heading."""
    return _with_rules_as("\n---\n", text)


def _with_rules_as(rule: str, text: str) -> str:
    lines = text.split("\n")
    for at in [*_rules(lines)]:
        lines[at] = rule
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


def _cut_at_numbers(text: str) -> str:
    """The text cut before the numbers that begin posts, or after those that end them: 1, 2, 3 …"""
    for pattern, cut in ((_ENDS, rf"\g<0>{_CUT}"), (_BEGINS, rf"{_CUT}\g<0>")):
        if _is_series([*pattern.finditer(text)]):
            return pattern.sub(cut, text)
    return text


def _is_series(numbers: Sequence[re.Match[str] | None]) -> bool:
    """Whether they count from 1 up to their total, where they name one: "1/2 cup, 2/3 cup" does not."""
    rising = all(number and int(number["number"]) == at for at, number in enumerate(numbers, 1))
    totals = {number["total"] for number in numbers if number}
    return len(numbers) > 1 and rising and totals in ({None}, {str(len(numbers))})
