"""Limits a page's markup, so that parsing it never costs more than a big real page does."""

import re
from dataclasses import dataclass, field
from itertools import islice

from core.article.structured_data import StructuredData

# Real articles have some 1,500 elements, 2,500 attributes, a depth of 25 and 150,000 characters of markup.
_MAX_ELEMENTS = 6_000
_MAX_ATTRIBUTES = 14_000
_MAX_ATTRIBUTES_OF_ONE = 64
_MAX_ATTRIBUTE_CHARACTERS = 4_000
_MAX_TAGS = 250_000  # that are looked at, kept or not
_MAX_DEPTH = 90
_MAX_HEAD_ELEMENTS = 400  # meta and link each
_MAX_META_CHARACTERS = 2_000
_MAX_TITLE_CHARACTERS = 1_000
_MAX_CHARACTERS = 400_000
_MAX_MISREAD_TAGS = 20

# trafilatura takes them out before it parses: what is an element then is one here.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff]")
_LONG_SPACE = re.compile(r"\s{6,}")
_START = re.compile(r"<(?:!--|[!?]|/?([a-zA-Z][a-zA-Z0-9:-]{0,40}))")
# A quote counts only after an equals sign: stray ones are frequent, and must not swallow half a page.
_QUOTED_END = re.compile(r"""(?:[^>=]|=\s*(?:"[^"]*"|'[^']*')?)*+>""")
_ATTRIBUTE = re.compile(r"""[^\s=>/"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?""")
# Columns times rows would become cells, all of them empty.
_SPAN = re.compile("<t[dh].*(?:col|row)span", re.IGNORECASE | re.DOTALL)
_DATA = re.compile(r"""type\s*=\s*["']?application/(?:ld|settings)\+json""", re.IGNORECASE)
_UNNESTED = set(
    "area base br col embed hr img input link meta param source track wbr "  # never have an end tag
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup html head body".split()  # need none
)
_RAW = {"script", "style", "title", "textarea", "iframe", "xmp", "noembed", "noframes", "svg"}
INLINE = {*"a abbr b bdi bdo cite code em font i ins kbd mark q s small span strong sub sup tt u var".split()}


def limit_html(html: str) -> tuple[str, bool]:
    """The page without comments, styles and scripts, thinned or cut to the limits; and whether it was cut.

    One pass, linear in time. Ordinary pages keep every element, attribute and character that matters.
    """
    return _Pass(_CONTROLS.sub("", html).replace("\f", " ")).run()


@dataclass(slots=True)
class _Pass:
    html: str
    kept: list[str] = field(default_factory=lambda: [""])
    characters: int = 0
    tags: int = 0
    elements: int = 0
    attributes: int = 0
    depth: int = 0
    head_elements: int = 0
    misread: int = 0
    last_drawing: int = -1
    data: StructuredData = field(default_factory=StructuredData)

    def run(self) -> tuple[str, bool]:
        at, self.last_drawing = 0, self.html.rfind("</svg")
        while at >= 0 and not self._full() and (start := _START.search(self.html, at)):
            self._text(self.html[at : start.start()])
            at = self._after(start)
        if at >= 0 and not self._full():
            self._text(self.html[at:])
        doctype = "<!DOCTYPE html>\n" if self.elements else ""  # makes trafilatura accept a short page
        return doctype + "".join(self.kept), self._full()

    def _full(self) -> bool:
        kept_enough = self.elements >= _MAX_ELEMENTS or self.characters >= _MAX_CHARACTERS
        return kept_enough or self.tags >= _MAX_TAGS

    def _text(self, text: str) -> None:
        self._keep(_LONG_SPACE.sub("\n", text)[: _MAX_CHARACTERS - self.characters])

    def _keep(self, part: str) -> None:
        if part:
            self.kept.append(part)
            self.characters += len(part)

    def _after(self, start: re.Match[str]) -> int:
        """Takes what begins at `start`; the position behind it, or -1 when it has no end."""
        self.tags += 1
        opening, name = start[0], (start[1] or "").lower()
        if opening == "<!--":
            return self._behind("-->", start.start() + 2)
        end = self._end_of_tag(start.end())
        if end < 0 or not name:
            return end
        tag = self.html[start.start() : end]
        if opening[1] == "/":
            self._close(name)
        elif name in _RAW and (name != "svg" or end <= self.last_drawing):
            return self._raw(name, tag, end)
        else:
            self._open(name, tag)
        return end

    def _behind(self, mark: str, at: int) -> int:
        found = self.html.find(mark, at)
        return found + len(mark) if found >= 0 else -1

    def _end_of_tag(self, at: int) -> int:
        if self.misread < _MAX_MISREAD_TAGS:
            if found := _QUOTED_END.match(self.html, at):
                return found.end()
            self.misread += 1
        return self._behind(">", at)

    def _open(self, name: str, tag: str) -> None:
        if name in ("meta", "link"):
            self.head_elements += 1
            if self.head_elements > _MAX_HEAD_ELEMENTS or len(tag) > _MAX_META_CHARACTERS:
                return
            tag = f"<{tag[1:].replace('<', '&lt;')}"
        if name in _UNNESTED:
            if self.kept[-2:] == [tag, tag]:
                return  # no more than two empty ones in a row
        elif not tag.endswith("/>"):
            self.depth += 1
            if self.depth > _MAX_DEPTH:
                self._leave_out(name)
                return
        self.elements += 1
        self._keep(self._thinned(name, tag))

    def _close(self, name: str) -> None:
        if name not in _UNNESTED:
            self.depth = max(0, self.depth - 1)
            if self.depth >= _MAX_DEPTH:
                self._leave_out(name)
                return
        self._keep(f"</{name}>")

    def _leave_out(self, name: str) -> None:
        if name not in INLINE and self.kept[-1] != " ":
            self._keep(" ")

    def _thinned(self, name: str, tag: str) -> str:
        if len(tag) <= len(name) + 2:
            return tag
        found = [a[0] for a in islice(_ATTRIBUTE.finditer(tag, len(name) + 1), _MAX_ATTRIBUTES_OF_ONE + 1)]
        self.attributes += len(found)
        if self.attributes > _MAX_ATTRIBUTES or _SPAN.match(tag):
            return f"<{name}>"
        few = len(found) <= _MAX_ATTRIBUTES_OF_ONE and len(tag) <= _MAX_ATTRIBUTE_CHARACTERS
        if few and "<" not in tag[1:]:
            return tag
        # Where parsers differ on quotes, a tag in a value may be one.
        parts = (part for part in found[:_MAX_ATTRIBUTES_OF_ONE] if "<" not in part)
        return f"<{' '.join([name, *(part for part in parts if len(part) <= _MAX_ATTRIBUTE_CHARACTERS)])}>"

    def _raw(self, name: str, tag: str, at: int) -> int:
        """An element whose content is no markup: titles are kept short, structured data whole."""
        if tag.endswith("/>"):  # XHTML; in HTML it would swallow what follows
            return at
        end = re.compile(f"</{name}", re.IGNORECASE).search(self.html, at)
        if end is None:
            return -1
        content = self.html[at : end.start()]
        if name == "title":
            self._keep(f"<title>{content[:_MAX_TITLE_CHARACTERS]}</title>")
        elif name == "iframe":  # what is announced may be in it
            self.elements += 1
            self._keep("<iframe></iframe>")
        elif name == "script" and _DATA.search(tag[:1_000]) and (facts := self.data.rebuilt(content)):
            self.kept.append(f'<script type="application/ld+json">{facts}</script>')
        return self._behind(">", end.end())
