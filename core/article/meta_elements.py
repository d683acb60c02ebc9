"""The meta elements of a page's bytes that browsers obey, found without parsing the page."""

import re
from collections.abc import Iterator
from html import unescape

# Comments, elements whose content is no markup (noscript is none where scripts run), tags. Each ends with the
# bytes at the latest: linear.
_MARKUP = re.compile(
    rb"""(?isx) <!(?=--) .*? (?:-->|\Z)
    | <(?P<raw>script|style|title|textarea|xmp|iframe|noembed|noframes|noscript)\b .*? (?:</(?P=raw)\b|\Z)
    | <(?P<name>/?[a-z][^\s/>]*)(?P<attributes>(?: [^>=] | =\s*(?:"[^"]*(?:"|\Z) | '[^']*(?:'|\Z))? )*+)"""
)
_ATTRIBUTE = re.compile(r"""([^\s/=]+)(?:\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"']\S*)))?""")
# html.spec.whatwg.org/#shared-declarative-refresh-steps: seconds, a divider, "url=" or not, quotes or not.
_REFRESH = re.compile(
    r"""\s*(?=[\d.])(\d*)[\d.]*(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?+(?:"([^"]*)|'([^']*)|([^"'\s].*))""",
    re.IGNORECASE | re.DOTALL,
)
_MAX_BYTES = 16_384  # of a page that only sends its visitors on
_MAX_SECONDS = 5


def meta_elements(body: bytes, max_bytes: int) -> Iterator[dict[str, str]]:
    """The attributes of each meta element there, names in lower case; the first of a name counts."""
    for tag in _MARKUP.finditer(body, 0, max_bytes):
        if (tag["name"] or b"").lower() == b"meta":
            found = _ATTRIBUTE.findall(tag["attributes"].decode(errors="replace"))
            yield {name.lower(): unescape("".join(value)) for name, *value in reversed(found)}


def refresh_target(body: bytes, header: str = "") -> str | None:
    """Where the page sends its visitors within 5 s, by its Refresh header or a meta element, if anywhere."""
    in_page = (values for values in meta_elements(body, _MAX_BYTES) if "content" in values)
    contents = [v["content"] for v in in_page if v.get("http-equiv", "").lower() == "refresh"]
    for content in filter(None, [header, *contents]):
        if (found := _REFRESH.match(content)) and int(found[1][:9] or 0) <= _MAX_SECONDS:
            return "".join(found.groups("")[1:]).strip() or None
    return None
