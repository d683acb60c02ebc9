"""The day on which an article was published, as the page says it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from urllib.parse import urlsplit

from core.article.layout import Layout, Span
from core.article.metadata import Metadata
from core.article.title import FoundTitle
from core.text.cleaning import clean_line, letters_of
from core.text.word_lists import alternatives, word_lists

_MAX_LINE = 80  # characters of a line that shows the date
_MAX_REST = 14  # letters of it beside the date: a weekday, a time
_PIECES_ABOVE = 12  # the heading, where a date is still the article's
_FIRST_YEAR = 1700
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_DAY_FIRST_IN = re.compile(r"(?!en(?:-us)?$)\w", re.IGNORECASE)  # languages that write 3/2 for 3 February
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})(?:[-/._年]|\s?년)\s?(\d{1,2})(?:[-/._月]|\s?월)\s?(\d{1,2})(?!\d)|^(\d{4})(\d\d)(\d\d)(?=$|T|\d{4,6}$)"
)
_IN_WORDS = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?[\s-](?:de\s|of\s)?([^\W\d_]{3,12})\.?,?[\s-](?:de\s)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(
    r"([^\W\d_]{3,12})\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s(?:\d{1,2}:\d\d,?\s)?(\d{4})(?!\d)"  # a time in between
)
_IN_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})(?!\d)")
_IN_PATH = re.compile(r"[/-]((?:19|20)\d\d)[/-](\d{1,2}|[a-z]{3})[/-](\d{1,2})(?=[/_-]|$)")
_UTC = re.compile(r"\d(?:Z|\+00:?00)$")
_JOINT = re.compile(r"[|·•]|\s[-–—]\s")
_NAMED = re.compile(r"date|time|publi|posted|byline|meta")
_PUBLISHED = re.compile(r"publish|entry-date|pubdate|posted-on|post-date")
_MODIFIED = re.compile(r"updated|modified")
_DIGIT = re.compile(r"\d")
_MAX_PIECES = 16  # of a line with a date
_CARD = 12  # letters of a link beside a date that is then the date of what it leads to


def find_date(metadata: Metadata, layout: Layout, title: FoundTitle) -> str | None:
    """ISO 8601, from metadata, JSON-LD, the article's own <time> or dateline, or the address; else None."""
    described = str(metadata.article(title.title or "").get("datePublished", ""))
    in_path = list(_IN_PATH.finditer(urlsplit(metadata.url).path.lower()))
    day_first = bool(_DAY_FIRST_IN.match(layout.spans[0].get("lang"))) if layout.spans else False
    read = functools.partial(read_date, day_first=day_first)
    for text in chain(
        [*metadata.meta("published"), described], _shown(layout, title), metadata.meta("dated")
    ):
        if found := read(text):
            shown = (text for text in _shown(layout, title) if not _UTC.search(text))
            days = map(read, chain(map(_in_order, in_path), shown)) if _UTC.search(text) else ()
            return next((day for day in days if day and _is_next(day, found)), found)
    return next(filter(None, (read(_in_order(match)) for match in in_path if match[0][0] == "/")), None)


def _in_order(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    return f"{day} {month} {year}" if month.isalpha() else f"{year}-{month}-{day}"


def _is_next(day: str, other: str) -> bool:
    """Whether a day of the page may be the other one in UTC."""
    return abs(date.fromisoformat(day) - date.fromisoformat(other)) == timedelta(days=1)


def read_date(text: str, *, day_first: bool = False) -> str | None:
    """The ISO 8601 form of a day that the text names in full; None for one to come, or a computer's zero."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # it is later in the east
    for year, month, day in _readings(text.strip(), day_first):
        try:
            found = date(int(year), int(month) if month.isdigit() else _months()[month.casefold()], int(day))
        except (ValueError, KeyError):
            continue
        if date(_FIRST_YEAR, 1, 1) < found <= tomorrow and found != date(1970, 1, 1):
            return found.isoformat()
    return None


def _readings(text: str, day_first: bool) -> Iterator[tuple[str, str, str]]:
    """Year, month and day as the text may mean them."""
    if _EPOCH.fullmatch(text):
        text = datetime.fromtimestamp(int(text[:10]), UTC).isoformat()
    for match in _YEAR_FIRST.finditer(text):
        yield (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
    for match in _IN_WORDS.finditer(text):
        yield match[3], match[2], match[1]
    for match in _MONTH_FIRST.finditer(text):
        yield match[3], match[1], match[2]
    for match in _IN_FIGURES.finditer(text):
        first, second = (match[1], match[3]) if day_first or match[2] == "." else (match[3], match[1])
        known = day_first or match[2] == "." or int(match[1]) > 12 or int(match[3]) > 12
        yield from [(match[4], second, first), (match[4], first, second)] if known else []


@functools.cache
def _months() -> dict[str, int]:
    names = word_lists(__file__)["months"]["names"].strip().split("\n")
    return {name: number for number, line in enumerate(names, 1) for name in line.split()}


def _shown(layout: Layout, title: FoundTitle) -> Iterator[str]:
    """What the article's own elements show as its date, the surest first."""
    heading = title.heading
    own = [span for span in layout.own(heading=heading) if _may_date(layout, span)]
    yield from (_value(layout, span) for span in own if span.get("itemprop") == "datePublished")
    above, below = layout.head(heading)
    near = [span for span in own if above - _PIECES_ABOVE <= span.start < below]
    for span in near:
        if span.tag == "time" and not _is_in_prose(span) and not _is_card(span, in_head=span.start >= above):
            yield from (_value(layout, span), layout.text(span))
    named = (layout.text(span) for span in near if _NAMED.search(span.names))
    yield from (text for text in [*layout.lines(above, below), *named] if _is_dateline(text, in_head=True))
    over = layout.lines(above - _PIECES_ABOVE, above)
    yield from (text for text in over if _is_dateline(text, in_head=False))
    after = (span for span in own if span.start >= layout.start and _is_signed(span))
    yield from (_value(layout, span) for span in after if not _is_card(span, in_head=False))


def _may_date(layout: Layout, span: Span) -> bool:
    named = span.tag == "time" or span.get("itemprop") == "datePublished"
    small = span.end - span.start <= _MAX_PIECES and any(
        map(_DIGIT.search, layout.pieces[span.start : span.end])
    )
    if not (named or small):
        return False
    before = "".join(layout.pieces[max(0, span.start - 3) : span.start])[-25:]
    modified = _MODIFIED.search(span.names) and not _PUBLISHED.search(span.names)
    other = _lines("other").search(layout.text(span, _MAX_LINE)) or _lines("other").search(before)
    return not (modified or other or span.get("itemprop") == "dateModified")


def _value(layout: Layout, span: Span) -> str:
    return span.get("datetime") or span.get("content") or layout.text(span)


def _is_dateline(text: str, *, in_head: bool) -> bool:
    """Whether a short line in or above the article's head says when it was published, and no more."""
    if not 8 <= len(text := clean_line(text)) <= _MAX_LINE or _lines("other").search(text):
        return False
    rests = [re.sub(r"[\d\W]+|(?<![^\W\d])[^\W\d]{1,9}(?=\W+\d)", "", part) for part in _JOINT.split(text)]
    return bool(_lines("published").search(text)) or (
        in_head and any(len(rest) <= _MAX_REST for rest in rests)
    )


def _is_in_prose(span: Span) -> bool:
    element, parent = span.element, span.element.getparent()
    before = element.getprevious()
    lead = before.tail if before is not None else None if parent is None else parent.text
    return len(clean_line(f"{lead or ''} {element.tail or ''}")) > _MAX_LINE // 2


def _is_signed(span: Span) -> bool:
    """Whether a date behind the beginning of the text is that of its publication."""
    named = bool(_PUBLISHED.search(span.names)) and span.tag in ("time", "span")
    return named or bool(_lines("published").match(_line(span)) and len(_line(span)) <= _MAX_LINE)


def _line(span: Span) -> str:
    parent = span.element.getparent() if span.tag in ("time", "span") else span.element
    return clean_line("".join(islice((span.element if parent is None else parent).itertext(), 12)))


def _is_card(span: Span, *, in_head: bool) -> bool:
    """Whether the date stands with a link to another page, outside of the article's head."""
    if in_head:
        return False
    near = [span.element, *islice(span.element.iterancestors(), 2)]
    links = (link for element in near for link in ([element] if element.tag == "a" else element.findall("a")))
    texts = (
        "".join(islice(link.itertext(), 12)) for link in islice(links, 20) if link.get("rel") != "bookmark"
    )
    return any(len(letters_of(text)) >= _CARD for text in texts) or any(e.tag == "li" for e in near)


@functools.cache
def _lines(kind: str) -> re.Pattern[str]:
    return re.compile(alternatives(word_lists(__file__)["lines"][kind]), re.IGNORECASE)
