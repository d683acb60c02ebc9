"""Which sentences need the one before them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.writing.extractive.coreference import needs_antecedent

NEED_ANTECEDENT = {
    "en": [
        "He left.",
        "It’s late.",
        "“This was the fourth time,” said Singh.",
        "… However, the rain stopped.",
        "The latter won.",
        "For example, boats.",
        "Some of them drowned.",
        "- Another fell.",
        "Even so, it rained.",
        "If so, rain fell.",
        "Given that, Ann left.",
        "All this hurts.",
        "None of this is new.",
        "Since then, rain fell.",
        "Until then, rain fell.",
        "In that year, rain fell.",
        "With him, Ann left.",
        "Thanks to him, Ann left.",
        "As for him, rain fell.",
        "The following day, rain fell.",
        "Everyone there left.",
        "A short time later, officers stopped a car.",
        "Two days later, rain fell.",
        "Hours earlier the river rose.",
        "At the time, rain fell.",
        "On the bright side, his run was long.",
        "In a statement, she thanked Ann.",
    ],
    "de": [
        "Er ging.",
        "Darüber hinaus regnet es.",
        "Das ist neu.",
        "Dieser Fluss steigt.",
        "Trotz dieser Flut blieb Ann.",
        "Bei ihm regnet es.",
        "Nach diesem Spiel regnet es.",
        "Mit ihr ging Ann.",
        "Deren Haus steht.",
        "Wenige Stunden später stieg der Fluss.",
        "Zwei Tage zuvor regnete es.",
        "In einer Mitteilung dankte er Ann.",
    ],
    "fr": [
        "Elle part.",
        "C’est tard.",
        "D’autre part, il pleut.",
        "Cette ville dort.",
        "Deux jours plus tard, il pleut.",
    ],
    "es": ["Ellos se fueron.", "Sin embargo, llueve.", "Este puente cierra.", "Dos días después, llueve."],
    "it": ["Lui parte.", "Tuttavia piove.", "Quest’acqua sale.", "Due giorni dopo piove."],
    "pt": ["Ela saiu.", "No entanto, chove.", "Essa ponte fecha.", "Dois dias depois, chove."],
    "nl": ["Hij vertrok.", "Bovendien regent het.", "Deze brug sluit.", "Twee dagen later regent het."],
    "sv": ["Hon gick.", "Dessutom regnar det.", "Denna bro stängs."],
    "pl": ["Jego dom stoi.", "Jednak pada.", "Ta rzeka rośnie."],
    "tr": ["Onlar gitti.", "Bu nedenle kapandı.", "Ancak yağmur durdu."],
    "id": ["Mereka pergi.", "Selain itu hujan turun.", "Namun sungai naik."],
    "ru": ["Он ушёл.", "Однако дождь прошёл.", "Этот мост закрыт."],
    "zh": [
        "他们离开了。",
        "但是雨停了。",
        "“这座桥关闭了。”他说。",
        "对此，雨停了。",
        "为此，桥关闭了。",
        "与此同时，雨停了。",
        "从那以后，雨停了。",
        "由于这个原因，桥关闭了。",
        "在这里，雨停了。",
    ],
    "ja": ["彼は去った。", "しかし雨はやんだ。", "同社は黙っている。"],
    "ar": ["وهو كبير.", "لكنه قال لا.", "هذا الجسر مغلق."],
    "hi": ["यह पुल बंद है।", "लेकिन बारिश रुकी।"],
    "ko": ["그는 떠났다.", "그러나 비가 그쳤다."],
}
NEED_NONE = {
    "en": [
        "Theresa May won.",
        "This week the river rose.",
        "So-called experts left.",
        "iPhone sales fell.",
        "So far",
        "Given that rain fell, Ann left.",
        "With her boat, Ann left.",
        "In this week’s vote, Ann won.",
        "All it takes is rain.",
        "All those who voted won.",
        "Volker later said that rain fell.",
        "Two years before the war, rain fell.",
        "When the rain stopped, he left.",
        "In Ann’s house, nobody slept.",
    ],
    "de": ["Das Haus steht.", "Erst kam der Regen.", "In diesem Jahr regnet es.", "Nach Ihringen fährt Ann."],
    "fr": ["Cesar dort.", "Ce lundi, la ville dort.", "Les deuxièmes partent."],
    "es": ["Este lunes llueve.", "Estela canta."],
    "zh": ["北京下雨了。", "在那不勒斯，雨停了。"],
    "ja": ["東京は雨だ。"],
    "ar": ["وزير الخارجية وصل."],
    "ko": ["이순신은 이겼다."],
    "ka": ["მდინარემ ქალაქი დატბორა."],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(sentence, language) for language, sentences in table.items() for sentence in sentences]


@pytest.mark.parametrize(("sentence", "language"), cases(NEED_ANTECEDENT))
def test_openers_that_point_back_need_an_antecedent(sentence: str, language: str) -> None:
    assert needs_antecedent(sentence, language)


@pytest.mark.parametrize(("sentence", "language"), cases(NEED_NONE))
def test_words_that_only_look_like_openers_need_no_antecedent(sentence: str, language: str) -> None:
    assert not needs_antecedent(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        pytest.param("he went home.", True, id="lower-case"),
        pytest.param("“I went home.”", True, id="no-speaker-named"),
        pytest.param("“I went home,” she said.", True, id="speaker-a-pronoun"),
        pytest.param("The boats are late, he said.", True, id="reported"),
        pytest.param("Sanborn said.", True, id="tag-alone"),
        pytest.param("The boats are late, the harbour agency said.", True, id="a-known-agency"),
        pytest.param("The boats are late, the Harbour Agency said.", False, id="an-agency-by-name"),
        pytest.param("“I went home,” Sanborn said.", False, id="speaker-named"),
        pytest.param("“Boats” is a book by Sanborn.", False, id="a-name-in-quotes"),
        pytest.param("When it rained, he stayed.", False, id="pronoun-inside"),
        pytest.param("", False, id="empty"),
        pytest.param("…", False, id="no-word"),
    ],
)
def test_quotations_need_an_antecedent_unless_their_speaker_is_named(sentence: str, expected: bool) -> None:
    assert needs_antecedent(sentence) is expected


@pytest.mark.parametrize(
    ("sentence", "language", "expected"),
    [
        pytest.param("Courts, however, have ruled.", "en", True, id="however"),
        pytest.param("The rain and the snow, however short, hurt.", "en", False, id="however-short"),
        pytest.param("The roof, too, is new.", "en", True, id="too"),
        pytest.param("Kilns that burn wood are another factor.", "en", True, id="another"),
        pytest.param("Rain hit Bonn and another town.", "en", False, id="another-within"),
        pytest.param("My favorite part of both is rain.", "en", True, id="both"),
        pytest.param("Rain fell in both towns.", "en", False, id="both-towns"),
        pytest.param("Naturally, I let her have the boat.", "en", True, id="her"),
        pytest.param("Ann said nobody told her.", "en", False, id="her-named"),
        pytest.param("Die Opposition kritisierte dagegen den Plan.", "de", True, id="de"),
        pytest.param("Le maire, en revanche, a refusé.", "fr", True, id="fr"),
        pytest.param("La oposición, sin embargo, votó en contra.", "es", True, id="es"),
        pytest.param("L’opposizione, invece, ha votato contro.", "it", True, id="it"),
        pytest.param("A oposição, no entanto, votou contra.", "pt", True, id="pt"),
        pytest.param("De oppositie stemde echter tegen.", "nl", True, id="nl"),
        pytest.param("Оппозиция, однако, голосовала против.", "ru", True, id="ru"),
        pytest.param("Muhalefet ise plana karşı çıktı.", "tr", True, id="tr"),
        pytest.param("야당 역시 반대했다.", "ko", True, id="ko"),
        pytest.param("विपक्ष ने भी विरोध किया।", "hi", True, id="hi"),
        pytest.param("رفضت المعارضة أيضا الخطة.", "ar", True, id="ar"),
    ],
)
def test_words_within_a_sentence_refer_back(sentence: str, language: str, expected: bool) -> None:
    assert needs_antecedent(sentence, language) is expected


def test_other_languages_have_no_openers() -> None:
    assert not needs_antecedent("He left.", "xx")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40), st.sampled_from([*NEED_ANTECEDENT, "xx", ""]))
def test_opening_marks_change_nothing(text: str, language: str) -> None:
    word = f"Word {text}".rstrip('.?!…"“”„«»「」『』')
    assert needs_antecedent(f"— … {word}", language) is needs_antecedent(word, language)
