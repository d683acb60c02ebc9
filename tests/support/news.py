"""Small news articles in many languages, with sentences that need others."""

from __future__ import annotations

from core.article.article import Article

LINK = "https://example.com/bridge"
COUNT = 24  # facts of an article

# By language: a title, a lead, a fact, a sentence that refers back to it, and a quotation of nobody by name.
NEWS = {
    "en": (
        "Harbour bridge closes",
        "The council closed the harbour bridge on Monday for eighteen months of repairs.",
        "Engineer number {n} counted {m} cracks in girder {k} of the bridge.",
        "She called the damage in section {n} serious.",
        "“We had no choice at all in section {n},” she said.",
    ),
    "de": (
        "Hafenbrücke gesperrt",
        "Der Stadtrat hat die Hafenbrücke am Montag für achtzehn Monate sperren lassen.",
        "Ingenieurin Nummer {n} zählte {m} Risse im Träger {k} der Brücke.",
        "Sie nannte den Schaden in Abschnitt {n} schwer.",
        "„In Abschnitt {n} hatten wir keine andere Wahl“, sagte sie.",
    ),
    "fr": (
        "Le pont du port ferme",
        "Le conseil municipal a fermé lundi le pont du port pour dix-huit mois de travaux.",
        "L’ingénieure numéro {n} a compté {m} fissures dans la poutre {k} du pont.",
        "Elle juge graves les dégâts de la section {n}.",
        "« Nous n’avions pas le choix dans la section {n} », a-t-elle dit.",
    ),
    "es": (
        "Cierra el puente del puerto",
        "El ayuntamiento cerró el lunes el puente del puerto por dieciocho meses de obras.",
        "La ingeniera número {n} contó {m} grietas en la viga {k} del puente.",
        "Ella calificó de graves los daños de la sección {n}.",
        "«No teníamos otra opción en la sección {n}», dijo.",
    ),
    "pt": (
        "Fecha a ponte do porto",
        "A câmara fechou na segunda-feira a ponte do porto para dezoito meses de obras.",
        "A engenheira número {n} contou {m} fissuras na viga {k} da ponte.",
        "Ela considera graves os danos da secção {n}.",
        "“Não tínhamos outra opção na secção {n}”, disse ela.",
    ),
    "it": (
        "Chiude il ponte del porto",
        "Il comune ha chiuso lunedì il ponte del porto per diciotto mesi di lavori.",
        "L’ingegnere numero {n} ha contato {m} crepe nella trave {k} del ponte.",
        "Lei ritiene gravi i danni della sezione {n}.",
        "«Non avevamo altra scelta nella sezione {n}», ha detto.",
    ),
    "nl": (
        "Havenbrug gaat dicht",
        "De gemeenteraad heeft de havenbrug maandag voor achttien maanden laten sluiten.",
        "Ingenieur nummer {n} telde {m} scheuren in balk {k} van de brug.",
        "Zij noemt de schade in deel {n} ernstig.",
        "“We hadden geen keus in deel {n}”, zei zij.",
    ),
    "ru": (
        "Мост в порту закрыт",
        "Городской совет в понедельник закрыл портовый мост на восемнадцать месяцев ремонта.",
        "Инженер номер {n} насчитала {m} трещин в балке {k} моста.",
        "Она назвала повреждения участка {n} серьёзными.",
        "«На участке {n} у нас не было выбора», — сказала она.",
    ),
    "ja": (
        "港の橋が閉鎖",
        "市議会は月曜日、港の橋を十八か月の修理のために閉鎖し、車の通行を全面的に禁止した。",
        "第{n}班の技師は橋の桁{k}で{m}本の亀裂を数えた。",
        "彼女は区画{n}の損傷を深刻だとした。",
        "「区画{n}では選択の余地がなかった」と述べた。",
    ),
    "zh": (
        "港口大桥关闭",
        "市议会星期一宣布关闭港口大桥，进行为期十八个月的维修工程，所有车辆都必须绕道行驶。",
        "第{n}号工程师在大桥的{k}号梁上数出了{m}条裂缝。",
        "她说第{n}段的损坏很严重。",
        "“我们在第{n}段没有别的选择，”她说。",
    ),
    "ko": (
        "항구 다리 폐쇄",
        "시의회는 월요일 항구 다리를 열여덟 달 동안의 수리를 위해 폐쇄하고 차량 통행을 금지했다.",
        "기술자 {n}번은 다리의 들보 {k}에서 균열 {m}개를 세었다.",
        "그는 구간 {n}의 손상이 심각하다고 보았다.",
        "“구간 {n}에서는 선택의 여지가 없었다”고 말했다.",
    ),
    "ar": (
        "إغلاق جسر الميناء",
        "أغلق مجلس المدينة يوم الاثنين جسر الميناء لمدة ثمانية عشر شهرا من الإصلاحات.",
        "أحصت المهندسة رقم {n} عدد {m} من الشقوق في العارضة {k} من الجسر.",
        "وأضافت أن الأضرار في القسم {n} خطيرة.",
        "«لم يكن لدينا خيار في القسم {n}» قالت.",
    ),
    "hi": (
        "बंदरगाह का पुल बंद",
        "नगर परिषद ने सोमवार को बंदरगाह का पुल अठारह महीने की मरम्मत के लिए बंद कर दिया।",
        "इंजीनियर संख्या {n} ने पुल के गर्डर {k} में {m} दरारें गिनीं।",
        "उन्होंने खंड {n} की क्षति को गंभीर बताया।",
        "“हमारे पास खंड {n} में कोई विकल्प नहीं था,” उन्होंने कहा।",
    ),
    "th": (
        "ปิดสะพานท่าเรือ",
        "สภาเมืองปิดสะพานท่าเรือเมื่อวันจันทร์เพื่อซ่อมแซมเป็นเวลาสิบแปดเดือน",
        "วิศวกรหมายเลข {n} นับรอยร้าวได้ {m} แห่งในคาน {k} ของสะพาน",
        "เธอกล่าวว่าความเสียหายในส่วนที่ {n} รุนแรง",
        "“เราไม่มีทางเลือกในส่วนที่ {n}”",
    ),
    "tr": (
        "Liman köprüsü kapandı",
        "Belediye meclisi liman köprüsünü pazartesi günü on sekiz aylık onarım için kapattı.",
        "{n} numaralı mühendis köprünün {k} numaralı kirişinde {m} çatlak saydı.",
        "Bunlar {n} numaralı bölümde çok ciddi.",
        "“{n} numaralı bölümde başka seçeneğimiz yoktu” dedi.",
    ),
}


def news(language: str, facts: int = COUNT) -> Article:
    """The lead, and that many facts, each a paragraph with what refers back to it."""
    title, lead, *sentences = NEWS[language]
    space = "" if language in ("ja", "zh") else "\n" if language == "th" else " "
    paragraphs = [
        space.join(each.format(n=n * 37, m=n * 101, k=n * 7919) for each in sentences)
        for n in range(1, facts + 1)
    ]
    return Article(text="\n".join([lead, *paragraphs]), title=title, url=LINK, language=language)
