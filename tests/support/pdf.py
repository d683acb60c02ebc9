"""PDF files for tests, made of lines of text."""

import io
import zlib

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

LINES = [
    "The river flooded the old town after three days of heavy",
    "rain, and rescue teams came in boats to bring the inhabi-",
    "tants of the lower streets to the school on the hill.",
    "Nobody was hurt.",
    "On Monday the water began to fall, and the shops near the",
    "bridge could open their doors for the first time again.",
    "7",
]


def pdf(*pages: list[str], password: str | None = None, **about: str) -> bytes:
    """A PDF with a page for each list of lines; `about` is its metadata."""
    writer = PdfWriter()
    kinds = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in kinds.items()})
    for lines in pages:
        page = writer.add_blank_page(width=600, height=800)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        stream.set_data(f"BT /F1 12 Tf 50 700 Td {shown}ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({f"/{name}": value for name, value in about.items()})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def raw_pdf(objects: dict[int, bytes]) -> bytes:
    """A PDF of objects as they are written in the file, by number; 1 is the catalog."""
    body, table = bytearray(b"%PDF-1.7\n"), b"0000000000 65535 f \n"
    for number, value in sorted(objects.items()):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj\n%b\nendobj\n" % (number, value)
    size = len(objects) + 1
    trailer = b"xref\n0 %d\n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return bytes(body) + trailer % (size, table, size, len(body))


def stream(data: bytes, about: bytes = b"") -> bytes:
    """A compressed stream; `about` are the other entries of its dictionary."""
    packed = zlib.compress(data)
    return b"<<%b/Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (about, len(packed), packed)
