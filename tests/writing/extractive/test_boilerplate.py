"""Boilerplate of a page is distinguished from its text."""

from __future__ import annotations

import pytest

from core.text.sentences import sentences
from core.writing.extractive.boilerplate import content_mask, prepared, without_datelines

TEXT = [
    "The council closed the bridge.",
    "Engineers found cracks in it.",
    "Nine thousand cars cross it a day.",
]


def kept(*lines: str, title: str = "") -> list[str]:
    parts = sentences("\n".join(lines))
    return [part.text for part, kept in zip(parts, content_mask(parts, title), strict=True) if kept]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Image copyright Getty Images", id="credit"),
        pytest.param("Photo: A. Person / Agency.", id="photo"),
        pytest.param("Read more: Ten bridges that closed.", id="read-more"),
        pytest.param("Sign up for our newsletter.", id="newsletter"),
        pytest.param("Follow us on every network!", id="follow"),
        pytest.param("© 2026 The Paper. All rights reserved.", id="rights"),
        pytest.param("Lesen Sie auch: Zehn Brücken.", id="german"),
        pytest.param("อ่านเพิ่มเติม: สะพานสิบแห่ง.", id="thai"),
        pytest.param("What the mayor says", id="heading"),
        pytest.param("THE WEEKLY LETTER, FREE.", id="capitals"),
        pytest.param("4:14 p.m.", id="time-of-day"),
        pytest.param("| 12 | 40 girders. | 3 |", id="table"),
        pytest.param("Harbour Bridge Closes!", id="title-again"),
        pytest.param("- forty girders", id="item-of-nothing"),
        pytest.param("Bridge protest (in pictures)", id="ends-with-a-bracket"),
        pytest.param("Who pays for that?", id="question-without-answer"),
        pytest.param("The mayor declined to comment.", id="says-nothing"),
        pytest.param("For more information, please visit www.paper.example.", id="site"),
        pytest.param("Mehr steht unter https://paper.example/mehr.", id="address"),
        pytest.param("Escribe a redaccion@paper.example.", id="mail"),
        pytest.param("Home » News » Harbour » The bridge", id="breadcrumbs"),
        pytest.param("These streets are closed:", id="announces-what-is-gone"),
    ],
)
def test_boilerplate_is_left_out(line: str) -> None:
    assert kept(TEXT[0], line, "More to come", *TEXT[1:], title="Harbour bridge closes") == TEXT


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Image is everything for the council.", id="no-credit"),
        pytest.param("Subscribers wrote letters.", id="longer-word"),
        pytest.param("The bridge closes on Monday.", id="part-of-title-only"),
    ],
)
def test_text_that_looks_like_boilerplate_is_kept(line: str) -> None:
    assert line in kept(*TEXT, line, title="Harbour bridge closes")


def test_an_announced_list_is_kept() -> None:
    assert kept(*TEXT, "These streets are closed:", "- Quay Street", "- Dock Road")[3:] == [
        "These streets are closed:",
        "- Quay Street",
        "- Dock Road",
    ]


def test_lines_without_full_stops_are_text_where_most_have_none() -> None:
    lines = [line.rstrip(".") for line in TEXT]
    assert kept(*lines) == lines


def test_headings_go_where_a_list_has_as_many_lines_as_the_text() -> None:
    dates = [f"June {n} -- Harbour Hall, Old Town" for n in range(1, 20)]
    long = [
        f"{line.removesuffix('.')}, as the council said in its report of the spring." for line in TEXT * 4
    ]
    assert kept(*long, *dates) == long


def test_what_a_press_office_says_of_itself_is_no_text() -> None:
    assert kept(*TEXT, "About Bridgeworks", "Bridgeworks is a global leader in bridges.") == TEXT
    assert kept(TEXT[0], "About the mayor", *TEXT[1:]) == TEXT


def test_what_stands_before_the_title_is_no_text() -> None:
    lines = [f"{line.removesuffix('.')} in the spring of year {n}." for n in range(3) for line in TEXT]
    assert (
        kept("Phones take pictures at night.", "Harbour bridge closes", *lines, title="Harbour Bridge closes")
        == lines
    )


def test_an_item_that_says_something_stands_alone_without_its_mark() -> None:
    item = "Forty of the girders were replaced in the spring of last year."
    assert [part.text for part in prepared(sentences(f"{TEXT[0]}\n- {item}\n- two"))] == [
        TEXT[0],
        item,
        "- two",
    ]


@pytest.mark.parametrize(
    "dateline",
    [
        "SAN FRANCISCO (AP) — ",
        "(Reuters) — ",
        "VIENNA — ",
        "NEW DELHI: ",
        "SIOUX FALLS, S.D. – ",
        "(CNN)",
        "Tokyo (CNN) ",
        "Vienna — ",
        "NEW DELHI, Nov 18 (Reuters) - ",
        "BEIJING, Nov. 18 (Xinhua) -- ",
        "NEW YORK, Nov. 18, 2019 /PRNewswire/ -- ",
        "NEW YORK--(BUSINESS WIRE)--",
        "New York, NY – ",
        "Berlin/München (dpa/tmn) - ",
        "Madrid, 18 nov (EFE).- ",
        "Paris (AFP) – ",
        "(ANSA) - ROMA, 18 NOV - ",
        "Brasília (Agência Brasil) - ",
        "DEN HAAG (ANP) - ",
        "МОСКВА, 18 ноя — РИА Новости. ",
        "МОСКВА, 18 ноября. /ТАСС/. ",
        "ANKARA (AA) - ",
        "القاهرة (رويترز) - ",
        "नई दिल्ली, 18 नवंबर (भाषा) ",
        "新华社北京11月18日电（记者王某）",
        "【東京=共同】",
        "【福岡共同】",
        "Wien – ",
        "[서울=뉴시스] 홍길동 기자 = ",
        "(서울=연합뉴스) 홍길동 기자 = ",
        "（东京讯）",
    ],
)
def test_datelines_go(dateline: str) -> None:
    assert without_datelines(f"A deck\n{dateline}{TEXT[0]}\n{TEXT[1]}") == "\n".join(TEXT[:2])


@pytest.mark.parametrize(
    "text",
    [
        "NASA said that the bridge stands.",
        "The company — a big one — left.",
        "HSBC – the bank – closed.",
        "Q: What is it?",
        "In Paris (France) the council met.",
        "U.S. officials (all) said so.",
        "The council (AP) met.",
        "[The Palace] The bridge",
        "Paris: The city of light.",
        "John (Smith) is here.",
        "In London, Paris and Rome – The story.",
    ],
)
def test_what_only_looks_like_a_dateline_stays(text: str) -> None:
    assert without_datelines(f"{TEXT[0]}\n{text}") == f"{TEXT[0]}\n{text}"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("The opinions here are not those of Harbour News or its owners.", id="site"),
        pytest.param("We asked the council and will update this article when it answers.", id="article"),
        pytest.param("Dieser Beitrag erschien zuerst in einer Zeitung.", id="german"),
    ],
)
def test_the_publisher_speaks_at_the_end_and_not_in_the_text(line: str) -> None:
    parts = sentences("\n".join([*TEXT, line]))
    assert content_mask(parts, "A bridge", "Harbour News") == [True] * 3 + [False]
    assert content_mask(sentences("\n".join([line, *TEXT])), "A bridge", "Harbour News")[0]


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        pytest.param("Harbour News moves", [*TEXT, "Harbour News prints the plans."], id="about-the-site"),
        pytest.param("A bridge", [*TEXT, "“Harbour News was there,” said the mayor."], id="quotation"),
        pytest.param("A bridge", [*TEXT * 2, "Harbour News was there.", *TEXT], id="paragraph-before"),
        pytest.param("A bridge", [TEXT[0], "Harbour News was there.", TEXT[1]], id="first-half"),
    ],
)
def test_a_site_that_the_article_is_about_is_text(title: str, lines: list[str]) -> None:
    assert all(content_mask(sentences("\n".join(lines)), title, "Harbour News"))
