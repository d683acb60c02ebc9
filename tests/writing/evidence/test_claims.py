"""What a text says otherwise than its source is found, and what it says in other words is not."""

from __future__ import annotations

import pytest

from core.writing.evidence.examination import examine
from core.writing.evidence.source import SourceText

STORY = (
    "Some 12 women and 30 men were taken out by boat on Tuesday, said Mayor John Smith in March 2019. "
    "“We were not warned of the flood,” he told Reuters. The dam, built in 1931, did not break. Repairs "
    "cost $40 million, half of it from the United States. The firm plans an initial public offering in "
    "Nov. 2020. Anna Berg of the Red Cross spoke of 400 737 Max jets that fly for 5½ hours. The season "
    "2022/23 had 15 wins in 20 games."
)
SOURCE = SourceText(STORY, "en", "A flood in Ohio")


def claims_of(text: str, source: SourceText = SOURCE) -> list[tuple[str, str]]:
    return [(claim.kind, claim.written) for claim in examine(text, source).claims]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        pytest.param("The dam, built in 1937, did not break.", ("numbers", "1937"), id="year"),
        pytest.param("Repairs cost $70 million.", ("numbers", "$70 million"), id="amount"),
        pytest.param("Repairs cost $40 billion.", ("numbers", "$40 billion"), id="scale"),
        pytest.param("Repairs cost 40%.", ("numbers", "40%"), id="unit"),
        pytest.param("30 women and 12 men were taken out by boat.", ("numbers", "12"), id="swapped"),
        pytest.param("Boats brought 12 men to safety.", ("numbers", "12"), id="of-another-noun"),
        pytest.param("It had 1931 wins in 20 games.", ("numbers", "1931"), id="number-from-elsewhere"),
        pytest.param("They were taken out by boat on Friday.", ("dates", "Friday"), id="weekday"),
        pytest.param("John Smith said so in May 2019.", ("dates", "May"), id="month"),
        pytest.param("“We were not warned,” Mary Jones told Reuters.", ("names", "Jones"), id="name"),
        pytest.param("Said Mayor Anna Berg in March 2019.", ("names", "Anna"), id="other-person"),
        pytest.param(
            "“We were warned of the flood,” he said.",
            ("quotations", "We were warned of the flood,"),
            id="quotation",
        ),
        pytest.param("The dam, built in 1931, did break.", ("negations", "not"), id="no-not"),
        pytest.param("Repairs did not cost $40 million.", ("negations", "not"), id="a-not"),
        pytest.param(
            "He never told Reuters: “We were not warned of the flood”", ("negations", "never"), id="never"
        ),
    ],
)
def test_one_wrong_word_is_found(text: str, claim: tuple[str, str]) -> None:
    assert claim in claims_of(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("42 people were taken out by boat.", id="sum"),
        pytest.param("A dozen women were taken out.", id="dozen"),
        pytest.param("Repairs cost 40 million dollars, 50% of it from the US.", id="units-and-acronym"),
        pytest.param("Half the $40m comes from America.", id="half-and-alias"),
        pytest.param("An IPO is planned for November 2020.", id="initials-and-month"),
        pytest.param("The dam didn't break. It was built in 1931.", id="contraction"),
        pytest.param("Smith, the mayor, said “we were not warned”.", id="part-of-a-quotation"),
        pytest.param("“We were not warned … of the flood,” Smith said.", id="left-out"),
        pytest.param("737 Max jets fly for five and a half hours or 5.5.", id="max"),
        pytest.param("In 2023 the season ended: 75% of games won.", id="season-and-share"),
        pytest.param("About $40 million. The flood hit Ohio.", id="heading"),
        pytest.param("The dam held: it did not break.", id="not-kept"),
        pytest.param("Anna Berg works for the Red Cross.", id="names"),
    ],
)
def test_faithful_words_are_no_claim(text: str) -> None:
    assert claims_of(text) == []


MORE = (
    "“Come to the hall. You will be safe there,” Dr. Rosa Delgado said at 1.03pm. The Commission fined Acme "
    "€4.34bn in its twelfth case, which cost $17 a share; the shares trade at 62 cents. The mill opened in "
    "1966 and shut in 2022. Heathrow measured 48F. The firm ran no trains and cannot go on without help. "
    "Sensex hit "
    "40,816.38. Of 7,500 people 80% left. It began on 5 January 2026 in the "
    "14th century town near the Pacific."
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("At 13:03 Delgado spoke.", id="time"),
        pytest.param("It is the 12th case against Acme.", id="ordinal"),
        pytest.param("Acme was fined €4.34 billion.", id="passive"),
        pytest.param("The mill ran for 56 years.", id="years-between"),
        pytest.param("Heathrow measured 9°C.", id="degrees"),
        pytest.param("The firm can only go on with help.", id="two-negations"),
        pytest.param("The firm cancelled all trains.", id="says-not"),
        pytest.param("Sensex hit 40,816.", id="without-decimals"),
        pytest.param("About 6,000 of 7,500 people left.", id="share-of-a-number"),
        pytest.param("It began on 5.1.2026.", id="date"),
        pytest.param("The town of the 1300s is near the Pacific Ocean.", id="century"),
        pytest.param("The shares fell from $17 to $0.62, by over 96%.", id="change-between-units"),
        pytest.param("‘Come to the hall. You will be safe there,’ said Delgado.", id="single-marks"),
    ],
)
def test_other_forms_are_no_claim(text: str) -> None:
    assert claims_of(text, SourceText(MORE, "en")) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("The Commission fined Acme €4.34bn in its third case.", "numbers", id="ordinal"),
        pytest.param("“Come to the hall,” Dr. Tom Delgado said.", "names", id="behind-an-abbreviation"),
        pytest.param(
            "‘Come to the hall. You will be alone there,’ she said.", "quotations", id="single-marks"
        ),
        pytest.param("The firm ran trains and cannot go on without help.", "negations", id="one-negation"),
    ],
)
def test_other_forms_are_claims_where_they_differ(text: str, kind: str) -> None:
    assert kind in [each for each, _ in claims_of(text, SourceText(MORE, "en"))]


def test_a_text_full_of_numbers_is_compared_with_a_bounded_part() -> None:
    source = SourceText("5°C " * 3_000, "en")
    assert len(source.passages[0].figures) == 1
    assert len(examine("6°F " * 70 + "7. 8. " * 60, source).claims) <= 20


def test_every_sentence_of_the_source_is_borne_out_whole() -> None:
    for sentence in STORY.split(". "):
        examined = examine(sentence, SOURCE)
        assert (examined.support, examined.claims) == (1.0, ())


@pytest.mark.parametrize(
    ("language", "source", "right", "wrong"),
    [
        pytest.param(
            "de",
            "Am Dienstag kamen 12 Leute.",
            "12 Leute kamen dienstags.",
            "Am Montag kamen 12 Leute.",
            id="de",
        ),
        pytest.param(
            "fr",
            "Il est venu en mars avec 3 amis.",
            "En mars, il est venu avec trois amis.",
            "Il est venu en mai avec 3 amis.",
            id="fr",
        ),
        pytest.param(
            "es",
            "El lunes no llegaron 45 cartas.",
            "Las 45 cartas no llegaron el lunes.",
            "El lunes llegaron 45 cartas.",
            id="es",
        ),
        pytest.param(
            "ru",
            "Он не приехал в марте 2020 года.",
            "В марте 2020 года он не приехал.",
            "Он приехал в марте 2020 года.",
            id="ru",
        ),
        pytest.param(
            "ja",
            "川は3日に氾濫し、120人が避難した。",
            "120人が避難した。",
            "川は3日に氾濫し、150人が避難した。",
            id="ja",
        ),
    ],
)
def test_other_languages_are_held_to_their_source(language: str, source: str, right: str, wrong: str) -> None:
    text = SourceText(source, language)
    assert claims_of(right, text) == []
    assert claims_of(wrong, text) != []


def test_of_a_translation_numbers_and_dates_compare() -> None:
    good = examine("Am Dienstag wurden 12 Frauen gerettet, im März 2019.", SOURCE, translated=True)
    bad = examine("Am Montag wurden 13 Frauen gerettet.", SOURCE, translated=True)
    assert good.claims == ()
    assert [claim.written for claim in bad.claims] == ["Montag", "13"]
    assert bad.support < good.support
