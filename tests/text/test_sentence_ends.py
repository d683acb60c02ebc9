"""A full stop after an abbreviation, an initial or an ordinal ends no sentence, and real ends stay."""

from __future__ import annotations

import pytest

from core.text.platforms import PLATFORMS
from core.text.sentences import sentences
from core.text.splitting import split

# Each text's sentences, divided by " | ".
TEXTS = [
    ("en", "The pool lost approx. 200 swimmers vs. the year before, i.e. a third. | Nobody came."),
    ("en", "Capt. Ada B. Lowe of the U.S. Coast Guard met Reps. Hill and Dale at 9 a.m. Eastern. | He left."),
    ("en", "The office on Main St. in Marlow closed. | It moved to St. Louis."),
    ("en", "He works at Acme Inc. | The firm is old. | Widget Corp. bought it."),
    ("en", "He came at 9 p.m. | He left at 10 p.m. Monday."),
    ("en", "They flew to the U.S. | The next day it rained."),
    ("en", "J. K. Rowling and George W. Bush met. | J.R.R. Tolkien did not."),
    ("en", "Lowe et al. found it, see Fig. 3 and No. 5. | Vol. II is lost. | He said no. | Then he left."),
    ("en", "Gov. Hill and Sen. Dale spoke. | Ann Poe, Ph.D., did not. | Martin King Jr. Day is near."),
    ("en", "It fell on Jan. 5 and Sept. 11. | It has apples, pears, etc. | Shops sell them."),
    ("en", "Vitamin C. | It helps. | Malcolm X. | He came."),
    ("en", "Use Python 3.11. | It works. | Run main.py. | Then exit. | See https://e.com/a.html. | Go."),
    ("en", "Yahoo! is a company. | Yahoo! Inc. was sold. | What?! | He ran. | “Really?” he asked. | Yes."),
    ("en", 'He said "no." | Then he left. | Well... maybe. | It was 5. | Five is odd.'),
    ("en", "At 50 km/h. | Meanwhile it rained. | iPhone sales rose. | eBay fell."),
    ("en", "i went home. | then i slept."),
    ("de", "Das ist z. B. gut, d. h. sehr gut. | Dr. Müller wohnt in der Hauptstr. 5. | Er kam."),
    ("de", "Am 3. Oktober ist frei, der 1. FC Köln spielt. | Im Jahr 2019. | Danach kam Nr. 5."),
    (
        "de",
        "Es gab ca. 50 bzw. 60 Brote, Käse usw. | Danach regnete es. | Friedrich II. | Er war alt.",
    ),
    ("de", "Im 19. Jahrhundert und am 5. 6. 2019 geschah es. | Im 2. Weltkrieg auch."),
    ("fr", "M. Dupont et Mme. Durand parlent, p. ex. de César. | Il mourut en 44 av. J.-C. | Il fut grand."),
    ("fr", "J. Le Pen et M. Le Clézio sont venus. | Voir p. 5, art. 3."),
    ("es", "El Sr. Pérez y la Sra. López de EE. UU. viven aquí. | Véase la pág. 5. | Ud. sabe. | ¿No? | Sí."),
    ("pt", "O Sr. Silva e a Dra. Costa viram o Exmo. Sr. Reis na pág. 3. | V. Ex.ª sabe. | Ele saiu."),
    ("it", "Il sig. Rossi e il dott. Verdi comprano pane, latte ecc. | Poi escono. | Vedi pag. 5."),
    ("nl", "Dhr. Jansen en mevr. de Vries kopen bijv. brood, melk enz. | Dat is o.a. goed."),
    ("pl", "Dr. Nowak mieszka przy ul. Długiej, tzn. tam. | W 2019 r. było źle. | To był 3. maja."),
    ("cs", "Přišel např. Novák 3. května. | Bylo to v r. 2019. | Potom odešel atd. | Pak šel ke sv. Janu."),
    ("sv", "Han kom t.ex. hit kl. 5. | Den 3. maj regnade det."),
    ("fi", "Hän tuli 3. toukokuuta esim. tänne. | Sitten hän lähti."),
    ("hu", "Dr. Kovács 2019. május 3. napján jött. | A nap szép volt."),
    (
        "tr",
        "19. yüzyılda Prof. Dr. Ahmet Bey yaşadı. | 3. gün bitti. | 1. Dünya Savaşı başladı.",
    ),
    ("vi", "TP. Hồ Chí Minh và TS. Nguyễn Văn An. | Ông đi."),
    ("id", "Drs. H. Ahmad tinggal di Jl. Merdeka No. 5. | Dia pergi."),
    ("ru", "В 2019 г. в Москве на ул. Ленина, т. е. там, пел хор. | Музей им. Пушкина закрыт."),
    ("ru", "А. С. Пушкин родился в 1799 г. | Потом он уехал. | Яблоки, груши и т. д. | Он их ел."),
    ("uk", "У 2019 р. в м. Київ на вул. Франка був т. зв. музей ім. Шевченка. | І. Франко жив там."),
    ("el", "Ο κ. Παππάς ήρθε π.χ. εδώ. | Τι κάνεις; | Καλά."),
    ("hi", "डॉ. शर्मा ने श्री. वर्मा और कु. गुप्ता को बुलाया। | वे आए। | वह आया है. | उसने कहा."),
    ("mr", "डॉ. पाटील आले. | ते गेले."),
    ("bn", "ড. রহমান ও মো. আলী এলেন। | তারা গেলেন।"),
    ("ta", "திரு. ராமன் வந்தார். | அவர் போனார்."),
    ("ar", "قال د. أحمد و أ.د. محمد ص. 5 كذا. | هل جاء؟ | نعم."),
    ("fa", "ص. ۵ را ببین. | آیا رفت؟ | بله."),
    ("ur", "وہ آئے۔ | کیا ہوا؟ | ہاں۔"),
    ("he", "ד\"ר כהן ופרופ' לוי באו. | הוא הלך."),
    ("th", "น.ส. มานี เกิด พ.ศ. 2560 และ ดร. สมชาย อยู่ กทม. ด้วย"),
    ("ko", "2019. 5. 3. 발표했다. | 그는 갔다."),
    ("hy", "Նա եկավ։ | Նա գնաց։"),
    ("am", "እሱ መጣ። | እሷ ሄደች።"),
    ("my", "သူလာ။ | သူသွား။"),
    ("km", "គាត់មក។ | គាត់ទៅ។"),
]
GLUED = [
    ("ja", "「はい。」と言った。|そうだ！|本当？|「うん。」|ところが彼は。"),
    ("zh", "他说：“走吧。”|然后走了。|真的？|「走吧！」他说。|是！"),
    ("km", "គាត់មក។|គាត់ទៅ។"),
]


@pytest.mark.parametrize(("language", "text"), TEXTS, ids=lambda value: value[:20])
def test_a_sentence_ends_where_a_reader_of_the_language_ends_it(language: str, text: str) -> None:
    expected = text.split(" | ")
    assert [part.text for part in sentences(" ".join(expected), language)] == expected


@pytest.mark.parametrize(("language", "text"), GLUED)
def test_a_sentence_ends_without_a_space_where_the_script_has_none(language: str, text: str) -> None:
    assert [part.text for part in sentences(text.replace("|", ""), language)] == text.split("|")


@pytest.mark.parametrize("mark", ["1.", "12.", "3)", "b."])
def test_a_number_before_an_item_in_the_line_is_no_sentence(mark: str) -> None:
    found = [part.text for part in sentences(f"Buy this. {mark} Milk from the dairy.")]
    assert [text for text in found if text == mark] == []


def test_a_sentence_longer_than_a_post_is_not_divided_after_an_abbreviation() -> None:
    names = "Capt. Ada B. Lowe of the U.S. Coast Guard with Rev. John Q. Smith Jr. of St. Louis "
    for max_length in range(40, 120):
        pieces = list(split(names * 5 + "met.", max_length=max_length, count=PLATFORMS["x"].count))
        assert [piece for piece in pieces[:-1] if piece.endswith(".")] == []
