"""A date is the article's own: of its metadata, its <time> or dateline, its address; else there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.article.dates import read_date
from core.article.extraction import extract_article

URL = "https://www.marlow-post.com/pool"
BODY = """<p>The town opened its old pool again on Saturday, after a bakery next door gave the heat of its
ovens to warm the water. Some three hundred people came, and a band played until the evening.</p>"""
H1 = "<h1>A bakery heats the pool</h1>"
DAY = "2024-02-01"


def date_of(
    article: str, *, head: str = "", around: str = "", url: str = URL, lang: str = "en"
) -> str | None:
    html = f'<html lang="{lang}"><head><title>A bakery heats the pool</title>{head}</head><body>'
    html += (
        f"{around.partition('%s')[0]}<article>{article}</article>{around.partition('%s')[2]}</body></html>"
    )
    return extract_article(html.encode(), url=url).published


def json_ld(facts: str) -> str:
    return f'<script type="application/ld+json">{{"@context": "https://schema.org", {facts}}}</script>'


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2024-02-01T09:00:00+01:00">',
        '<meta property="article:published_time" content="2024-02-01T23:30:00-08:00">',
        '<meta name="article:published_time" content="2024-02-01 09:00">',
        '<meta property="og:published_time" content="Thu, 01 Feb 2024 09:00:00 GMT">',
        '<meta name="DC.date.issued" content="2024-02-01">',
        '<meta name="dcterms.created" content="2024/02/01">',
        '<meta name="citation_publication_date" content="2024/2/1">',
        '<meta name="parsely-pub-date" content="2024-02-01T09:00:00Z">',
        '<meta name="sailthru.date" content="2024-02-01 09:00:00 -0800">',
        '<meta name="cXenseParse:recs:publishtime" content="2024-02-01T09:00:00.000Z">',
        '<meta name="pubdate" content="20240201">',
        '<meta name="publish-date" content="20240201T090000">',
        '<meta name="date" content="February 1, 2024">',
        '<meta name="publishdate" content="1706778000">',
        json_ld('"@type": "NewsArticle", "datePublished": "2024-02-01T09:00:00+01:00"'),
        json_ld('"@graph": [{"@type": "WebSite"}, {"@type": "BlogPosting", "datePublished": "2024-02-01"}]'),
        json_ld(
            '"@type": ["Article", "Report"], "datePublished": "2024-02-01", "dateModified": "2025-03-03"'
        ),
        json_ld('"@type": "WebPage", "datePublished": "2024-02-01T01:00:00+00:00"'),
        json_ld('"@type": "WebPage", "mainEntity": {"@type": "Article", "datePublished": "2024-02-01"}'),
    ],
)
def test_the_date_is_that_of_the_metadata(head: str) -> None:
    assert date_of(H1 + BODY * 2, head=head) == DAY


@pytest.mark.parametrize(
    "article",
    [
        H1 + '<time datetime="2024-02-01">yesterday</time>' + BODY * 2,
        '<time datetime="2024-02-01T09:00">1 Feb</time>' + H1 + BODY * 2,
        f"<header>{H1}<p>By <a href=/ada>Ada Lowe-Summerfield</a> <time>1 February "
        f"2024</time></p></header>{BODY * 2}",
        H1 + '<p class="meta">By Ada Lowe | Feb. 1, 2024 | 3 min read</p>' + BODY * 2,
        H1 + "<div>Published: 1st of February 2024, 09:00</div>" + BODY * 2,
        H1 + "<div><span>Published</span> <span>1 February 2024</span></div>" + BODY * 2,
        H1 + "<p>Thursday, February 1, 2024</p>" + BODY * 2,
        H1 + '<meta itemprop="datePublished" content="2024-02-01">' + BODY * 2,
        '<div><span itemprop="datePublished">1 February 2024</span></div>' + H1 + BODY * 2,
        H1 + BODY * 2 + "<p>Posted on <time datetime=2024-02-01>1 February 2024</time></p>",
        H1
        + BODY * 2
        + '<footer><time class="entry-date published" datetime="2024-02-01">1 Feb</time></footer>',
        H1
        + '<time class="updated" datetime="2025-03-03"></time><time datetime="2024-02-01"></time>'
        + BODY * 2,
        H1 + "<p>Updated 3 March 2025</p><p>Published 1 February 2024</p>" + BODY * 2,
        H1
        + '<p>Published <time datetime="2024-02-01"></time>, updated <time datetime="2025-03-03"></time></p>'
        + BODY,
        "<p><span>Von</span> <a href=/ada>Ada Lowe</a> <span>publiziert am 1. Februar 2024</span></p>"
        + H1
        + BODY,
        H1 + "<p>2024년 2월 1일</p>" + BODY * 2,
        H1 + "<p>2024年2月1日</p>" + BODY * 2,
        H1 + "<p>발행 2024.02.01 09:00</p>" + BODY * 2,
        H1 + "<p>1. Februar 2024</p>" + BODY * 2,
        H1 + "<p>Published 1 February 2024 | Updated 3 March 2024</p>" + BODY * 2,
        H1 + "<p>Updated 3 March 2024 — Published 1 February 2024</p>" + BODY * 2,
        H1 + "<p>Publié le 1 février 2024 à 10h15, mis à jour le 3 mars 2024</p>" + BODY * 2,
        H1 + "<p>Stand: 3. März 2024 · Veröffentlicht: 1. Februar 2024</p>" + BODY * 2,
        "<h2 class=date-header>1 February 2024</h2>" + H1 + BODY * 2,
        H1 + BODY * 2 + '<abbr class=published title="2024-02-01T10:00:00-08:00">10:00</abbr>',
        H1
        + '<div style="display:none"><time itemprop=datePublished datetime=2024-02-01></time></div>'
        + BODY * 2,
        H1 + "<p>Veröffentlicht am 01.02.2024</p>" + BODY * 2,
        H1 + "<p>Publié le 1er février 2024 à 09h00</p>" + BODY * 2,
        H1 + "<p>1 de febrero de 2024</p>" + BODY * 2,
        H1 + "<p>1 февраля 2024</p>" + BODY * 2,
        H1 + "<p>1 lutego 2024</p>" + BODY * 2,
    ],
)
def test_the_date_is_that_of_the_articles_own_elements(article: str) -> None:
    assert date_of(article) == DAY


@pytest.mark.parametrize(
    "around",
    [
        "%s<aside><a href=/z>Boats sink</a> <time datetime=2019-07-09>9 July 2019</time></aside>",
        "<header><a href=/>Post</a> <time datetime=2024-11-26>Today</time> 26 November 2024</header>%s",
        "<nav>1 February 2019</nav>%s",
        "<div><a href=/x>Boats sink in town <time datetime=2019-01-01>1 January 2019</time></a></div>%s",
        "%s<footer>© 2011–2024 Marlow Post. Last updated 3 March 2024</footer>",
        "%s<div class=comments><p>Bob, <time datetime=2024-03-03>3 March 2024</time></p></div>",
        "%s<article><h2>Boats sink</h2><time datetime=2019-07-09>9 July 2019</time></article>",
        "%s<ul><li><a href=/z>Boats sink</a> <time datetime=2019-07-09>9 July 2019</time></li></ul>",
        "%s<div><a href=/z>Boats sink in the harbour</a> Published <time>9 July 2019</time></div>",
        "%s<blockquote class=twitter-tweet>Hi <a href=/t>July 9, 2019</a></blockquote>",
        "%s<div itemscope itemtype='https://schema.org/Comment'><meta itemprop=datePublished "
        "content=2019-07-09></div>",
        "%s<p>Version 2019-07-09, build 20190709.3</p>",
    ],
)
def test_a_date_beside_the_article_is_not_its_own(around: str) -> None:
    assert date_of(H1 + BODY * 2, around=around) is None


@pytest.mark.parametrize(
    ("article", "head"),
    [
        pytest.param(BODY, '<meta name="last-modified" content="2019-07-09">', id="template"),
        pytest.param(
            BODY, '<meta name="version" content="2019-07-09"><meta name=build content="20190709">', id="build"
        ),
        pytest.param(BODY, '<meta property="article:modified_time" content="2024-02-01">', id="modified"),
        pytest.param(BODY, json_ld('"@type": "Article", "dateModified": "2024-02-01"'), id="modified-data"),
        pytest.param(BODY, json_ld('"@type": "Article", "datePublished": "2024"'), id="year-only"),
        pytest.param(BODY, json_ld('"@type": "Article", "datePublished": "1970-01-01T00:00:00Z"'), id="zero"),
        pytest.param(
            BODY, json_ld('"@type": "Article", "datePublished": "0001-01-01T00:00:00Z"'), id="year-one"
        ),
        pytest.param(BODY, json_ld('"@type": "VideoObject", "uploadDate": "2024-02-01"'), id="video"),
        pytest.param(BODY, json_ld('"@type": "VideoObject", "datePublished": "2024-02-01"'), id="video-data"),
        pytest.param(BODY, json_ld('"@type": "Event", "datePublished": "2024-02-01"'), id="event-data"),
        pytest.param("<div class=tweet><p>2 March 2024</p></div>" + BODY, "", id="embed"),
        pytest.param("<p>3 March 2024 (updated)</p>" + BODY, "", id="updated-behind"),
        pytest.param(
            BODY.replace("Saturday", "<time datetime=1953-01-31>31 January 1953</time>"), "", id="in-prose"
        ),
        pytest.param("<p>The flood of 31 January 1953 took the pier</p>" + BODY, "", id="standfirst"),
        pytest.param("<p>Last updated: 3 March 2024</p>" + BODY, "", id="updated"),
        pytest.param(BODY + "<p>The vote is on 3 March 2024.</p>", "", id="event"),
        pytest.param(
            BODY + "<ul><li>1 March 2024: a vote</li><li>2 April 2024: a dive</li></ul>", "", id="calendar"
        ),
        pytest.param("<p>© 2024 Marlow Post</p>" + BODY, "", id="copyright"),
        pytest.param("<p>Posted on 1 March 2199</p>" + BODY, "", id="to-come"),
        pytest.param("<p>03/02/2024</p>" + BODY, "", id="ambiguous"),
    ],
)
def test_without_a_date_of_its_publication_an_article_has_none(article: str, head: str) -> None:
    assert date_of(H1 + article + BODY, head=head) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/2024/02/01/pool", DAY),
        ("/2024/2/1/pool.html", DAY),
        ("/world/2024/feb/01/pool", DAY),
        ("/2024-02-01/pool", DAY),
        ("/news/2024-02-01-pool", DAY),
        ("/2024/02/pool", None),
        ("/pool-of-2024-02-01", None),
        ("/2024/13/45/pool", None),
        ("/id/20240201", None),
        ("/v/1024/02/01", None),
    ],
)
def test_the_address_may_hold_the_date(path: str, expected: str | None) -> None:
    assert date_of(H1 + BODY * 2, url=f"https://www.marlow-post.com{path}") == expected


@pytest.mark.parametrize(
    ("head", "line", "path", "expected"),
    [
        pytest.param("2024-02-02T04:31:13+00:00", "Feb 1, 2024, 10:31 pm CST", "/pool", DAY, id="shown"),
        pytest.param("2024-02-02T04:31:13Z", "", "/2024/02/01/pool", DAY, id="address"),
        pytest.param(
            "2024-02-02T04:31:13-06:00", "Feb 1, 2024", "/pool", "2024-02-02", id="zone-of-the-site"
        ),
        pytest.param("2024-02-05T04:31:13Z", "Feb 1, 2024", "/pool", "2024-02-05", id="days-apart"),
    ],
)
def test_a_day_in_utc_is_the_day_that_the_page_shows(head: str, line: str, path: str, expected: str) -> None:
    meta = f'<meta property="article:published_time" content="{head}">'
    assert (
        date_of(f"{H1}<p>{line}</p>{BODY * 2}", head=meta, url=f"https://www.marlow-post.com{path}")
        == expected
    )


@pytest.mark.parametrize(
    ("lang", "expected"), [("fr", "2024-02-03"), ("en-GB", "2024-02-03"), ("en-US", None)]
)
def test_figures_are_read_as_the_pages_language_writes_them(lang: str, expected: str | None) -> None:
    assert date_of(f"{H1}<p>03/02/2024</p>{BODY * 2}", lang=lang) == expected


def test_of_several_articles_in_the_metadata_the_one_with_the_title_counts() -> None:
    other = '{"@type": "Article", "headline": "Boats sink", "datePublished": "2019-07-09"}'
    own = '{"@type": "Article", "headline": "A bakery heats the pool", "datePublished": "2024-02-01"}'
    assert date_of(H1 + BODY * 2, head=json_ld(f'"@graph": [{other}, {own}]')) == DAY
    assert date_of(H1 + BODY * 2, head=json_ld(f'"@graph": [{other}, {other}]')) is None


@given(st.dates(min_value=date(1971, 1, 1), max_value=datetime.now(UTC).date()))
def test_a_day_is_read_in_the_forms_that_pages_write(day: date) -> None:
    forms = (
        "%Y-%m-%d",
        "%Y%m%d",
        "%d %B %Y",
        "%B %d, %Y",
        "%d.%m.%Y",
        "%Y年%m月%d日",
        "%Y-%m-%dT23:59:59.999-11:00",
    )
    assert {read_date(day.strftime(form)) for form in forms} == {day.isoformat()}


@given(st.text(max_size=60))
def test_any_text_is_some_day_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or date.fromisoformat(found) <= datetime.now(UTC).date() + timedelta(days=1)
