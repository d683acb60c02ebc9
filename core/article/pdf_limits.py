"""What a page of a PDF costs, known before pypdf reads it, as 1 KB may ask for hours.

pypdf reads a form as often as it is drawn, its fonts each time, and tables of fonts in full: 30 bytes of
ranges are 65,536 entries.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

_MAX_WORK = 50_000  # of a page: entries of its fonts, and of each form drawn these and a quarter of its bytes
_MAX_FORMS = 20
_MAX_HOLDERS = 200  # forms that a page reaches, and fonts of each
_MAX_ENTRIES = 20_000  # of a font's table; a larger one is taken out
_MAX_CMAP_BYTES = 300_000
_MAX_STEPS = 100_000  # of a page: its operators, each with a share of the text before, which pypdf copies
_CODE = re.compile(rb"<([^<>]*)>")
_LONG_CODE = re.compile(rb"[0-9a-fA-F]{33}")  # eight characters for one
_ARRAY = re.compile(rb"\[[^\[\]]*\]")


class PageLimits:
    """The bounds of one page; `known` are the entries of the document's fonts, by identity.

    Raises LimitReachedError when the page's fonts, or later its operators, are too much.
    """

    def __init__(self, page: DictionaryObject, known: dict[int, int]) -> None:
        self._known, self._names = known, set[str]()
        self._steps = self._codes = self._drawn = 0
        own, *forms = self._works(page)
        if own > _MAX_WORK:
            raise LimitReachedError("fonts")
        self.max_forms = min(_MAX_FORMS, (_MAX_WORK - own) // max(forms, default=1))

    @property
    def left_out(self) -> bool:
        """Whether forms were drawn more often than they were read."""
        return self._drawn > self.max_forms

    def before_operator(self, operator: bytes, operands: list[Any], *_: Any) -> None:
        """Counts an operator of the page or of one of its forms."""
        self._drawn += operator == b"Do" and not self._names.isdisjoint(operands[:1])
        for operand in operands:
            parts = operand if isinstance(operand, ArrayObject) else (operand,)
            self._codes += sum(len(part) for part in parts if isinstance(part, str | bytes))
            self._steps += len(parts) * (1 + self._codes // 20_000)
        if self._steps > _MAX_STEPS:
            raise LimitReachedError("operators")

    def _works(self, page: DictionaryObject) -> Iterator[int]:
        """The work of the page's fonts, then of each form that it reaches."""
        holders, seen = [page], {id(page)}
        for holder in holders:  # they become more
            resources = holder.get_inherited("/Resources", DictionaryObject()).get_object()
            fonts, forms = (_values(resources, key) for key in ("/Font", "/XObject"))
            forms = {name: form for name, form in forms.items() if form.get("/Subtype") == "/Form"}
            if len(fonts) > _MAX_HOLDERS or len(holders) + len(forms) > _MAX_HOLDERS:
                raise LimitReachedError("fonts or forms")
            data = holder.get_data() if isinstance(holder, StreamObject) else b""
            yield 1 + len(data) // 4 + sum(map(self._entries, fonts.values()))
            self._names.update(forms)
            holders += [form for form in forms.values() if id(form) not in seen]
            seen.update(map(id, holders))

    def _entries(self, font: DictionaryObject) -> int:
        if id(font) not in self._known:
            descendants = font.get("/DescendantFonts", ArrayObject()).get_object()
            del descendants[1:]
            entries = _bounded(font, "/ToUnicode", _mapped)
            entries += sum(_bounded(descendant.get_object(), "/W", _wide) for descendant in descendants)
            self._known[id(font)] = 100 + entries
        return self._known[id(font)]


def _values(resources: Any, key: str) -> dict[str, DictionaryObject]:
    found = resources.get(key, DictionaryObject()).get_object()
    values = {name: value.get_object() for name, value in found.items()} if isinstance(found, dict) else {}
    return {name: value for name, value in values.items() if isinstance(value, DictionaryObject)}


def _bounded(holder: DictionaryObject, key: str, count: Any) -> int:
    """The entries of a table, which is taken out when they are too many."""
    entries: int = count(holder[key].get_object()) if key in holder else 0
    if entries <= _MAX_ENTRIES:
        return entries
    del holder[key]
    return 0


def _mapped(cmap: Any) -> int:
    """The entries of a ToUnicode table, at least; that of a name is the identity, and large."""
    data = cmap.get_data() if isinstance(cmap, StreamObject) else b""
    entries = sum(map(data.count, (b"<", b"\n", b"\r", b"[", b"]", b"begin")))
    if not data or len(data) > _MAX_CMAP_BYTES or entries > 4 * _MAX_ENTRIES:
        return _MAX_ENTRIES + 1
    for mark in (b"<<", b">>", b"\r"):
        data = data.replace(mark, b"\n")
    plain = _CODE.sub(lambda code: b" %b " % code[1].replace(b" ", b""), data)
    if _LONG_CODE.search(plain):
        return _MAX_ENTRIES + 1
    for block in _ARRAY.sub(b"\n", plain).split(b"beginbfrange")[1:]:
        for line in block.partition(b"endbfrange")[0].split(b"\n"):
            first, last, *_ = (*line.split(), b"", b"")
            with contextlib.suppress(ValueError):
                entries += max(0, int(last, 16) - int(first, 16))
    return entries


def _wide(widths: Any) -> int:
    """The entries of a table of widths: each `first [width …]` or `first last width`."""
    values, at, entries = [value.get_object() for value in widths[: 3 * _MAX_ENTRIES]], 0, len(widths)
    while at + 1 < len(values) and entries <= _MAX_ENTRIES:
        following = values[at + 1]
        single = isinstance(following, ArrayObject)
        entries += len(following) if single else max(0, int(following) - int(values[at]))
        at += 2 if single else 3
    return entries
