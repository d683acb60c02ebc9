"""The charset of a page: as browsers find it, or by the bytes where that makes no readable text."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.article.charset import decode
from core.article.extraction import extract_article
from core.errors import NoArticle

URL = "https://news.example.com/flood"
TEXTS = {
    "ru": """Река затопила старый город после трёх дней дождя. Спасатели приплыли на лодках и вывезли жителей
нижних улиц, а школы закрыты до понедельника, сообщил городской совет в среду утром.""",
    "uk": """Річка затопила старе місто після трьох днів дощу. Рятувальники приплили на човнах і вивезли
мешканців нижніх вулиць, а школи зачинені до понеділка, повідомила міська рада.""",
    "el": """Το ποτάμι πλημμύρισε την παλιά πόλη μετά από τρεις μέρες βροχής. Οι διασώστες ήρθαν με βάρκες και
τα σχολεία μένουν κλειστά ως τη Δευτέρα, ανακοίνωσε το δημοτικό συμβούλιο.""",
    "he": """הנהר הציף את העיר העתיקה אחרי שלושה ימים של גשם. המחלצים הגיעו בסירות ופינו את התושבים, ובתי הספר
סגורים עד יום שני, הודיעה מועצת העיר.""",
    "ar": """غمر النهر المدينة القديمة بعد ثلاثة أيام من المطر. وصل رجال الإنقاذ في قوارب، والمدارس مغلقة حتى
يوم الاثنين كما أعلن مجلس المدينة.""",
    "th": "แม่น้ำท่วมเมืองเก่าหลังจากฝนตกสามวัน ทีมกู้ภัยมาถึงด้วยเรือและโรงเรียนปิดจนถึงวันจันทร์ สภาเมืองแจ้ง",
    "tr": """Nehir üç gün süren yağmurdan sonra eski şehri bastı. Kurtarma ekipleri teknelerle geldi ve aşağı
mahallelerde oturanları çıkardı; okulların pazartesiye kadar kapalı olacağı açıklandı.""",
    "pl": """Rzeka zalała stare miasto po trzech dniach deszczu. Ratownicy przypłynęli łodziami i wywieźli
mieszkańców niżej położonych ulic, a szkoły będą zamknięte do poniedziałku – „na razie”.""",
    "cs": """Řeka zaplavila staré město po třech dnech deště. Záchranáři připluli na člunech a odvezli
obyvatele níže položených ulic, školy zůstanou zavřené do pondělí – oznámila městská rada.""",
    "lt": """Upė užtvindė senamiestį po trijų dienų lietaus. Gelbėtojai atplaukė valtimis ir išvežė žemiau
esančių gatvių gyventojus, mokyklos bus uždarytos iki pirmadienio.""",
    "de": """Der Fluss hat nach drei Tagen Regen die Altstadt überflutet. Retter kamen in Booten und brachten
die Leute aus den unteren Straßen fort; die Schulen bleiben bis Montag geschlossen, hieß es – „vorläufig“.""",
    "zh": "河水在下了三天的雨以后淹没了老城。救援人员划船赶来，"
    "把低处街道的居民接走，学校停课到星期一，市议会宣布。",
    "tw": "河水在下了三天的雨以後淹沒了老城。救援人員划船趕來，"
    "把低處街道的居民接走，學校停課到星期一，市議會宣布。",
    "ja": "三日間の雨で川があふれ、古い町が水につかりました。"
    "救助隊がボートで来て、低い通りの住民を運び出しました。",
    "ko": "사흘 동안 내린 비로 강물이 옛 시가지를 덮쳤다. "
    "구조대가 배를 타고 와서 주민들을 옮겼고 학교는 월요일까지 쉰다.",
}
LEGACY = {
    "windows-1251": "ru", "koi8-r": "ru", "iso-8859-5": "ru", "koi8-u": "uk", "windows-1253": "el",
    "windows-1255": "he", "windows-1256": "ar", "cp874": "th", "windows-1254": "tr", "windows-1250": "pl",
    "iso-8859-2": "cs", "windows-1257": "lt", "windows-1252": "de", "gbk": "zh", "big5": "tw",
    "cp932": "ja", "euc-jp": "ja", "iso-2022-jp": "ja", "cp949": "ko",
}  # fmt: skip


def page_in(codec: str, head: str = "") -> tuple[bytes, str]:
    """A page's bytes in a charset, and its text."""
    html = f"<html><head>{head}<title>News</title></head><body><p>{TEXTS[LEGACY[codec]]}</p></body></html>"
    body = html.encode(codec, "ignore")
    return body, body.decode(codec)


@pytest.mark.parametrize("codec", LEGACY)
@pytest.mark.parametrize("content_type", [None, "text/html", "text/html; charset=utf-8", "text/plain"])
def test_an_undeclared_charset_is_detected(codec: str, content_type: str | None) -> None:
    body, text = page_in(codec)
    assert decode(body, content_type) == text


@pytest.mark.parametrize("codec", sorted(set(LEGACY) - {"cp874", "iso-2022-jp"}))
@pytest.mark.parametrize("wrong", ["utf-8", "iso-8859-1"])
def test_a_meta_element_is_right_where_the_header_makes_nothing_readable(codec: str, wrong: str) -> None:
    label = {"cp932": "shift_jis", "cp949": "euc-kr"}.get(codec, codec)
    body, text = page_in(codec, f'<meta charset="{label}">')
    assert decode(body, f"text/html; charset={wrong}") == text or (wrong, codec) in HARMLESS


# Browsers, too, obey the header where both charsets make letters of the bytes.
HARMLESS = {("iso-8859-1", codec) for codec in ("windows-1254", "iso-8859-2", "windows-1257")}


@pytest.mark.parametrize("codec", sorted(set(LEGACY) - {"iso-2022-jp"}))
@pytest.mark.parametrize("place", ["header", "meta"])
def test_valid_utf_8_is_never_read_as_another_charset(codec: str, place: str) -> None:
    label = {"cp932": "shift_jis", "cp949": "euc-kr", "cp874": "windows-874"}.get(codec, codec)
    html = f'<meta charset="{label if place == "meta" else ""}"><p>{TEXTS[LEGACY[codec]]}'
    assert decode(html.encode(), f"text/html; charset={label if place == 'header' else ''}") == html


RUSSIAN = "Река затопила город"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(
            b"\xef\xbb\xbf" + RUSSIAN.encode(), "text/html; charset=windows-1251", id="mark-before-header"
        ),
        pytest.param(b"\xff\xfe" + RUSSIAN.encode("utf-16-le"), None, id="utf-16-little-mark"),
        pytest.param(b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), None, id="utf-16-big-mark"),
        pytest.param(RUSSIAN.encode("windows-1251"), "text/html; charset=windows-1251", id="header"),
        pytest.param(RUSSIAN.encode("koi8-r"), 'text/html; Charset = "KOI8-R"', id="quoted-header"),
        pytest.param(RUSSIAN.encode("utf-16-le"), "text/html; charset=utf-16le", id="utf-16-in-the-header"),
        pytest.param(RUSSIAN.encode("iso-8859-5"), "text/html;charset=iso-8859-5", id="numbered-header"),
        pytest.param(
            RUSSIAN.encode("iso-8859-5"), "text/html; charset=iso88595", id="number-without-hyphens"
        ),
        pytest.param(RUSSIAN.encode(), None, id="utf-8-guessed"),
        pytest.param(
            RUSSIAN.encode(), "text/html; charset=iso-2022-jp", id="utf-8-where-the-header-cannot-be-right"
        ),
    ],
)
def test_the_charset_is_the_marks_the_headers_or_guessed(body: bytes, content_type: str | None) -> None:
    assert decode(body, content_type) == RUSSIAN


@pytest.mark.parametrize(
    ("meta", "content_type"),
    [
        pytest.param('<meta charset="windows-1251">', None, id="meta"),
        pytest.param("<META CharSet=windows-1251>", "text/html", id="capitals-and-no-quotes"),
        pytest.param(
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
            None,
            id="http-equiv",
        ),
        pytest.param('<meta charset="utf-8">', "text/html; charset=windows-1251", id="header-before-meta"),
        pytest.param(
            '<meta charset="windows-1251">', "text/html; charset=none", id="meta-after-a-useless-header"
        ),
        pytest.param('<meta charset="windows-1251">', "text/html; charset=zlib", id="meta-after-a-codec"),
    ],
)
def test_a_meta_element_names_the_charset_that_no_header_does(meta: str, content_type: str | None) -> None:
    html = f"{meta}<p>{RUSSIAN}"
    assert decode(html.encode("windows-1251"), content_type) == html


@pytest.mark.parametrize("label", ["utf-16", "UTF-16", "utf-16le", "UTF-16BE"])
@pytest.mark.parametrize("padding", ["", " "])
def test_a_meta_element_that_says_utf_16_means_utf_8(label: str, padding: str) -> None:
    # html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding: it could be read as ASCII.
    html = f'<meta charset="{label}"><p>{RUSSIAN}{padding}'
    assert decode(html.encode(), None) == html


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        pytest.param("“naïve” – €", "windows-1252", "iso-8859-1", id="latin-1-is-windows-1252"),
        pytest.param("“naïve” – €", "windows-1252", "us-ascii", id="ascii-is-windows-1252"),
        pytest.param("朱镕基", "gbk", "gb2312", id="gb2312-is-gbk"),
        pytest.param("①髙島屋", "cp932", "shift_jis", id="shift-jis-is-windows-31j"),
        pytest.param("똠방각하", "cp949", "euc-kr", id="euc-kr-is-windows-949"),
        pytest.param("“ışık”", "windows-1254", "iso-8859-9", id="latin-5-is-windows-1254"),
    ],
)
def test_a_charset_label_means_the_same_as_in_browsers(text: str, codec: str, label: str) -> None:
    assert decode(text.encode(codec), f"text/html; charset={label}") == text


NO_CHARSETS = """
    x-user-defined replacement iso-2022-kr
    zlib hex idna punycode rot13 base64 bz2 unicode_escape undefined mbcs utf-7 none
    iso-8859-12 iso-8859-0 iso-8859-99 windows1252
"""


@pytest.mark.parametrize("name", ["", "a" * 5_000, *NO_CHARSETS.split()])
@pytest.mark.parametrize("place", ["header", "meta"])
def test_an_unknown_charset_is_ignored(name: str, place: str) -> None:
    meta = f'<meta charset="{name}">' if place == "meta" else ""
    html = f"{meta}<p>{RUSSIAN}"
    assert decode(html.encode(), f"text/html; charset={name}" if place == "header" else None) == html


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120), st.text(st.characters(codec="latin-1"), max_size=20))
def test_any_bytes_are_some_text_or_refused(body: bytes, name: str) -> None:
    with contextlib.suppress(NoArticle):
        assert isinstance(decode(body, f"text/html; charset={name}"), str)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60).filter(lambda text: not text.startswith("\ufeff")))
def test_utf_8_is_read_as_it_was_written(text: str) -> None:
    assert decode(text.encode(), "text/html; charset=utf-8") == text


@pytest.mark.parametrize(
    "markup",
    [
        "<!-- <meta charset=koi8-r> -->",
        "<!-- a --><!-- -- > <meta charset=koi8-r> -->",
        '<meta name="description" content="text/html; charset=koi8-r">',
        '<meta http-equiv="refresh" content="9; charset=koi8-r">',
        '<meta data-charset="koi8-r">',
        '<link rel="stylesheet" href="a" charset="koi8-r">',
        "<p title='<meta charset=koi8-r>'>",
        "<script>a = '<meta charset=koi8-r>'</script>",
        "<title>On <meta charset=koi8-r></title>",
        "<style>/* <meta charset=koi8-r> */",
    ],
)
def test_what_only_looks_like_a_declaration_is_none(markup: str) -> None:
    html = f"{markup}<p>{TEXTS['de']}"
    assert decode(html.encode(), "text/html") == html
    assert decode(html.encode("cp1252"), "text/html") == html


@pytest.mark.parametrize(
    "markup",
    [
        "<META CONTENT='text/html; charset = windows-1251' HTTP-EQUIV=content-type>",
        '<meta/charset="windows-1251"/>',
        "<meta\ncharset\n=\n' windows-1251 '>",
        '<meta charset="windows-1251" charset="koi8-r">',
        '<meta charset="bogus"><meta charset="windows-1251"><meta charset="koi8-r">',
        '<meta name="a" content="b > c"><meta charset=windows-1251>',
        "<!--><meta charset=windows-1251><!-- -->",
        f"<!-- {'a' * 2_000} --><script>{'b' * 30_000}</script><meta charset=windows-1251>",
    ],
)
def test_a_real_declaration_is_found(markup: str) -> None:
    html = f"{markup}<p>ёлка"  # too short to be detected
    assert decode(html.encode("cp1251"), "text/html") == html


@pytest.mark.parametrize("content_type", ["text/html", "application/xhtml+xml"])
def test_an_xml_declaration_names_the_charset(content_type: str) -> None:
    html = '<?xml version="1.0" encoding="windows-1251"?>\n<p>ёлка'
    assert decode(html.encode("cp1251"), content_type) == html


def test_plain_text_declares_nothing() -> None:
    text = f"Write <meta charset=koi8-r>. {TEXTS['ru']}"
    assert decode(text.encode("cp1251"), "text/plain") == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_shows_in_its_markup(codec: str) -> None:
    html = f"<p>{TEXTS['de']}"
    assert decode(html.encode(codec), "text/html") == html


@pytest.mark.parametrize(
    ("body", "label", "text"),
    [
        pytest.param(b"\xad\xa1\xb7\xef\xad\xc0", "euc-jp", "①件㍉", id="nec-row-in-euc-jp"),
        pytest.param(b"\xfc\xe2\xb6\xb6\xad\xea", "euc-jp", "髙橋㈱", id="ibm-row-in-euc-jp"),
        pytest.param(b"\x1b$B-!7o\x1b(B <", "iso-2022-jp", "①件 <", id="nec-row-in-iso-2022-jp"),
        pytest.param(b"\xad\x3cp>", "euc-jp", "\ufffd<p>", id="a-tag-after-half-a-character"),
        pytest.param(b"5 \x80", "gbk", "5 €", id="euro-in-gbk"),
        pytest.param("㐂𠀀".encode("gb18030"), "gb2312", "㐂𠀀", id="four-bytes-in-gb2312"),
        pytest.param(b"\xa3\xe1\xf9\xd6", "big5", "€碁", id="microsoft's-big5"),
        pytest.param("嘅咗".encode("big5hkscs"), "big5", "嘅咗", id="hong-kong's-big5"),
        pytest.param(b"a\x81\x9d\x92s", "iso-8859-1", "a\x81\x9d’s", id="controls-in-windows-1252"),
        pytest.param("联通".encode("gbk"), "gbk", "联通", id="two-characters-that-are-utf-8-by-chance"),
    ],
)
def test_bytes_are_read_with_what_browsers_add_to_a_charset(body: bytes, label: str, text: str) -> None:
    assert decode(body, f"text/plain; charset={label}") == text


@pytest.mark.parametrize("codec", ["cp1252", "cp1251"])
@pytest.mark.parametrize("language", ["ru", "de", "cs"])
def test_utf_8_that_was_encoded_twice_is_mended(language: str, codec: str) -> None:
    text = TEXTS[language]
    twice = "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())
    assert decode(twice.encode(), "text/html; charset=utf-8") == text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(bytes(range(0x80, 0x100)) * 9, None, id="noise"),
        pytest.param(TEXTS["zh"].encode("hz"), "text/html; charset=hz-gb-2312", id="no-browser-reads-it"),
        pytest.param(f"<p>{'Lost � � � � letters. ' * 30}".encode(), None, id="lost-where-it-was-written"),
        pytest.param(f"{'Lost � � � � letters. ' * 30}".encode(), "text/plain", id="lost-in-plain-text"),
    ],
)
def test_what_no_charset_makes_readable_is_refused(body: bytes, content_type: str | None) -> None:
    with pytest.raises(NoArticle, match=r"letters cannot be read.* Paste the text"):
        extract_article(body, url=URL, content_type=content_type)


def test_a_few_broken_bytes_leave_a_page_what_it_declares() -> None:
    body = f"<p>{TEXTS['de']}".encode() + b" \xe9"
    assert decode(body, "text/html; charset=utf-8") == f"<p>{TEXTS['de']} \ufffd"


@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown"])
def test_a_text_without_markup_is_read_in_its_charset(content_type: str) -> None:
    article = extract_article(TEXTS["ru"].encode("koi8-r"), url=URL, content_type=content_type)
    assert article.text.split() == TEXTS["ru"].split()
