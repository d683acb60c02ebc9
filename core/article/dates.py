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
from core.text.cleaning import letters_of
from core.text.word_lists import any_of, word_lists

_MAX_LINE = 120  # characters of a line that shows the date
_MAX_REST = 14  # letters of it beside the date: a weekday, a time
_MAX_AROUND = 40  # characters beside a <time> that is not in prose
_PIECES_ABOVE = 12  # the heading, where a date is still the article's
_FIRST_DAY = date(1700, 1, 1)
_COMPUTERS_ZERO = date(1970, 1, 1)
_MAX_AFTER = 40
_CARD = 12  # letters of a link beside a date that is then the date of what it leads to
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_DAY_FIRST_IN = re.compile(r"(?!en(?:-us)?$)\w", re.IGNORECASE)  # languages that write 3/2 for 3 February
_UTC = re.compile(r"\d(?:Z|\+00:?00)$")
_NO_WORDS = re.compile(r"[\d\W]+|(?<![^\W\d])[^\W\d]{1,9}(?=\W+\d)")  # with the name of a month


def find_date(metadata: Metadata, layout: Layout, title: FoundTitle) -> str | None:
    """ISO 8601, from metadata, JSON-LD, the article's own <time> or dateline, or the address; else None."""
    described = str(metadata.article(title.title or "").get("datePublished", ""))
    read = functools.partial(read_date, day_first=bool(_DAY_FIRST_IN.match(layout.spans[0].get("lang"))))
    path = [match[0] for match in any_of(__file__, "forms", "address").finditer(urlsplit(metadata.url).path)]
    said = [*metadata.meta("published"), described]
    for text in chain(said, _shown(layout, title), metadata.meta("dated")):
        if found := read(text):
            local = (text for text in chain(path, _shown(layout, title)) if not _UTC.search(text))
            days = filter(None, map(read, local if _UTC.search(text) else ()))
            return next(filter(functools.partial(_is_next, found), days), found)
    return next(filter(None, (read(text) for text in path if text[0] == "/")), None)


def _is_next(found: str, day: str) -> bool:
    """Whether a day of the page may be the one found in UTC."""
    return abs(date.fromisoformat(day) - date.fromisoformat(found)) == timedelta(days=1)


def read_date(text: str, *, day_first: bool = False) -> str | None:
    """The ISO 8601 form of a day that the text names in full; None for one to come, or a computer's zero."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # it is later in the east
    if _EPOCH.fullmatch(text.strip()):
        text = datetime.fromtimestamp(int(text.strip()[:10]), UTC).isoformat()
    for match in (match for form in _forms(day_first) for match in form.finditer(text.strip())):
        year, month, day = match.group("year", "month", "day")
        try:
            found = date(int(year), int(month) if month.isdigit() else _months()[month.casefold()], int(day))
        except (ValueError, KeyError):
            continue
        if _FIRST_DAY < found <= tomorrow and found != _COMPUTERS_ZERO:
            return found.isoformat()
    return None


def _forms(day_first: bool) -> Iterator[re.Pattern[str]]:
    """How dates are written, by `dates.toml`; without those that may be meant in two ways."""
    for name in word_lists(__file__)["forms"]:
        if name != "day_first" or day_first:
            yield any_of(__file__, "forms", name)


@functools.cache
def _months() -> dict[str, int]:
    names = word_lists(__file__)["months"]["names"].strip().split("\n")
    return {name: number for number, line in enumerate(names, 1) for name in line.split()}


def _shown(layout: Layout, title: FoundTitle) -> Iterator[str]:
    """What the article's own elements and lines show as its date, the surest first."""
    above, below = layout.head(title.heading)
    own = [span for span in layout.own() if _is_dated(layout, span)]
    yield from (_value(layout, span) for span in own if span.get("itemprop") == "datePublished")
    times = (span for span in own if span.tag == "time" and above - _PIECES_ABOVE <= span.start < below)
    for span in filter(functools.partial(_is_alone, layout, above), times):
        yield from (_value(layout, span), layout.text(span))
    named = filter(lambda span: span.tag != "time" and above <= span.start < below, own)
    for line in [*layout.lines(above, below), *map(layout.text, named)]:
        yield from _datelines(line)
    yield from _signed(layout, (above, below), own)


def _signed(layout: Layout, head: tuple[int, int], own: list[Span]) -> Iterator[str]:
    """What stands above or below the head, and says itself that it is the day of the publication."""
    above, below = head
    said = any_of(__file__, "lines", "published")
    yield from (line for line in layout.lines(above - _PIECES_ABOVE, above) if said.search(line[:_MAX_LINE]))
    yield from (
        line for line in layout.lines(below, layout.end + _PIECES_ABOVE) if said.match(line[:_MAX_LINE])
    )
    names = any_of(__file__, "names", "published")
    after = (span for span in own if not above <= span.start < below and names.search(span.names))
    yield from (_value(layout, span) for span in islice(after, _MAX_AFTER))


def _is_dated(layout: Layout, span: Span) -> bool:
    """Whether an element is about a date, and not that of a change."""
    names, other = any_of(__file__, "names", "dated"), any_of(__file__, "lines", "other")
    if not (span.tag == "time" or span.get("itemprop") == "datePublished" or names.search(span.names)):
        return False
    before = "".join(layout.pieces[max(0, span.start - 3) : span.start])[-25:]
    changed = re.search("updated|modified", span.names) and "published" not in span.names
    return not (changed or other.search(before) or other.search(layout.text(span, _MAX_LINE)))


def _value(layout: Layout, span: Span) -> str:
    title = span.get("title") if span.tag == "abbr" else ""  # of the hAtom microformat
    return span.get("datetime") or span.get("content") or title or layout.text(span)


def _datelines(line: str) -> Iterator[str]:
    """The parts of a short line that are about the publication, and do not only name a day."""
    changed, published = (any_of(__file__, "lines", name) for name in ("other", "published"))
    labels = rf"[|·•;]|\s[-–—]\s|\b(?=(?i:{changed.pattern}|{published.pattern}))"
    parts = re.split(labels, line if len(line) <= _MAX_LINE else "")
    if any(changed.match(part) and not re.search(r"\d", part) for part in parts):
        return
    for part in parts:
        few = len(_NO_WORDS.sub("", part)) <= _MAX_REST
        if not changed.search(part) and (few or published.search(part)):
            yield part


def _is_alone(layout: Layout, above: int, span: Span) -> bool:
    """Whether a <time> is neither in prose nor, over the head, another story's."""
    around = (layout.pieces[span.start - 1] + layout.pieces[span.end]).strip()
    return len(around) <= _MAX_AROUND and (span.start >= above or not _is_card(span))


def _is_card(span: Span) -> bool:
    """Whether the date stands with a link to another page, or in a list."""
    near = [span.element, *islice(span.element.iterancestors(), 2)]
    links = (link for element in near for link in ([element] if element.tag == "a" else element.findall("a")))
    texts = [
        "".join(islice(link.itertext(), 12)) for link in islice(links, 20) if link.get("rel") != "bookmark"
    ]
    return any(len(letters_of(text)) >= _CARD for text in texts) or any(each.tag == "li" for each in near)
