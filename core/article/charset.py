"""The text of a page's bytes, in the charset that browsers find, or in a better one where that fails."""

import codecs
import functools
import re
from collections.abc import Iterator

from core.article.meta_elements import meta_elements
from core.article.web_codecs import BROWSER, decoded, encoding_of
from core.errors import NoArticle
from core.text.language import probabilities
from core.text.word_lists import word_lists

PLAIN_TEXT = ("text/plain", "text/markdown", "text/x-markdown")
# The last two: how markup begins in UTF-16 without a mark.
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_CHARSET = re.compile(r"""(?<![\w-])charset\s*=\s*["']?([^\s;,"']+)""", re.IGNORECASE)
_XML = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([^"'>]{1,40})""")
_MAX_MARKUP = 200_000  # bytes that are searched for a meta element
_EAST_ASIAN = {"gbk", "gb18030", "big5", "euc-kr", "shift_jis", "euc-jp"}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_FEW, _MUCH = 8, 40  # characters beyond ASCII
_SAMPLE_BYTES = 20_000
_UNREADABLE = 0.5  # by charset_normalizer's measure: right texts have 0 to 0.05


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a body.

    A byte order mark decides, then valid UTF-8, the header, a real meta element, the XML declaration
    (html.spec.whatwg.org/#determining-the-character-encoding); where the bytes contradict a label the next
    is tried, a detector last. Raises NoArticle where none makes readable text.
    """
    for start, codec in _UTF_16.items():
        if body.startswith(start):
            return body.decode(codec, "replace").removeprefix("\ufeff")
    body, declared = body.removeprefix(codecs.BOM_UTF8), [*_declared(body, content_type or "")]
    first = declared[0] if declared else ""
    if first.startswith("utf-16"):
        return decoded(body, first)
    if body.isascii():
        return _of_seven_bits(body, first)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return decoded(body, _likeliest(body, declared))
    # A few Chinese or Korean characters may be letters of two bytes in UTF-8.
    if first in _EAST_ASIAN and _beyond_ascii(text) < _FEW and max(text) < "\u0800":
        return decoded(body, first)
    return _mended(text)


def _of_seven_bits(body: bytes, declared: str) -> str:
    if declared == "replacement":  # HZ and ISO-2022-KR, of which browsers show nothing
        raise unreadable()
    return decoded(body, "iso-2022-jp" if _ISO_2022_JP.search(body) else "utf-8")


def unreadable() -> NoArticle:
    """The error for text in a charset that cannot be found."""
    return NoArticle(
        "The page's letters cannot be read: its charset is not declared, or it is another one. "
        "Paste the text instead."
    )


def raise_if_unreadable(text: str) -> None:
    """Raises NoArticle when more than 1 % of the text was lost, here or where it was written."""
    if text.count("\ufffd") * 100 > len(text):
        raise unreadable()


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """The Encoding Standard's names for the labels that are given, in the order in which they count."""
    media_type = content_type.partition(";")[0].strip().lower()
    in_header = _CHARSET.search(content_type)
    labels = [in_header[1] if in_header else ""]
    if media_type not in PLAIN_TEXT:
        in_xml = _XML.match(body)
        inside = [_in_meta(body), in_xml[1].decode("latin-1") if in_xml else ""]
        labels += reversed(inside) if "xml" in media_type else inside
    for number, label in enumerate(labels):
        if name := encoding_of(label):
            # In UTF-16 a label inside could not have been read, and markup or spaces hold NUL.
            yield "utf-8" if name.startswith("utf-16") and (number or b"\0" not in body) else name


def _in_meta(body: bytes) -> str:
    """The label of the first meta element with one, wherever it is: at a late one browsers read again."""
    for values in meta_elements(body, _MAX_MARKUP):
        is_type = values.get("http-equiv", "").lower() == "content-type"
        in_content = _CHARSET.search(values.get("content", "")) if is_type else None
        label = values.get("charset") or (in_content[1] if in_content else "")
        if encoding_of(label):
            return label
    return ""


def _likeliest(body: bytes, declared: list[str]) -> str:
    """Which charset makes the best text of bytes that are not UTF-8: the first declared one, if any does."""
    pieces = [piece for piece in re.split(rb"[<>\r\n]+", body) if not piece.isascii()]
    sample = b"\n".join(pieces)
    end = sample.find(b"\n", _SAMPLE_BYTES, 2 * _SAMPLE_BYTES)  # in a character the detector would stumble
    sample = sample[: end if end >= 0 else _SAMPLE_BYTES]
    is_much = _beyond_ascii(sample.decode("latin-1")) >= _MUCH
    rated = {name: _wrong(decoded(sample, name)) for name in declared or ["utf-8"]}
    likeliest = min(rated, key=rated.__getitem__)  # the first of equals
    if rated[likeliest] > 0 and (is_much or "\ufffd" in decoded(sample, likeliest)):
        detected = _detected(sample)
        rated.setdefault(detected, _wrong(decoded(sample, detected)))
        likeliest = min(rated, key=rated.__getitem__)
    if is_much and rated[likeliest] >= _UNREADABLE:
        raise unreadable()
    return likeliest


def _wrong(text: str) -> float:
    """How much looks misread: 0 to 0.05 in right texts, which are all the same; 0.1 or more in others."""
    from charset_normalizer.md import mess_ratio

    return round(mess_ratio(text, 1.0) + text.count("\ufffd") / max(1, _beyond_ascii(text)), 1)


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _detected(sample: bytes) -> str:
    """The charset by the detector; a Latin one by the language that it makes of the text."""
    from charset_normalizer import from_bytes

    # Letters of other scripts stand together, a Latin text has single ones.
    together = sum(map(len, re.findall(rb"[\x80-\xff]{3,}", sample)))
    if 3 * together > _beyond_ascii(sample.decode("latin-1")):
        names = word_lists(__file__)["detector"]["charsets"].split()
        found = from_bytes(sample, 5, 512, _UNREADABLE, names, None, False, enable_fallback=False)
        # Almost all bytes make Thai letters.
        best = min(found, key=lambda match: (round(match.chaos, 1), match.encoding == "cp874"), default=None)
        if best and best.encoding != "cp1252":
            return best.encoding
    return _detected_latin(sample)


def _detected_latin(sample: bytes) -> str:
    latin = word_lists(__file__)["latin"]
    of_language = {code: name for name, codes in latin.items() for code in codes.split()}
    scores = {"windows-1252": 0.0}
    for name in ("windows-1252", *latin):
        found = probabilities(decoded(sample, name)[:2_000])
        code = max(found, key=found.__getitem__, default="")
        if of_language.get(code, "windows-1252") == name:
            scores[name] = found[code]
    likeliest = max(scores, key=scores.__getitem__)
    # Windows charsets have letters and quotes where ISO ones have controls.
    is_iso = likeliest == "windows-1250" and not re.search(rb"[\x80-\x9f]", sample)
    return "iso-8859-2" if is_iso else likeliest


def _mended(text: str) -> str:
    """The text, without UTF-8 that was read as a legacy charset and written as UTF-8 once more."""
    runs = {run[0]: run for run in _BEYOND_ASCII.finditer(text)}
    for codec in ("cp1252", "cp1251"):
        read_again = functools.partial(_read_again, codec=codec)
        if 3 <= sum(read_again(run) != written for written, run in runs.items()) > 0.5 * len(runs):
            return _BEYOND_ASCII.sub(read_again, text)
    return text


def _read_again(run: re.Match[str], codec: str) -> str:
    try:
        return run[0].encode(codec, BROWSER).decode()
    except UnicodeError:
        return run[0]
