"""A text of 60 Chinese characters says as much as one of 150 letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.article.extraction import extract_article
from core.errors import NoArticle
from core.text.information import information


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pool", 4),
        ("温水泳池", 10),
        ("おんすい", 10),
        ("プール", 7.5),
        ("수영장", 7.5),
        ("สระน้ำ", 6),
        ("ရေကူး", 5),
        ("бассейн", 7),
        ("温水 pool", 10),
        ("", 0),
    ],
)
def test_a_dense_character_counts_as_two_and_a_half(text: str, expected: float) -> None:
    assert information(text) == expected


@given(st.text(), st.text())
def test_two_texts_together_say_what_they_say_apart(first: str, second: str) -> None:
    assert information(first + second) == information(first) + information(second)


@pytest.mark.parametrize(
    ("sentence", "least"),
    [
        pytest.param("温水泳池将于下月一日重新开放，市民可免费入场。", 3, id="Chinese"),
        pytest.param("温水プールは来月一日に再び開きます。", 4, id="Japanese"),
        pytest.param("온수 수영장이 다음 달 다시 문을 엽니다.", 4, id="Korean"),
        pytest.param("สระน้ำอุ่นจะเปิดอีกครั้งในเดือนหน้า", 5, id="Thai"),
        pytest.param("The warm pool opens again next month.", 4, id="English"),
    ],
)
def test_the_least_length_of_an_article_is_a_measure_of_information(sentence: str, least: int) -> None:
    def page(sentences: int) -> bytes:
        return f"<html><body><article><p>{sentence * sentences}</p></article></body></html>".encode()

    assert extract_article(page(least), url="https://example.com/").text
    with pytest.raises(NoArticle):
        extract_article(page(1), url="https://example.com/")
