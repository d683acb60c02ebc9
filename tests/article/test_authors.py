"""An author is a person's name from metadata, JSON-LD or the byline; else there is none."""

from __future__ import annotations

import pytest

from core.article.extraction import extract_article

URL = "https://www.marlow-post.com/pool"
BODY = """<p>The town opened its old pool again on Saturday, after a bakery next door gave the heat of its
ovens to warm the water. Some three hundred people came, and a band played until the evening.</p>"""
H1 = "<h1>A bakery heats the pool</h1>"
SITE = '<meta property="og:site_name" content="Marlow Post">'


def author_of(head: str = "", byline: str = "", after: str = "", around: str = "") -> str | None:
    html = f"<html lang=en><head><title>A bakery heats the pool</title>{SITE}{head}</head>"
    html += f"<body><article>{H1}{byline}"
    return extract_article(
        f"{html}{BODY * 2}{after}</article>{around}</body></html>".encode(), url=URL
    ).author


def meta(name: str, *contents: str) -> str:
    return "".join(f'<meta name="{name}" content="{content}">' for content in contents)


def json_ld(author: str, graph: str = "") -> str:
    article = f'{{"@type": "NewsArticle", "headline": "A bakery heats the pool", "author": {author}}}'
    return f'<script type="application/ld+json">{{"@graph": [{article}{graph}]}}</script>'


PERSON = ', {"@type": "Person", "@id": "#/person/7", "name": "Ada Lowe"}, {"@type": "Person", "name": "Bo"}'
TWO = "Ada Lowe; Cy Oak"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(meta("author", "Ada Lowe"), "Ada Lowe", id="meta"),
        pytest.param(meta("author", "Ada Lowe", "Cy Oak"), TWO, id="two-metas"),
        pytest.param(meta("byl", "By Ada Lowe and Cy Oak"), TWO, id="byline"),
        pytest.param(meta("author", "Ada Lowe, Cy Oak"), TWO, id="comma"),
        pytest.param(meta("author", "Ada Lowe & Cy Oak"), TWO, id="ampersand"),
        pytest.param(meta("author", "Von Ada Lowe und Cy Oak"), TWO, id="German"),
        pytest.param(meta("author", "Par Ada Lowe et Cy Oak"), TWO, id="French"),
        pytest.param(meta("citation_author", "Lowe, Ada", "Oak, Cy"), TWO, id="inverted"),
        pytest.param(meta("author", "Ada Lowe, Staff Writer"), "Ada Lowe", id="job"),
        pytest.param(meta("author", "Ada Lowe, PhD"), "Ada Lowe", id="degree"),
        pytest.param(meta("author", "Ada Lowe (ada@marlow-post.com)"), "Ada Lowe", id="address-behind"),
        pytest.param(meta("author", "ada@marlow-post.com (Ada Lowe)"), "Ada Lowe", id="address-in-front"),
        pytest.param(meta("author", "Ada Lowe Jr."), "Ada Lowe Jr", id="junior"),
        pytest.param(meta("author", "[object Object]") + meta("author", "Ada Lowe"), "Ada Lowe", id="object"),
        pytest.param(meta("author", "Ada Lowe | Marlow Post"), "Ada Lowe", id="site"),
        pytest.param(meta("author", "Posted by Ada Lowe on 1 February 2024"), "Ada Lowe", id="posted"),
        pytest.param(
            meta("author", "Anne-Marie O’Hara-de la Cruz"), "Anne-Marie O’Hara-de la Cruz", id="long-name"
        ),
        pytest.param(meta("author", "Ludwig van der Berg"), "Ludwig van der Berg", id="particles"),
        pytest.param(meta("author", "王小明"), "王小明", id="Chinese"),
        pytest.param(meta("author", "Reuters"), "Reuters", id="agency"),
        pytest.param(json_ld('"Ada Lowe"'), "Ada Lowe", id="string"),
        pytest.param(json_ld('{"@type": "Person", "name": "Ada Lowe"}'), "Ada Lowe", id="person"),
        pytest.param(json_ld('[{"name": "Ada Lowe"}, {"name": "Cy Oak"}]'), TWO, id="list"),
        pytest.param(json_ld('{"name": ["Ada Lowe", "Cy Oak"]}'), TWO, id="names"),
        pytest.param(json_ld('{"givenName": "Ada", "familyName": "Lowe"}'), "Ada Lowe", id="parts"),
        pytest.param(json_ld('{"@id": "#/person/7"}', PERSON), "Ada Lowe", id="reference"),
        pytest.param(json_ld('[[{"name": {"name": "Ada Lowe"}}]]'), "Ada Lowe", id="nested"),
        pytest.param(
            json_ld('{"name": "admin"}') + meta("author", "Ada Lowe"), "Ada Lowe", id="second-source"
        ),
    ],
)
def test_the_authors_are_those_of_the_metadata(head: str, expected: str) -> None:
    assert author_of(head) == expected


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("<p>By Ada Lowe</p>", "Ada Lowe"),
        ("<p>By Ada Lowe and Cy Oak</p>", TWO),
        ("<p>By Ada Lowe in Marlow</p>", "Ada Lowe"),
        ("<p>By <b>ADA LOWE</b>, Health Correspondent</p>", "ADA LOWE"),
        ("<p>by Ada Lowe<br><span>Monday, 1 February 2024</span></p>", "Ada Lowe"),
        ('<a rel="author" href="/ada">Ada Lowe</a> and <a rel="author" href="/cy">Cy Oak</a>', TWO),
        (
            '<div class="byline"><span class="author-name">Ada Lowe</span> <time>2 hours ago</time></div>',
            "Ada Lowe",
        ),
        (
            '<span itemprop="author" itemscope><a href="/a"><span itemprop="name">Ada Lowe</span></a> '
            "Bio</span>",
            "Ada Lowe",
        ),
        ('<p class="entry-author">Ada Lowe · 3 min read</p>', "Ada Lowe"),
        ("<p>Von Ada Lowe</p>", "Ada Lowe"),
        ("<p>Text: Ada Lowe</p>", "Ada Lowe"),
        ("<p>Written by: Ada Lowe | Updated 3 hours ago</p>", "Ada Lowe"),
        ("<p>作者：王小明</p>", "王小明"),
        ("<p>作者：王小明 2024-02-01</p>", "王小明"),
        ("<p>记者 王小明</p>", "王小明"),
        ("<p>文＝山田太郎</p>", "山田太郎"),
        ("<p>김철수 기자</p>", "김철수"),
        ("<p>Von Ada Lowe, Marlow</p>", "Ada Lowe"),
        ("<p>Ein Gastbeitrag von Ada Lowe</p>", "Ada Lowe"),
        ("<p>Par Ada Lowe avec AFP</p>", "Ada Lowe"),
        ("<p>Guest post by Ada Lowe</p>", "Ada Lowe"),
        ("<p class=byline>By Ada Lowe Updated: Feb. 1, 2024</p>", "Ada Lowe"),
        ("<p class=byline>Ada Lowe <a href=/x>@ada</a></p>", "Ada Lowe"),
        ("<p class=byline>Ada Lowe <a href=/x>ada@marlow-post.com</a></p>", "Ada Lowe"),
        ("<p class=author>Ada Lowe <a href=/x>0000-0001-2345-6789</a></p>", "Ada Lowe"),
        ("<div class=byline><span>Ada Lowe</span><br><span>Science correspondent</span></div>", "Ada Lowe"),
        ("<div class=author><a href=/a>Ada Lowe</a> <button>Follow</button></div>", "Ada Lowe"),
        ("<p class=byline>Ada Lowe<sup>1,2</sup>, Cy Oak<sup>*</sup></p>", TWO),
        ("<blockquote><p>We sail.</p><footer>By Bob Hill</footer></blockquote>", None),
        ("<p>By Monday the pool was warm, they said</p>", None),
    ],
)
def test_the_authors_are_those_of_the_byline(byline: str, expected: str | None) -> None:
    assert author_of(byline=byline) == expected


NOBODY = """
ada@marlow-post.com
https://www.facebook.com/ada.lowe
http://marlow-post.com/author/ada
www.marlow-post.com
@adalowe
admin
Administrator
jdadmin
Staff
Staff Writer
Marlow Post Staff
Marlow Post
marlow-post.com
Editorial
Redaktion
Web Editor
Newsroom
Anonymous
unknown
null
1 February 2024
February 1, 2024
2024-02-01
5 min read
By
3
""".strip().splitlines()


@pytest.mark.parametrize("name", NOBODY)
@pytest.mark.parametrize("place", ["meta", "data", "byline"])
def test_what_names_nobody_is_no_author(name: str, place: str) -> None:
    if place == "byline":
        assert author_of(byline=f'<p class="author">{name}</p>') is None
    else:
        assert (
            author_of(meta("author", name) if place == "meta" else json_ld(f'{{"name": "{name}"}}')) is None
        )


@pytest.mark.parametrize(
    "around",
    [
        "<aside><p class=author>Cy Oak</p></aside>",
        "<div class=comments><p class=author>Cy Oak</p><a rel=author href=/c>Cy Oak</a></div>",
        "<article><h2>Boats sink</h2><p class=byline>By Cy Oak</p></article>",
        "<footer><p>By Cy Oak</p><a rel=author>Cy Oak</a></footer>",
        "<blockquote class=twitter-tweet><p class=author>Cy Oak</p></blockquote>",
        "<p>By the river, Cy Oak sells tea.</p>",
    ],
)
def test_who_wrote_something_else_is_no_author(around: str) -> None:
    assert author_of(around=around) is None
    assert author_of(byline="<p>By Ada Lowe</p>", around=around) == "Ada Lowe"
