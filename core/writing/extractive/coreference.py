"""Whether a sentence leans on the one before it: without that one, its opening would point at nothing."""

from __future__ import annotations

import functools
import re

# Pronouns, demonstratives and connectives that open a sentence: patterns, "_" for a space, white space for
# "|". They end where a word ends, but not before a hyphen ("so-called"). "This week" points at the calendar.
_OPENERS = {
    "en": r"""
        he she it they him them his her hers its their theirs such both either neither
        the_(?:latter|former|same|two|pair)
        th(?:is|ese)(?!_(?:week|month|year|decade|morning|evening|day|summer|season)) that those another
        (?:the_)?others? each_of_them however but and or nor so(?!_far) yet also then therefore thus hence
        moreover furthermore besides meanwhile instead still nevertheless nonetheless otherwise likewise
        similarly conversely consequently accordingly afterwards? thereafter later additionally indeed
        though rather
        in_(?:addition|contrast|turn|fact|response|return|other_words|particular|doing_so|the_meantime)
        as_(?:a_result|a_consequence|such) on_the_(?:other_hand|contrary) by_(?:contrast|comparison)
        at_the_same_time
        (?:for|to|with|from|in|of|at|by|on|like|unlike|after|before|despite|because_of|thanks_to|due_to|as_for
        among|during|since|until|under|without|against|\w+_of)_(?:it|him|them|her(?=,)|that|those
        th(?:is|ese)(?!_(?:week|month|year|decade|morning|evening|day|summer|season)))
        (?:all|given)_th(?:is|ese)(?!_(?:week|month|year)) given_that(?=,)
        (?:since|until|by)_then (?:even|if)_so for_(?:example|instance) here here's_why not_only_that
        the_(?:following|next|previous)_(?:day|morning|evening|night) the_following_(?:week|month|year)
        (?:every|some|any|no)_?(?:one|body|thing)_there
    """,
    "de": r"""
        er sie es ihn ihm ihr ihre[mnrs]? sein seine[mnrs]? ihnen
        diese[mnrs]?(?!_(?:Woche|Monat|Jahr|Tage)) dies jene[mnrs]? solche[mnrs]?
        das_(?:ist|sind|war|waren|hat|hatte|wird|würde|kann|soll|heißt|bedeutet|gilt|zeigt|macht) beide
        aber doch jedoch und oder denn also auch dann dabei dadurch dafür dagegen daher damit danach
        daneben daran darauf daraus darin darüber darum davon davor dazu deshalb deswegen dennoch trotzdem
        allerdings außerdem zudem ferner hingegen indes indessen inzwischen stattdessen sonst somit so
        später anschließend des_weiteren zum_beispiel unterdessen gleichzeitig derweil hier dort
        andererseits im_gegensatz_dazu infolgedessen folglich ebenso letztere[rsn]? nichtsdestotrotz hinzu
        der_andere die_anderen? deren dessen (?:bei|mit|nach|von|zu)_ihr
        (?:an|auf|aus|bei|dank|durch|für|gegen|in|mit|nach|neben|ohne|seit|trotz|über|unter|von|vor|während
        wegen|zu)_(?:ih(?:m|n|nen)|jene[mnrs]?
        diese[mnrs]?(?!_(?:Woche|Monat|Jahr|Tage|Sommer|Herbst|Winter|Frühjahr)))
    """,
    "fr": r"""
        il elle ils elles lui leurs? son sa ses
        (?:ce|cet|cette|ces)(?!_(?:lundi|mardi|jeudi|vendredi|matin|soir|semaine|année)) cela ça
        cel(?:ui|les?)(?:-ci|-là)? ceux(?:-ci|-là)? c'\w+ mais et ou or donc car cependant pourtant
        toutefois néanmoins aussi ainsi alors puis ensuite enfin de_plus en_outre par_ailleurs
        par_conséquent en_revanche au_contraire d'autre_part d'ailleurs en_effet par_exemple
        pendant_ce_temps (?:malgré|après|pour)_cela tous_deux les_deux l'autre les_autres une?_autre
        de_même là à_l'inverse dès_lors
    """,
    "es": r"""
        él ella ellos ellas ello sus?
        est[aeo]s?(?!_(?:lunes|martes|jueves|viernes|domingo|año|mes|semana)) es[aeo]s? aquel(?:l[ao]s?)?
        tal(?:es)? amb[ao]s pero y e o sin_embargo no_obstante además también entonces luego después
        por_(?:eso|ello|tanto|lo_tanto|otra_parte|otro_lado|ejemplo|el_contrario) (?:aun_)?así en_cambio
        mientras_tanto asimismo incluso de_hecho en_consecuencia como_resultado al_mismo_tiempo
        (?:el_|la_|los_|las_)?otr[ao]s? allí ahí pese_a_ello
    """,
    "it": r"""
        lui lei egli ella ess[aeio] loro il_suo la_sua i_suoi le_sue quest[aeio] quest'\w+
        quel(?:l[aeio])? quegli quei ciò entramb[ei] ma ed? o però tuttavia inoltre anche poi allora
        quindi perciò dunque pertanto così infatti invece intanto nel_frattempo (?:ad|per)_esempio
        d'altra_parte al_contrario di_conseguenza nonostante_ciò per_questo eppure un_altro un'altra
        gli_altri l'altr[ao] tal[ei]
    """,
    "pt": r"""
        eles? elas? seus? suas? (?:n?est|n?ess|(?:n|d)?aquel)(?:as?|es?) isso isto aquilo ta(?:l|is)
        amb[ao]s mas e ou porém contudo todavia entretanto no_entanto além_d(?:isso|isto) também então
        depois por_isso portanto assim logo ainda_assim em_vez_disso enquanto_isso
        por_(?:exemplo|outro_lado) pelo_contrário como_resultado d(?:ess|est)a_forma
        (?:[oa]s?_)?outr[ao]s? apesar_disso lá
    """,
    "nl": r"""
        hij zij ze het_(?:is|was|heeft|had|wordt|kan|gaat) hem haar hun zijn deze(?!_(?:week|maand)) dit
        die dat zulke beide maar en of echter toch ook dan toen daarom dus
        daar(?:door|na|naast|bij|mee|op|voor)? bovendien verder intussen ondertussen niettemin desondanks
        in_plaats_daarvan bijvoorbeeld aan_de_andere_kant vervolgens later immers daarentegen
        tegelijkertijd een_ander de_andere hier(?:door|mee)?
    """,
    "sv": r"""
        han hon det (?:den|de)_(?:är|var|har|hade|kan|ska|blir) dem hans hennes dess deras denn[ae] detta
        dessa sådana båda men och eller dock ändå också sedan därför därmed därefter dessutom vidare
        emellertid samtidigt (?:i_|i)stället till_exempel å_andra_sidan däremot således alltså
        följaktligen trots_det senare en_annan ett_annat (?:den|det|de)_andra där här så då
    """,
    "pl": r"""
        on ona ono oni one jego jej ich ten ta to ci te tamten taki taka takie tacy obaj oba obie ale lecz
        i a oraz lub jednak jednakże także również też wtedy następnie potem dlatego zatem (?:tak_)?więc
        ponadto co_więcej poza_tym tymczasem zamiast_tego mimo_to na_przykład z_drugiej_strony
        w_rezultacie w_związku_z_tym natomiast później inny inna tam tak
    """,
    "tr": r"""
        o onlar onun onların bu bunlar bunun şu şunlar böyle böylece ama fakat ancak ve veya yine_de
        ayrıca üstelik dahası sonra daha_sonra bundan_sonra ardından bu_nedenle bu_yüzden dolayısıyla
        öte_yandan buna_karşın buna_rağmen örneğin mesela bunun_yerine aynı_zamanda bu_arada oysa çünkü
        diğeri bir_diğer (?:her_)?ikisi_de
    """,
    "id": r"""
        d?ia mereka beliau ini itu tersebut hal_(?:ini|itu|tersebut) demikian begitu keduanya tetapi tapi
        namun dan atau akan_tetapi meski_(?:begitu|demikian) juga selain_itu kemudian lalu setelah_itu
        (?:oleh_)?karena_itu maka jadi sementara_itu sebaliknya misalnya contohnya di_sisi_lain akibatnya
        dengan_demikian bahkan itulah inilah yang_lain di_sana
    """,
    "ru": r"""
        он она оно они его её ее их им ему ей эт(?:о|от|а|и|ого|ом|ой|им) тот та те то так(?:ой|ая|ие|ое)?
        об[ае] но и а или однако также тоже тогда затем потом поэтому следовательно итак таким_образом
        кроме_того более_того при_этом тем_не_менее между_тем вместо_этого например с_другой_стороны
        в_результате впрочем зато напротив после_этого позже друг(?:ой|ая|ие) там
    """,
    "hi": r"""
        यह वह ये वे इस इसके इसका इसकी इसे इन इनके उस उसके उसने उन उनके उन्होंने उन्हें लेकिन मगर परंतु किंतु
        और या इसलिए हालांकि फिर साथ_ही दूसरी_ओर
    """,
    "ko": r"""
        그(?:는|가|의|녀\w*|들\w*|것\w*)? 이(?:는|것\w*|들\w*|에|러한|로|와_함께)? 그러나 하지만 그래서
        그런데 그리고 따라서 또 또한 한편 반면 이어 이후 예를_들어 즉
    """,
    "ar": r"""
        و?(?:هو|هي|هم|هن|هما|هذا|هذه|ذلك|تلك|هؤلاء|لكن\w{0,3}|كان|كانت|كانوا|بل) ثم أيضا أيضًا كما كذلك
        و?لذلك و?لذا إلا_أن غير_أن و?مع_ذلك بالإضافة_إلى_ذلك إضافة_إلى_ذلك من_ناحية_أخرى على_سبيل_المثال
        نتيجة_لذلك و?في_المقابل و(?:أضافت?|قالت?|أكدت?|أشارت?|أوضحت?|تابعت?|يعد|يأتي|جاء) بينما كلاهما
    """,
}
# The same where no spaces stand between words: these end anywhere.
_UNSPACED = {
    "zh": r"""
        他 她 它 牠 这 這 那 此 其 该 該 但 不过 不過 然而 因此 因而 所以 于是 於是 另外 另一 而 并且 並且
        同时 同時 随后 隨後 之后 之後 例如 比如 相反 总之 總之 前者 后者 後者 两者 兩者 也 又 还 還 则 則
        可是 况且 尽管如此 儘管如此
        (?:[对對为為与與从從在由据據除就]|因[为為]|由[于於]|[尽儘]管)(?:此|这|這|那(?!不勒斯)|他|她|它|牠)
    """,
    "ja": r"""
        彼 それ これ あれ その この あの そこ ここ そう[しすな] こう[しす] しかし だが ただ でも けれど
        また さらに すると したがって つまり 例えば たとえば 一方 なお ところが とはいえ
        同[社氏日県省市時] ちなみに しかも だから なぜなら 両者 前者 後者 と[言語述話]
    """,
}
# Whoever is quoted is named only by a pronoun: “…,” he said.
_SPEAKERS = {
    "en": r"[\"”’»] (?:(?:he|she|they) (?:\w+ )?\w+(?:ed|s|d|ote)|(?:said|says|added) (?:he|she|they))\b"
    r"|, (?:he|she|they) (?:said|says|added|told|wrote)\b[^,]*$|^\W*(?:\w+ ){1,3}(?:said|says|added)\.$",
    "de": r"[\"“”«‘], (?:so (?:er|sie)\b|(?:sagte?|erklärte?|meinte?|betonte?) (?:er|sie)\b)",
    "fr": r"[\"”»]?, (?:a-t-(?:il|elle)|ont-(?:ils|elles)|dit-(?:il|elle))\b",
}
_NOTHING = r"(?!)"
_BEFORE_WORDS = re.compile(r"^[\W_]+")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_ONLY_QUOTED = re.compile(r"[\"“„«「『][^\"“”„«»「」『』]*[\"“”»」』][.!?…]?")


def needs_antecedent(sentence: str, language: str = "en") -> bool:
    """Whether it cannot open a post unless the sentence before it came directly before.

    It opens with a word that points back (`language` is an ISO 639-1 code; of some nothing is known), goes
    on in lower case, or is a quotation whose speaker is not named.
    """
    bare = _BEFORE_WORDS.sub("", sentence.replace("’", "'"), count=1)
    opener, speaker = _patterns(language[:2].lower())
    first = _FIRST_WORD.match(bare)
    return bool(
        (first and first[0].islower() and first[0] != first[0].title())  # Georgian is all lower
        or opener.match(bare)
        or speaker.search(sentence)
        or _ONLY_QUOTED.fullmatch(sentence)
    )


@functools.cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    spaced = "|".join(_OPENERS.get(code, _NOTHING).split()).replace("_", " ")
    unspaced = "|".join(_UNSPACED.get(code, _NOTHING).split())
    opener = rf"(?:{spaced})(?![\w-])|(?:{unspaced})"
    return re.compile(opener, re.IGNORECASE), re.compile(_SPEAKERS.get(code, _NOTHING))
