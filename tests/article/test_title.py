"""A title is the article's: without the name of the site, and never that name alone."""

from __future__ import annotations

import pytest

from core.article.extraction import extract_article

URL = "https://www.marlow-post.com/pool"
BODY = """<p>The town opened its old pool again on Saturday, after a bakery next door gave the heat of its
ovens to warm the water. Some three hundred people came, and a band played until the evening.</p>"""
TITLE = "A bakery heats the pool"
H1 = f"<h1>{TITLE}</h1>"
LOGO = '<header><h1 class="site-title"><a href="/">Marlow Post</a></h1></header>'


def title_of(head: str, *, before: str = "", url: str = URL) -> str | None:
    top, _, rest = before.partition("<article>")
    body = f"<body>{top}<article>{rest}{BODY * 2}</article></body>"
    html = f"<!doctype html><html><head>{head}</head>{body}</html>"
    return extract_article(html.encode(), url=url).title


def og(kind: str, content: str) -> str:
    return f'<meta property="og:{kind}" content="{content}">'


@pytest.mark.parametrize(
    "separator",
    [
        " | ",
        " - ",
        " – ",
        " — ",
        " · ",
        " • ",
        " » ",
        " :: ",
        " / ",
        " _ ",
        "｜",
        ": ",
        " : ",
        " ‒ ",
        " − ",
        " \\ ",
    ],
)
@pytest.mark.parametrize(
    "site", ["Marlow Post", "Marlow-Post", "Post: Marlow", "The Marlow Post", "M&amp;P News"]
)
@pytest.mark.parametrize("order", ["first", "last"])
def test_the_name_of_the_site_comes_off_either_end(separator: str, site: str, order: str) -> None:
    parts = [site, TITLE] if order == "first" else [TITLE, site]
    head = f"<title>{separator.join(parts)}</title>{og('site_name', site)}"
    assert title_of(head) == TITLE
    assert title_of(head, before=f"<article>{H1}") == TITLE


@pytest.mark.parametrize(
    ("head", "before"),
    [
        pytest.param("<title>%s | Marlow Post</title>", LOGO, id="logo"),
        pytest.param("<title>Marlow Post - %s</title>", LOGO, id="logo-first"),
        pytest.param(
            "<title>%s - Marlow Post</title>", LOGO + f"<article><h2>{TITLE}</h2>", id="logo-and-heading"
        ),
        pytest.param(
            "<title>%s - Marlow Post</title>", '<div><a href="/">Marlow Post</a></div>', id="start-page"
        ),
        pytest.param("<title>%s – marlow-post.com</title>", "", id="host"),
        pytest.param("<title>%s – Marlow Post</title>", "", id="name-of-the-host"),
        pytest.param("<title>%s | Town | Marlow</title>", f"<article>{H1}", id="section-and-unknown-site"),
        pytest.param("<title>News: Town » %s « Marlow</title>", f"<article>{H1}", id="between"),
        pytest.param("<title>(3) %s | Marlow Post</title>", "", id="counter"),
        pytest.param("<title>\n %s\n |\n Marlow Post\n</title>", "", id="line-breaks"),
        pytest.param(f"<title>Marlow Post</title>{og('title', 'Home')}", f"<article>{H1}", id="generic"),
        pytest.param(
            f"<title>%s</title>{og('title', 'Marlow Post – All the news')}", f"<article>{H1}", id="slogan"
        ),
        pytest.param(f"<title>%s</title>{og('title', 'Home')}", "", id="generic-and-no-heading"),
        pytest.param("<title>Marlow Post</title>", LOGO + f"<article><h2>{TITLE}</h2>", id="heading-only"),
        pytest.param("", LOGO + f"<article>{H1}", id="no-title"),
        pytest.param(f"<title>%s</title>{og('title', 'A bakery heats the…')}", "", id="cut-short"),
        pytest.param(
            '<title>%s</title><meta name="application-name" content="%s">',
            f"<article>{H1}",
            id="misused-name",
        ),
        pytest.param(
            '<title>%s ~ Marlow</title><script type="application/ld+json">'
            '{"@type": "NewsArticle", "headline": "%s",'
            '"publisher": {"name": "Marlow"}}</script>',
            "",
            id="publisher",
        ),
    ],
)
def test_the_title_is_what_title_metadata_and_headings_agree_on(head: str, before: str) -> None:
    assert title_of(head.replace("%s", TITLE), before=before) == TITLE


@pytest.mark.parametrize(
    "title",
    [
        "Spider-Man: Far from home",
        "Q&amp;A: Why the pool is warm",
        "Part 1 | The fall",
        "Post office closes - again",
        "Marlow: a town and its pool",
        "Home: why we go back",
        "Post-war pools – a history",
        "Pools / ponds / rivers",
        "3: The number of the pool",
        "[Update] Pool opens",
        "Who pays? | Who swims?",
        "The Fall: Post",
    ],
)
@pytest.mark.parametrize("suffix", ["", " | Marlow Post", " - Marlow Post"])
@pytest.mark.parametrize("heading", ["", "<article><h1>%s</h1>"])
def test_no_part_of_a_title_is_taken_for_a_site(title: str, suffix: str, heading: str) -> None:
    head = f"<title>{title}{suffix}</title>{og('site_name', 'Marlow Post')}"
    assert title_of(head, before=heading.replace("%s", title)) == title.replace("&amp;", "&")


@pytest.mark.parametrize(
    ("title", "before", "expected"),
    [
        pytest.param(
            "温水泳池下月重开_本地新闻_新浪网",
            "<article><h1>温水泳池下月重开</h1>",
            "温水泳池下月重开",
            id="Chinese",
        ),
        pytest.param("温水プール再開－マーロー新聞", "", "温水プール再開－マーロー新聞", id="unknown"),
        pytest.param(
            "温水プール再開 | マーロー新聞",
            LOGO.replace("Marlow Post", "マーロー新聞"),
            "温水プール再開",
            id="Japanese",
        ),
        pytest.param("AT&amp;amp;T buys the pool", "", "AT&T buys the pool", id="encoded-twice"),
        pytest.param("A &lt;b&gt;warm&lt;/b&gt; pool", "", "A warm pool", id="markup"),
        pytest.param("Opinion | Let us swim", "<article><h1>Let us swim</h1>", "Let us swim", id="section"),
        pytest.param(
            "Opinion | Let us swim", "", "Opinion | Let us swim", id="label-that-nothing-contradicts"
        ),
    ],
)
def test_a_title_is_read_in_every_script_and_coding(title: str, before: str, expected: str) -> None:
    assert title_of(f"<title>{title}</title>", before=before) == expected


@pytest.mark.parametrize(
    "heading",
    [
        pytest.param("<h1 class=sr-only>%s</h1>", id="for-screen-readers"),
        pytest.param("<h1><span>Town</span> <span>%s</span></h1>", id="kicker"),
        pytest.param("<h1>%s <button>Share</button></h1>", id="button"),
        pytest.param("<h1>%s<sup>*</sup></h1>", id="note"),
        pytest.param("<h1>%s <del>in May</del></h1>", id="deleted"),
    ],
)
def test_a_heading_says_the_title_whatever_else_it_holds(heading: str) -> None:
    before = f"<article>{heading.replace('%s', TITLE)}"
    assert title_of(f"<title>{TITLE} | Town | Some Gazette</title>", before=before) == TITLE


def test_a_heading_for_screen_readers_is_the_title_of_a_page_that_shows_none() -> None:
    head = f"<title>Marlow Post</title>{og('site_name', 'Marlow Post')}"
    assert title_of(head, before=f"<article><h1 class=sr-only>{TITLE}</h1>") == TITLE
    assert title_of(head, before=f"<article><h1 hidden>{TITLE}</h1>") is None


def test_a_lowered_figure_in_the_heading_is_that_of_the_title() -> None:
    before = "<article><h1>CO<sub>2</sub> falls in Marlow</h1>"
    assert title_of("<title>CO2 falls in Marlow - Gazette</title>", before=before) == "CO2 falls in Marlow"
    assert title_of("", before=before) == "CO₂ falls in Marlow"


@pytest.mark.parametrize(
    "title", ["Marlow Post", "marlow-post.com", "Home", "Home | Marlow Post", "Untitled", ""]
)
def test_the_name_of_the_site_alone_is_no_title(title: str) -> None:
    head = f"<title>{title}</title>{og('title', 'Marlow Post')}{og('site_name', 'Marlow Post')}"
    assert title_of(head, before=LOGO) is None
    assert title_of(head, before=f"{LOGO}<article><h2>{TITLE}</h2>") == TITLE
