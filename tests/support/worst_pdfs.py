"""PDF files that are small and dear to read, made by a small grammar."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence

_TEXT = b"BT /F1 12 Tf 50 700 Td " + b"(The river flooded the old town after days of rain.) Tj 0 -14 Td " * 9
_TEXT += b"ET\n"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def pdf_of(objects: Sequence[bytes]) -> bytes:
    """A file of these objects, numbered from 1; the first is the catalogue."""
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)


def stream(data: bytes, entries: bytes = b"", *, deflated: int = 0) -> bytes:
    """A stream object, compressed so many times."""
    for _ in range(deflated):
        data = zlib.compress(data, 9)
    names = b"/Filter [%b]" % (b"/FlateDecode " * deflated) if deflated else b""
    return b"<< /Length %d %b %b >>\nstream\n%b\nendstream" % (len(data), names, entries, data)


def _document(resources: bytes, contents: bytes, *more: bytes, pages: int = 1) -> bytes:
    """Objects: 1 catalogue, 2 pages, 3 page, 4 contents, 5 font, `more` from 6."""
    kids = b"3 0 R " * pages
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%b] >>" % (pages, kids),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> %b >> >>" % resources,
            contents,
            _FONT,
            *more,
        ]
    )


def forms(*, times: int, depth: int = 1, size: int = 200_000) -> bytes:
    """A page that draws a form so many times, in which another is drawn as often, and so on."""
    more = []
    for level in range(depth):
        inner = b"/X Do " * times if level < depth - 1 else _TEXT + b"1 0 0 1 5 5 cm (x) Tj " * (size // 22)
        resources = b"/Resources << /Font << /F1 5 0 R >> /XObject << /X %d 0 R >> >>" % (7 + level)
        more.append(stream(inner, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + resources, deflated=1))
    more.append(_FONT)
    return _document(b"/XObject << /X 6 0 R >>", stream(_TEXT + b"/X Do " * times), *more)


def _forms(chance: random.Random) -> bytes:
    times, depth = chance.choice([(50, 1), (10, 3), (2, 20), (1, 500), (1_000, 1), (3, 9)])
    return forms(times=times, depth=depth, size=chance.choice([100, 20_000, 2_000_000]))


def _looping_form(chance: random.Random) -> bytes:
    again = b"/Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >>"
    form = stream(_TEXT + b"/X Do " * chance.choice([1, 2, 50]), b"/Subtype /Form /BBox [0 0 9 9] " + again)
    return _document(b"/XObject << /X 6 0 R >>", stream(b"/X Do "), form)


def _page_loop(chance: random.Random) -> bytes:
    kids = chance.choice([b"2 0 R", b"2 0 R 2 0 R", b"3 0 R " * 20_000, b"6 0 R " * 50])
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Parent 2 0 R /Kids [%b] >>" % (chance.choice([1, -1, 10**9]), kids),
            b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            stream(_TEXT),
            _FONT,
            b"<< /Type /Pages /Kids [%b] >>" % (b"7 0 R " * 50),
            b"<< /Type /Pages /Kids [%b] >>" % (b"3 0 R " * 50),
        ]
    )


def _giant_stream(chance: random.Random) -> bytes:
    unit = chance.choice(
        [b" ", _TEXT, b"(a) Tj ", b"q ", b"[(a) -9 (b)] TJ ", b"1 0 0 1 0 0 cm ", b"\0", b"(", b"["]
    )
    megabytes = chance.choice([1, 20, 100])
    data = unit * (megabytes * 1_000_000 // len(unit))
    return _document(b"", stream(data, deflated=chance.choice([1, 1, 2, 3])), pages=chance.choice([1, 60]))


def _filters(chance: random.Random) -> bytes:
    names = chance.choices([b"/FlateDecode", b"/LZWDecode", b"/ASCII85Decode", b"/ASCIIHexDecode"], k=3)
    names += chance.choices([b"/RunLengthDecode", b"/FlateDecode"], k=chance.choice([0, 1, 200]))
    parameters = b"/DecodeParms << /Predictor %d /Columns %d /Colors 9 >>" % (
        chance.choice([2, 12, 15]),
        chance.choice([1, 10**6, 10**9]),
    )
    data = chance.choice([b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 90_000, b"z" * 900_000, b"41" * 400_000])
    entries = b"/Filter [%b] %b" % (b" ".join(names), chance.choice([b"", parameters]))
    return _document(b"", stream(data, entries))


def _cmap(chance: random.Random) -> bytes:
    line = chance.choice(
        [
            b"<0000> <ffff> <0041>\n",
            b"<00> <ff> [" + b"<0041> " * 200 + b"]\n",
            b"<00000000> <ffffffff> <0041>\n",
        ]
    )
    kind = chance.choice([b"bfrange", b"bfchar", b"cidrange", b"codespacerange"])
    lines = line * chance.choice([1, 100, 20_000])
    cmap = stream(b"1 begin%b\n%bend%b\n" % (kind, lines, kind), deflated=1)
    font = b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R /BaseFont /A >>"
    names = b"".join(b"/G%d 7 0 R " % n for n in range(chance.choice([1, 300])))
    shown = b"".join(b"/G%d 9 Tf <00410042> Tj " % n for n in range(300))
    return _document(b"/Font << %b >>" % names, stream(_TEXT + b"BT " + shown + b"ET"), cmap, font)


def _deep(chance: random.Random) -> bytes:
    number = chance.choice([500, 50_000])
    opened, closed = chance.choice([(b"[", b"]"), (b"<</A ", b">>"), (b"(", b")")])
    return _document(b"/Z " + opened * number + closed * number, stream(_TEXT))


def _strings(chance: random.Random) -> bytes:
    text = chance.choice([b"\\(", b"\\\\", b"()", b"\\051", b"a\\\n", b"\xfe\xff\0a"]) * chance.choice(
        [100, 100_000]
    )
    return _document(b"", stream(_TEXT + b"BT /F1 9 Tf (" + text + b") Tj ET " * chance.choice([1, 3])))


def _wrong_lengths(chance: random.Random) -> bytes:
    loop = chance.choice([b"6 0 R", b"4 0 R", b"-1", b"999999999", b"[1]", b"(a)"])
    contents = b"<< /Length %b >>\nstream\n%b\nendstream" % (loop, _TEXT)
    return _document(b"", contents, chance.choice([b"6 0 R", b"7 0 R", b"<< /A 6 0 R >>"]), b"6 0 R")


def _broken(chance: random.Random) -> bytes:
    """A good or dear file with bytes changed, left out or put in."""
    body = bytearray(chance.choice([_forms, _cmap, _page_loop])(chance)[:300_000])
    for _ in range(chance.choice([1, 5, 200])):
        at = chance.randrange(len(body))
        body[at : at + chance.choice([0, 1, 9])] = chance.randbytes(chance.choice([0, 1, 9]))
    return bytes(b"%PDF-1.7\n" + body[9:])


_KINDS: list[Callable[[random.Random], bytes]] = [
    _forms,
    _forms,
    _looping_form,
    _page_loop,
    _giant_stream,
    _filters,
    _cmap,
    _deep,
    _strings,
    _wrong_lengths,
    _broken,
]


def dear_pdf(chance: random.Random) -> bytes:
    return chance.choice(_KINDS)(chance)
