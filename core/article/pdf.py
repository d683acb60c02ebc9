"""The text of a PDF, within bounds. Imported for the first PDF: pypdf costs time."""

import io
import re
import time
import tomllib
from dataclasses import replace
from pathlib import Path

from pypdf import Configuration, PasswordType, PdfReader, apply_configuration
from pypdf.errors import LimitReachedError

from core.article.article import Article
from core.article.page_checks import MIN_INFORMATION
from core.errors import NoArticle, UnsupportedContent
from core.text.cleaning import clean, clean_line
from core.text.information import information
from core.text.language import guess

_MAX_PAGES = 60
_MAX_CHARACTERS = 200_000
_MAX_CPU_SECONDS = 1.0
_MAX_CPU_SECONDS_OF_FORMS = 0.4  # pypdf reads a form as often as it is drawn, and its fonts each time
_LIMITS = Configuration(**tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")))
_TOO_COSTLY = "The PDF takes too much work to read. Paste the text instead."
_NO_TEXT = (
    "The PDF holds pictures of pages and no text. Run it through text recognition (OCR), or paste the text."
)
_HYPHEN_AT_LINE_END = re.compile(r"(?<=[^\W\d_])[-\u00ad]\n(?=[a-zß-ÿ])")
_PAGE_NUMBER = re.compile(r"(?:(?:page|seite|p\.)\s*)?\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?", re.IGNORECASE)
_FILE_NAME = re.compile(r"(?i)\.(?:docx?|pdf|indd|tex|qxd|pptx?)$|^untitled|^microsoft word|^slide 1$")


def pdf_article(body: bytes, *, url: str) -> Article:
    """Its text and metadata. Raises UnsupportedContent (scanned, locked, broken) or NoArticle (short)."""
    try:
        with apply_configuration(_LIMITS):
            reader = PdfReader(io.BytesIO(body), strict=False)
            if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
                raise UnsupportedContent("The PDF is locked with a password. Paste the text instead.")
            raw, cut = _text(reader)
            described = _metadata(reader)
    except UnsupportedContent:
        raise
    except Exception as error:  # a broken file makes pypdf raise anything: KeyError, RecursionError, …
        raise UnsupportedContent(
            "The PDF cannot be read. Paste the text instead.", reason=f"PDF: {type(error).__name__}"
        ) from None
    text = clean(_paragraphs(raw))
    if information(text) < MIN_INFORMATION:
        if raw.strip():
            raise NoArticle
        raise UnsupportedContent(_TOO_COSTLY if cut else _NO_TEXT, reason="no text read")
    return replace(described, text=text, language=guess(text), url=url, truncated=cut)


def _text(reader: PdfReader) -> tuple[str, bool]:
    """The lines of the first pages; whether some were left out."""
    pages: list[str] = []
    started, characters, unread = time.thread_time(), 0, 0

    def before_operator(operator: bytes, operands: list[object], *_: object) -> None:
        nonlocal unread
        seconds = time.thread_time() - started
        if seconds > _MAX_CPU_SECONDS:
            raise LimitReachedError("CPU time")
        if operator == b"Do" and seconds > _MAX_CPU_SECONDS_OF_FORMS:
            operands.clear()  # so that nothing is drawn
            unread += 1

    for number, page in enumerate(reader.pages):
        late = time.thread_time() - started > _MAX_CPU_SECONDS
        if number >= _MAX_PAGES or characters >= _MAX_CHARACTERS or late:
            return "\n".join(pages), True
        try:
            pages.append(page.extract_text(visitor_operand_before=before_operator)[:_MAX_CHARACTERS])
            characters += len(pages[-1])
        except Exception:  # pypdf raises any type; a page that breaks it or its limits is left out
            unread += 1
    return "\n".join(pages), unread > 0


def _metadata(reader: PdfReader) -> Article:
    """The title, author and date, with no text yet."""
    info = reader.metadata
    if info is None:
        return Article(text="")
    title, author = (clean_line(str(value or ""))[:300] for value in (info.title, info.author))
    try:
        published = info.creation_date.date().isoformat() if info.creation_date else None
    except ValueError:
        published = None
    title = "" if _FILE_NAME.search(title) else title
    return Article(text="", title=title or None, author=author or None, published=published)


def _paragraphs(lines: str) -> str:
    """Lines that were broken for the page's width put together: a paragraph ends with a short line."""
    kept = [line.strip() for line in _HYPHEN_AT_LINE_END.sub("", lines).split("\n")]
    kept = [line for line in kept if not _PAGE_NUMBER.fullmatch(line)]
    lengths = sorted(len(line) for line in kept if line) or [0]
    full = 0.75 * lengths[3 * len(lengths) // 4]
    ends = (not line or (len(line) < full and line[-1] in '.!?:…”"') for line in kept)
    return "".join(line + ("\n" if end else " ") for line, end in zip(kept, ends, strict=True))
