"""Walls, block pages, errors, logins and cookie notices are refused; stories with the same words are not."""

from __future__ import annotations

import pytest

from core.article.extraction import extract_article
from core.errors import NoArticle, Paywall

URL = "https://news.example.com/pool"
STORY = """<p>The town opened its old pool again on Saturday, after a bakery next door gave the heat of its
ovens to warm the water. Some three hundred people came, and a band played.</p><p>The council had closed the
pool two years ago because gas had become too expensive. A pipe of forty metres now does what the boiler did,
and the engineers say that it will last for thirty years.</p>"""
LOST = "<p>You may have typed the address wrongly, or it may have moved to another place since. " * 2 + "</p>"


def page(body: str, *, title: str = "A bakery heats the pool", head: str = "", around: str = "") -> bytes:
    html = f"<title>{title}</title>{head}</head><body>{around}<main><article>{body}</article></main>"
    return f"<!doctype html><html><head>{html}</body></html>".encode()


def text_of(html: bytes) -> str:
    return extract_article(html, url=URL).text


WALLS = """
Subscribe to continue reading.
Subscribe now to keep reading this story
To continue reading, log in or create an account.
Sign in or subscribe to continue reading
This article is for subscribers only.
This story is exclusive to our members
This content is available only to paid subscribers.
This post is for paying subscribers
You have reached your monthly limit of free articles.
You've read all your free stories this month
Want to keep reading? Choose a plan.
Keep reading with a free account
Become a member to read this story
Create a free account to continue reading
Unlock this article for 1 dollar
Subscription required
Jetzt weiterlesen mit Plus
Dieser Artikel ist nur für Abonnenten lesbar
Testen Sie Plus vier Wochen, um weiterzulesen
Il vous reste 75.4% de cet article à lire. La suite est réservée aux abonnés.
Article réservé aux abonnés
Pour lire la suite, abonnez-vous
Contenido exclusivo para suscriptores
Suscríbete para seguir leyendo
Conteúdo exclusivo para assinantes
Per continuare a leggere, abbonati
Om verder te lezen heb je een abonnement nodig
Материал доступен только подписчикам
本文为付费内容，订阅后可阅读全文
この記事は有料会員限定です。
この記事は有料記事です。残り1234文字
Continue reading your article with a subscription
The author made this story available to members only.
Thank you for your patience while we verify access.
Please subscribe or log in to read the rest of this article.
Sign up for free to keep reading
The rest of this article is only available to subscribers
Read the full story with a subscription
You need a subscription to read this article
Access to this article requires a subscription
Subscribers only: read on
Mit Plus+ weiterlesen
Registrieren Sie sich, um weiterzulesen
Jetzt Artikel freischalten
Inscrivez-vous pour lire la suite
Este contenido es exclusivo para suscriptores
Esta matéria é exclusiva para assinantes
Per leggere l'articolo completo, abbonati
Dit artikel is alleen voor abonnees
Läs hela artikeln - bli prenumerant
Denne saken er for abonnenter
Artykuł dostępny tylko dla prenumeratorów
Чтобы читать дальше, оформите подписку
残り 1,200文字
""".strip().splitlines()


@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize(
    "place", ["<p>%s</p>", "</article><div class=offer><h2>%s</h2><button>See offers</button></div>"]
)
def test_a_wall_behind_a_short_text_is_a_paywall(wall: str, place: str) -> None:
    with pytest.raises(Paywall):
        text_of(page(STORY + place.replace("%s", wall)))


@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize("place", ["<header>%s</header>", "<nav><p>%s</p></nav>", "<aside>%s</aside>"])
def test_a_wall_in_a_menu_hides_no_article(wall: str, place: str) -> None:
    around = place.replace("%s", f"{wall} Already a subscriber? Log in")
    html = page(STORY, around=around).replace(b"</main>", f"</main><footer>{wall}</footer>".encode())
    assert text_of(html).endswith("thirty years.")


@pytest.mark.parametrize(
    "sentence",
    [
        "The paper asks readers to subscribe to continue reading, and many do.",
        "“This article is for subscribers only,” the screen said, so the mayor read it in the library.",
        "The paper put up a wall: subscribe to continue reading, it says.",
        "The court ruled that a site must not hide that a story is reserved for subscribers.",
        "She had reached her monthly limit of free articles and went for a swim.",
        "Already a subscriber? Log in",
        "Subscribe today and get unlimited access",
        "You have 2 free articles left this month",
        "Want to read more? Here is our story about the bakery.",
        "To read the full report, go to the library.",
        "Sign up to read our newsletter every Friday.",
        "Subscribe to keep up with the news of the pool.",
        "Weiterlesen: Noch ein Hallenbad macht auf",
        "Lire la suite de notre dossier",
        "Bereits Abonnent? Anmelden",
        "Déjà abonné ? Se connecter",
    ],
)
def test_a_whole_story_with_such_words_is_an_article(sentence: str) -> None:
    assert "thirty years." in text_of(page(f"{STORY}<p>{sentence}</p>"))


@pytest.mark.parametrize(
    "hint", ["Already a subscriber? Log in", "Start your free trial", "Sei già abbonato?"]
)
@pytest.mark.parametrize(
    "end", ["and the engineers say that it will", "and the engineers …", "and the [...]"]
)
def test_a_text_that_ends_within_a_sentence_before_an_offer_is_a_paywall(hint: str, end: str) -> None:
    cut = STORY.split("and the engineers")[0] + f"{end}</p>"
    with pytest.raises(Paywall):
        text_of(page(f"{cut}<p>{hint}</p>"))


LOCK = '"@type": "NewsArticle", "isAccessibleForFree": false'


@pytest.mark.parametrize(
    ("facts", "body", "is_start"),
    [
        pytest.param("", STORY, False, id="whole"),
        pytest.param('"wordCount": 80', STORY, False, id="as-many-words"),
        pytest.param('"wordCount": "900"', STORY, True, id="more-words"),
        pytest.param("", STORY.partition("</p>")[0], True, id="short"),
        pytest.param("", STORY.replace("thirty years.", "thirty…"), True, id="ellipsis"),
        pytest.param(
            '"hasPart": {"cssSelector": ".rest"}', f"<div class=rest>{STORY}</div>", False, id="part"
        ),
        pytest.param(
            '"hasPart": {"cssSelector": ".rest"}', f"{STORY}<div class=rest></div>", True, id="empty-part"
        ),
        pytest.param('"hasPart": [{"cssSelector": "#rest"}]', STORY, True, id="missing-part"),
        pytest.param("", f"{STORY}<p>Log in to read more", True, id="offer"),
    ],
)
def test_what_is_not_free_is_refused_where_the_text_really_ends(
    facts: str, body: str, is_start: bool
) -> None:
    head = f'<script type="application/ld+json">{{{", ".join(filter(None, (LOCK, facts)))}}}</script>'
    if is_start:
        with pytest.raises(Paywall):
            text_of(page(body, head=head))
    else:
        assert "thirty years." in text_of(page(body, head=head))


MISSING = """
404
404 Not Found
404 error
410 Gone
Error 404
Error 404 (Not Found)!!1
Error code: 404
HTTP Status 404 – Not Found
404 - Page not found
404 | Page not found
Page not found | Marlow Post
Page Not Found – 404
Oops! That page can’t be found
The page you requested could not be found
This page isn't available
Service Unavailable
503 Service Temporarily Unavailable
Seite nicht gefunden
Fehler 404
Page introuvable
Página no encontrada
Página não encontrada
Pagina non trovata
Pagina niet gevonden
Sidan kunde inte hittas
Siden blev ikke fundet
Sivua ei löytynyt
Nie znaleziono strony
Stránka nenalezena
Страница не найдена
Sayfa bulunamadı
Halaman tidak ditemukan
Không tìm thấy trang
الصفحة غير موجودة
页面不存在
ページが見つかりません
페이지를 찾을 수 없습니다
""".strip().splitlines()
BLOCKED = """
Just a moment...
Attention Required! | Cloudflare
Access Denied
403 Forbidden
Access to this page has been denied.
Are you a robot?
Bloomberg - Are you a robot?
Robot or human?
Pardon Our Interruption
Human Verification
Security check
Verify you are human
One more step
DDoS-Guard
Sucuri WebSite Firewall - Access Denied
Zugriff verweigert
Доступ запрещён
访问被拒绝
""".strip().splitlines()
LOGINS = """
Log in or sign up to view
Facebook – log in or sign up
Log in to Facebook
LinkedIn: Log In or Sign Up
Sign Up | LinkedIn
Log in to X / X
Login • Instagram
Sign in
Bitte melden Sie sich an
Connexion
Iniciar sesión
请先登录
""".strip().splitlines()


@pytest.mark.parametrize("title", MISSING)
def test_a_page_that_says_that_there_is_nothing_is_refused(title: str) -> None:
    with pytest.raises(NoArticle, match="nothing here"):
        text_of(page(LOST, title=title))
    with pytest.raises(NoArticle, match="nothing here"):
        text_of(page(f"<h1>{title}</h1>{LOST}", title="Marlow Post"))


@pytest.mark.parametrize("title", BLOCKED)
def test_a_page_that_refuses_programs_is_refused(title: str) -> None:
    reference = "<p>You don't have permission to access this page on this server. Reference #18.2d351ab8</p>"
    with pytest.raises(NoArticle, match="human"):
        text_of(page(reference + LOST, title=title))


@pytest.mark.parametrize("title", LOGINS)
def test_a_login_is_refused(title: str) -> None:
    form = "<p>Email or phone number, password. Forgotten account? Create new account.</p>"
    with pytest.raises(NoArticle, match="log in"):
        text_of(page(form + LOST, title=title))


@pytest.mark.parametrize(
    "notice",
    [
        "Checking your browser before you go on. Enable JavaScript and cookies to continue. Ray ID: 7d8f1c2",
        "news.example.com needs to review the security of your connection before proceeding. Performance & "
        "security by Cloudflare. Verifying you are human. This may take a few seconds.",
        "We've detected unusual activity from your computer network. To continue, please click the "
        "box below to "
        "let us know you're not a robot. Please make sure your browser supports JavaScript and "
        "cookies and that "
        "you are not blocking them from loading. For inquiries related to this message please contact us.",
        "Please enable JS and disable any ad blocker to go on to the page that you have asked for, "
        "thank you. "
        "This request was blocked by the security rules. Incident ID: 107-33",
        "Press & hold to confirm you are a human (and not a bot), then the page will open by itself and you "
        "can read on. Reference ID 2f6b1e90-aa11",
        "Sorry, you have been blocked. You are unable to access example.com. This website is using "
        "a service to "
        "protect itself from online attacks. Cloudflare Ray ID: 8f1. The action you just performed "
        "triggered it.",
    ],
)
def test_a_bot_check_is_known_by_its_text(notice: str) -> None:
    with pytest.raises(NoArticle):
        text_of(page(f"<p>{notice}</p>", title="news.example.com"))


@pytest.mark.parametrize(
    "notice",
    [
        "<p>We use cookies. Some are needed, and others help us to count visits. Accept all, or "
        "choose in our "
        "cookie settings. You can change your choices at any time in our privacy policy.</p>",
        "<h1>Before you continue</h1><p>We use cookies and data to deliver and maintain services and track "
        "outages. If you choose to “Accept all,” we will also use cookies and data to deliver and "
        "measure ads. "
        "If you choose to “Reject all,” we will not use cookies for these purposes.</p>",
        "<p>We and our 237 partners store and access information on a device, such as unique IDs "
        "in cookies. You "
        "may accept or manage your choices, including your right to object where legitimate "
        "interest is used. "
        "These choices will be signaled to our partners and will not affect browsing data.</p>",
        "<p>When you use our sites, we use cookies to provide them to you. If you click “Accept "
        "all”, we and our "
        "partners will also store and access personal information on your device for personalised ads.</p>",
        "<p>Wir und unsere Partner verwenden Cookies, um Inhalte und Anzeigen zu messen. Mit einem Klick auf "
        "„Alle akzeptieren“ geben Sie Ihre Einwilligung. Sie können Ihre Auswahl jederzeit ändern.</p>",
        "<p>Nous et nos partenaires utilisons des cookies pour mesurer l'audience de ce site. Vous pouvez "
        "changer vos choix à tout moment, ou tout accepter. Votre consentement est valable six mois.</p>",
    ],
)
def test_a_cookie_notice_is_refused(notice: str) -> None:
    with pytest.raises(NoArticle, match="cookie notice"):
        text_of(page(notice, title="Marlow Post"))


@pytest.mark.parametrize(
    "title",
    [
        "Access denied: how a village lost its beach",
        "Access denied: blind passengers wait for ramps",
        "Page not found: the library that lost its oldest book",
        "404 Media raises money",
        "404 swimmers came to the pool",
        "Peugeot 404: sixty years of a car",
        "Peugeot 404",
        "Room 410",
        "Boeing 410",
        "AD 410",
        "5404",
        "US$404 for a towel",
        "410 kilometres for a swim",
        "Just a moment with the mayor",
        "Just a moment: a minute of silence at the pool",
        "Are you a robot? A town tests its new lifeguard",
        "Are you human enough for the job?",
        "Forbidden love in Marlow",
        "Robot or human: who saves more swimmers?",
        "Security check at the pool takes an hour",
        "Service unavailable to half of the town after a storm",
        "Captcha turns twenty-five",
        "Why Cloudflare blocked a whole country",
        "Log in or sign up? Most people do neither",
        "Sign in the window says open",
        "Cookies for everyone: the bakery opens",
        "Your consent, please: a play about a pool",
        "Login fees anger swimmers",
        "This page is not for turning",
        "Not found in any map",
        "Seite an Seite",
        "The website is down, and nobody minds",
        "JavaScript turns thirty",
    ],
)
def test_a_story_whose_headline_begins_like_a_notice_is_an_article(title: str) -> None:
    article = extract_article(page(f"<h1>{title}</h1>{STORY}", title=f"{title} | Marlow Post"), url=URL)
    assert article.title in (title, f"{title} | Marlow Post")


@pytest.mark.parametrize(
    "sentence",
    [
        "The council thanked our partners from the bakery. Without our local partners there would "
        "be no pipe.",
        "The site showed “404 not found” for hours. “The page does not exist,” it told visitors.",
        "Swimmers who book must solve this captcha: how many ducks? “Are you a robot?” asks the page.",
        "The regulator wants “Reject all” beside “Accept all”. Sites that use cookies must ask for consent.",
        "The booking page needs JavaScript. Please enable JavaScript, it says, and nobody knows why.",
        "“You have been blocked,” the gate said to the mayor. His card had no permission to access the pool.",
        "Facebook told him to log in or sign up. He forgot his password and went for a swim.",
        "The bakery sells cookies, and it gives its cookie settings, as it calls the recipe, to everyone.",
    ],
)
def test_a_story_about_such_notices_is_an_article(sentence: str) -> None:
    assert "thirty years." in text_of(page(STORY.replace("<p>The council", f"<p>{sentence} The council")))


@pytest.mark.parametrize("name", ["Peugeot 404", "Room 410", "Group 5404", "The 404 bus", "$410 coat"])
def test_a_short_text_about_a_thing_with_such_a_number_is_an_article(name: str) -> None:
    story = (
        f"<p>{name} was new in 1960, when the pool was built. {name} has four doors, as everybody knows.</p>"
    )
    story += f"<p>In Marlow {name} is still loved by many. Nobody has ever seen {name} in the rain.</p>"
    assert text_of(page(f"<h1>{name}</h1>{story}", title=f"{name} | Marlow Post")).count(name) >= 3


@pytest.mark.parametrize("number", ["404", "410"])
def test_a_long_text_whose_title_is_only_such_a_number_is_an_article(number: str) -> None:
    years = [f"<p>In {number} family {n} left the town, and nobody knew why.</p>" for n in range(25)]
    year = "".join(years)
    assert "nobody knew why" in text_of(page(f"<h1>{number}</h1>{year}", title=number))
    with pytest.raises(NoArticle, match="nothing here"):
        text_of(page(f"<h1>{number} Not Found</h1>{year}", title=f"{number} Not Found"))


def test_a_text_that_hides_behind_scripts_says_so() -> None:
    with pytest.raises(NoArticle, match="needs a browser"):
        text_of(
            page("<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>")
        )
