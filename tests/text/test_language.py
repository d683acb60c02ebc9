"""The language of a text, which chooses the rules of sentence segmentation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text.language import guess

SAMPLES = {
    "en": "The river flooded the old town and the people of that town waited for boats.",
    "de": "Der Fluss ist über die Ufer getreten und die Menschen haben nicht mit dem Regen gerechnet.",
    "fr": "Les habitants de la ville sont dans une école qui est sur la colline, pour la nuit.",
    "es": "Los vecinos del pueblo esperan una respuesta para las familias que perdieron la casa por el agua.",
    "it": "Il fiume della città non è più nel suo letto, e gli abitanti sono con una barca che attende.",
    "pt": "Os moradores não têm uma casa, mas esperam ajuda dos vizinhos para voltar ao centro da cidade.",
    "nl": "Het water van de rivier is een gevaar dat niet alleen de stad raakt, zijn ook dorpen op de dijk.",
    "id": "Air sungai yang meluap dari hulu tidak surut, dan warga itu menunggu bantuan untuk desa ini.",
    "sv": "Floden och regnet är det som folk i staden talar om, och för många är det en svår tid på landet.",
    "pl": "Rzeka nie jest już w korycie i mieszkańcy nie wiedzą, jak wrócić do domu, bo woda się podnosi.",
    "tr": "Nehir ve yağmur çok güçlü, bir gün daha böyle olursa bu şehir için yardım da gerekir.",
    "ja": "大雨で川が町に流れ込んだ。人々は船で逃げた。",
    "zh": "大雨使河水淹没了老城，居民乘船离开。",
    "ko": "큰비로 강물이 도시에 넘쳤다.",
    "th": "น้ำท่วมเมืองเก่าหลังฝนตกหนัก",
    "ar": "غمر النهر المدينة القديمة بعد المطر.",
    "he": "הנהר הציף את העיר העתיקה.",
    "hi": "बारिश से नदी का पानी शहर में आया।",
    "el": "Το ποτάμι πλημμύρισε την παλιά πόλη.",
    "ru": "Река затопила старый город после дождей.",
    "hy": "Գետը հեղեղեց հին քաղաքը։",
    "ka": "მდინარემ ძველი ქალაქი დატბორა.",
    "am": "ወንዙ አሮጌውን ከተማ አጥለቀለቀ።",
    "bn": "নদীর জলে পুরনো শহর ডুবে গেছে।",
    "pa": "ਨਦੀ ਨੇ ਪੁਰਾਣਾ ਸ਼ਹਿਰ ਡੁਬੋ ਦਿੱਤਾ।",
    "gu": "નદીએ જૂનું શહેર ડુબાડી દીધું.",
    "ta": "ஆற்று வெள்ளம் பழைய நகரை மூழ்கடித்தது.",
    "te": "నది పాత నగరాన్ని ముంచెత్తింది.",
    "kn": "ನದಿಯು ಹಳೆಯ ನಗರವನ್ನು ಮುಳುಗಿಸಿತು.",
    "ml": "നദി പഴയ നഗരത്തെ വെള്ളത്തിലാക്കി.",
    "my": "မြစ်ရေသည် မြို့ဟောင်းကို လွှမ်းမိုးခဲ့သည်။",
    "km": "ទន្លេបានលិចទីក្រុងចាស់។",
}


@pytest.mark.parametrize("code", SAMPLES)
def test_the_language_of_a_sentence_is_detected(code: str) -> None:
    assert guess(SAMPLES[code]) == code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("1234 :-) 5,6", id="no-letters"),
        pytest.param("xyzzy plugh", id="no-known-word"),
        pytest.param("zu on", id="a-tie"),
    ],
)
def test_english_is_the_default(text: str) -> None:
    assert guess(text) == "en"


def test_a_foreign_name_does_not_change_the_language() -> None:
    assert guess(f"The mayor of 東京 said that the river is calm. {SAMPLES['en']}") == "en"


def test_kanji_among_kana_are_japanese() -> None:
    assert guess("東京都知事選挙は日本") == "zh"
    assert guess("東京都の知事選挙は日本で行われる") == "ja"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_has_a_two_letter_language(text: str) -> None:
    assert guess(text) in SAMPLES
