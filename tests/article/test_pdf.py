"""Text PDFs are read, others refused with their reason."""

from __future__ import annotations

import contextlib

import pytest

from core.article.extraction import extract_article
from core.errors import NoArticle, UnsupportedContent
from tests.support.pdf import LINES, pdf, raw_pdf, stream

URL = "https://papers.example.com/flood.pdf"


def test_a_text_pdf_is_an_article_with_its_paragraphs_and_metadata() -> None:
    body = pdf(LINES, Title="Old town flooded", Author="Jane Doe", CreationDate="D:20240506233000Z")
    article = extract_article(body, url=URL, content_type="application/pdf")
    first, second = article.text.split("\n")
    assert first.startswith("The river flooded the old town after three days of heavy rain, and")
    assert first.endswith("the inhabitants of the lower streets to the school on the hill. Nobody was hurt.")
    assert second.endswith("for the first time again.")
    assert (article.title, article.author, article.published) == (
        "Old town flooded",
        "Jane Doe",
        "2024-05-06",
    )
    assert (article.language, article.url, article.truncated) == ("en", URL, False)


@pytest.mark.parametrize("content_type", [None, "text/html", "application/octet-stream"])
def test_a_pdf_is_known_by_its_first_bytes(content_type: str | None) -> None:
    assert "rescue teams" in extract_article(pdf(LINES), url=URL, content_type=content_type).text


@pytest.mark.parametrize("title", ["", "untitled", "flood-final.docx", "Microsoft Word - flood"])
def test_a_title_that_is_a_file_name_is_ignored(title: str) -> None:
    assert extract_article(pdf(LINES, Title=title), url=URL).title is None


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_invalid_date_is_left_out(date: str) -> None:
    assert extract_article(pdf(LINES, CreationDate=date), url=URL).published is None


def test_pictures_of_pages_are_refused_with_the_reason() -> None:
    with pytest.raises(UnsupportedContent, match=r"pictures of pages and no text.*paste the text"):
        extract_article(pdf([], []), url=URL)


def test_a_locked_pdf_is_refused_with_the_reason() -> None:
    with pytest.raises(UnsupportedContent, match="locked with a password"):
        extract_article(pdf(LINES, password="secret"), url=URL)


def test_a_pdf_that_needs_no_password_to_be_read_is_read() -> None:
    reader_may_read = pdf(LINES, password="")
    assert "rescue teams" in extract_article(reader_may_read, url=URL).text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="html-that-says-pdf"),
        pytest.param(b"%PDF-1.7\n", id="only-the-mark"),
        pytest.param(b"%PDF-1.7\n" + b"\xff" * 5_000, id="junk"),
        pytest.param(b"%PDF-1.7\n" + b"1 0 obj << /A " * 20_000, id="nested-without-end"),
        pytest.param(b"%PDF-1.7\n" + b"[" * 200_000, id="open-arrays"),
    ],
)
def test_a_broken_pdf_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedContent):
        extract_article(body, url=URL, content_type="application/pdf")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_pdf_that_was_broken_off_gives_its_text_or_a_refusal(kept: float) -> None:
    body = pdf(LINES)
    with contextlib.suppress(UnsupportedContent):
        assert "rescue teams" in extract_article(body[: int(kept * len(body))], url=URL).text


def test_a_pdf_with_a_word_or_two_has_no_article() -> None:
    with pytest.raises(NoArticle):
        extract_article(pdf(["Annex 3"]), url=URL)


def test_a_long_pdf_is_cut_and_says_so() -> None:
    article = extract_article(pdf(*[[f"Page {n} of the report has this line."] for n in range(70)]), url=URL)
    assert article.truncated
    assert "Page 0 of" in article.text
    assert "Page 69 of" not in article.text


def test_a_huge_page_is_left_out_and_the_others_are_read() -> None:
    article = extract_article(pdf(LINES, ["x"] * 60_000, ["The end of the report."]), url=URL)
    assert article.truncated
    assert article.text.startswith("The river flooded")
    assert article.text.endswith("The end of the report.")


SHOWN = b"".join(b"(%b) Tj 0 -14 Td " % line.encode() for line in LINES)
TEXT = b"BT /F1 12 Tf 50 700 Td %b ET " % SHOWN
FONTS = b"/Font<</F1 4 0 R>>"


def drawing(content: bytes, resources: bytes = FONTS, **objects: bytes) -> bytes:
    """A PDF of one page; `objects` are further ones by `o` and their number, 6 and up."""
    return raw_pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/Resources<<%b>>/Contents 5 0 R>>" % resources,
            4: objects.pop("font", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
            5: stream(content),
            **{int(name[1:]): value for name, value in objects.items()},
        }
    )


def form(content: bytes, resources: bytes = FONTS) -> bytes:
    return stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<%b>>" % resources)


def draws(number: int) -> bytes:
    return FONTS + b"/XObject<</X %d 0 R>>" % number


@pytest.mark.parametrize("unit", [b"(Stamp) Tj ", b" " * 50], ids=["text", "spaces"])
def test_a_large_form_is_not_read_as_often_as_it_is_drawn(unit: bytes) -> None:
    large = b"BT /F1 12 Tf (Stamp) Tj " + unit * 18_000
    article = extract_article(drawing(TEXT + b"/X Do " * 200, draws(6), o6=form(large)), url=URL)
    assert article.text.startswith("The river flooded the old town")
    assert article.text.count("Stamp") < 200 * large.count(b"Stamp")
    assert article.truncated is True


def test_a_small_form_is_read_as_often_as_it_is_drawn() -> None:
    stamp = form(b"BT /F1 12 Tf (Stamp) Tj ET")
    article = extract_article(drawing(TEXT + b"/X Do " * 50, draws(6), o6=stamp), url=URL)
    assert (article.text.count("Stamp"), article.truncated) == (50, False)


def test_a_form_that_is_drawn_once_is_read_whole() -> None:
    article = extract_article(drawing(b"/X Do", draws(6), o6=form(TEXT)), url=URL)
    assert article.text.startswith("The river flooded the old town")
    assert article.truncated is False


def test_forms_in_forms_are_read_a_bounded_number_of_times() -> None:
    levels = {
        f"o{n}": form(b"BT /F1 12 Tf (Stamp) Tj ET " + b"/X Do " * 10, draws(n + 1)) for n in range(6, 15)
    }
    article = extract_article(drawing(TEXT + b"/X Do " * 10, draws(6), **levels, o15=form(TEXT)), url=URL)
    assert article.text.startswith("The river flooded the old town")
    assert article.truncated is True


def test_a_page_with_too_many_operators_is_left_out() -> None:
    body = drawing(TEXT + b"BT /F1 9 Tf " + b"(word word) Tj " * 25_000 + b"q " * 90_000)
    with pytest.raises(UnsupportedContent):
        extract_article(body, url=URL)
