"""The decoders of the Encoding Standard (encoding.spec.whatwg.org), by Python's, which know a little less."""

import codecs

BROWSER = "browser"  # the name of the error handler, for encoders, too
_CODECS = {
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-user-defined": "cp1252",
    "euc_jis_2004": "euc_jp",  # no name of the standard: what the detector calls EUC-JP with all rows
}


def encoding_of(label: str) -> str | None:
    """The standard's name of the encoding that a label means."""
    import webencodings

    found = webencodings.lookup(label)
    return str(found.name) if found else None


def decoded(body: bytes, encoding: str) -> str:
    """The text of the bytes, by the standard's name or by Python's; U+FFFD for what is wrong."""
    import webencodings

    found = webencodings.lookup(encoding)
    return body.decode(_CODECS.get(encoding) or (found.codec_info.name if found else encoding), BROWSER)


def _as_browsers(error: UnicodeError) -> tuple[str | bytes, int]:
    """What Python's codec does not know of the standard's tables, and the position behind it."""
    if isinstance(error, UnicodeEncodeError) and 0x80 <= ord(error.object[error.start]) < 0xA0:
        return error.object[error.start].encode("latin-1"), error.start + 1
    if not isinstance(error, UnicodeDecodeError):
        raise error
    first, *second = error.object[error.start : error.start + 2]
    if error.encoding == "charmap" and 0x80 <= first < 0xA0:
        return chr(first), error.start + 1
    if error.encoding == "gb18030" and first == 0x80:
        return "€", error.start + 1
    read = _pair(error.encoding, first, second[0]) if second else ""
    return (read, error.start + 2) if len(read) == 1 and read != "\ufffd" else ("\ufffd", error.end)


def _pair(codec: str, first: int, second: int) -> str:
    """Microsoft's additions to Big5 and to JIS X 0208; no character, or U+FFFD, for other bytes."""
    if codec == "big5hkscs":
        return bytes([first, second]).decode("cp950", "replace")
    if codec not in ("euc_jp", "iso2022_jp_ext") or (first ^ second) & 0x80:
        return ""
    row, cell = (first & 0x7F) - 0x21, (second & 0x7F) - 0x21  # Shift_JIS has two rows to a lead byte
    trail = cell + (0x9F if row % 2 else 0x40 + (cell >= 63))
    return bytes([row // 2 + (0x81 if row < 62 else 0xC1), trail]).decode("cp932", "replace")


codecs.register_error(BROWSER, _as_browsers)
