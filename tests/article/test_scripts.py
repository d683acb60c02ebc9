"""Raised and lowered text as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from core.article.scripts import write_formulas, write_scripts


def written(markup: str) -> str:
    tree = html.fromstring(f"<div><p>{markup}</p></div>")
    write_formulas(tree)
    write_scripts(tree)
    return str(tree.text_content())


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>6</sup> or 10<sup>-9</sup>", "10⁶ or 10⁻⁹"),
        ("3x10<sup>8</sup> and 2<sup>32</sup>", "3x10⁸ and 2³²"),
        ("25\n m<sup>2</sup>, 9 ft<sup>3</sup>, 5 kg/m<sup>3</sup>", "25\n m², 9 ft³, 5 kg/m³"),
        ("E = mc<sup>2</sup>; <i>x</i><sup>2</sup>; (x+1)<sup>2</sup>", "E = mc²; x²; (x+1)²"),
        ("x<sup>n+1</sup> and e<sup>iπ</sup> and A<sup>T</sup>", "xⁿ⁺¹ and e^(iπ) and A^T"),
        ("x<sub>i</sub><sup>2</sup>, T<sub>max</sub>, x<sub>i+1</sub>", "x_i², T_max, x_(i+1)"),
        (
            "H<sub>2</sub>O, SO<sub>4</sub><sup>2−</sup>, <sup>14</sup>C, Na<sup>+</sup>",
            "H₂O, SO₄²⁻, ¹⁴C, Na⁺",
        ),
        ("1<sup>st</sup>, 4<sup>e</sup>, 2<sup>a</sup>, n<sup>o</sup> 5", "1st, 4e, 2ª, nº 5"),
        ("M<sup>me</sup> Lowe, XIX<sup>e</sup> siècle, D<sup>r</sup> Hill", "Mme Lowe, XIXe siècle, Dr Hill"),
        ("Ferry<sup>TM</sup> and Boat<sup>®</sup>", "Ferry™ and Boat®"),
        ("1<sup>1</sup>/<sub>2</sub> and <sup>3</sup>⁄<sub>4</sub>", "1 1/2 and 3⁄4"),
        ("$19<sup>99</sup> and 19<sup>,99</sup> €", "$19.99 and 19,99 €"),
        ("our new<sup>beta</sup> app", "our new beta app"),
        (
            "in 2019<sup>3</sup>, 9,120<sup>4</sup>, 12%<sup>5</sup>, COVID-19<sup>6</sup>",
            "in 2019, 9,120, 12%, COVID-19",
        ),
        ("the word<sup>2</sup>, the UK<sup>3</sup>, “so”<sup>4</sup>", "the word, the UK, “so”"),
    ],
)
def test_a_script_is_an_exponent_an_ordinal_or_the_mark_of_a_note(markup: str, text: str) -> None:
    assert written(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<math><mi>E</mi>\n<mo>=</mo> <msup><mi>mc</mi> <mn>2</mn></msup></math>", "E = mc²"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        (
            "<math><msqrt><mi>x</mi></msqrt><msubsup><mi>y</mi><mn>1</mn><mn>2</mn></msubsup></math>",
            "√(x)y₁²",
        ),
        (
            "<span class=katex><span><math><mi>x</mi><annotation>\\x</annotation></math></span>"
            "<span class=katex-html>x</span></span>",
            "x",
        ),
    ],
)
def test_a_formula_is_told_once_and_in_plain_text(markup: str, text: str) -> None:
    assert written(f"So {markup} holds.") == f"So {text} holds."


@given(
    st.text("ab1(√-+ ,.*[nth", max_size=14), st.text("ab1(-$ ", max_size=14), st.sampled_from(["sup", "sub"])
)
def test_what_stands_around_a_script_is_untouched(text: str, base: str, tag: str) -> None:
    told = written(f"{base}|<{tag}>{text}</{tag}> after")
    assert told.startswith(f"{base}|")
    assert told.endswith(" after")
