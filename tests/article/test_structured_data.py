"""JSON-LD: real data keeps its facts, hostile data becomes short, and both are valid JSON for the library."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.article.extraction import extract_article
from core.article.structured_data import StructuredData

STORY = "".join(f"<p>On day {n} the river flooded the old town again, and boats came.</p>" for n in range(9))
ARTICLE = '"@context": "https://schema.org", "@type": "NewsArticle"'


def rebuilt(script: str) -> Any:
    return json.loads(StructuredData().rebuilt(script) or "[]")


def facts(script: str) -> tuple[str | None, str | None, str | None]:
    page = f'<html><head><script type="application/ld+json">{script}</script></head><body>{STORY}'
    article = extract_article(page.encode(), url="https://news.example.com/story")
    return article.title, article.author, article.published


@pytest.mark.parametrize(
    "author",
    [
        pytest.param('{"@type": "Person", "name": "Jane Doe"}', id="person"),
        pytest.param('[{"name": "Jane Doe"}, {"@type": "Organization", "name": "An Agency"}]', id="list"),
        pytest.param('"Jane Doe"', id="string"),
        pytest.param('{"@type": ["Person"], "givenName": "Jane", "familyName": "Doe"}', id="parts"),
        pytest.param('{"name": {"name": "Jane Doe"}}', id="name-in-a-name"),
        pytest.param('{"name": "<b>Jane&nbsp;Doe</b>", "image": {"name": "A Photo"}}', id="markup"),
    ],
)
def test_title_author_and_date_are_those_of_the_script(author: str) -> None:
    script = (
        f'{{{ARTICLE}, "headline": "Old &amp; \\"new\\"", "author": {author}, "datePublished": "2024-05-06"}}'
    )
    assert facts(script) == ('Old & "new"', "Jane Doe", "2024-05-06")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('{%s, "author": {"name": "Jane Doe"}, "headline": "Old\ntown"}', id="raw-newline"),
        pytest.param('{%s, "author": {"name": "Jane Doe"}, "headline": "Old town",}', id="trailing-comma"),
        pytest.param('<!-- {%s, "author": [{"@type":"Person","name":"Jane Doe"}],"headline":"Old town"} -->'),
        pytest.param(
            '//<![CDATA[\n{%s, "author":{"name":"Jane Doe"},"headline":"Old town"}\n//]]>', id="CDATA"
        ),
        pytest.param(
            '{%s, "author": {"name": "Jane Doe"}, "headline": "Old town"}{"a": 1}', id="two-objects"
        ),
        pytest.param(
            '{"a": "a "quote"", "headline": "Old town", "author": {"@type": "Person", "name": "Jane Doe"}'
        ),
    ],
)
def test_a_script_that_is_no_json_keeps_its_facts(script: str) -> None:
    title, author, _ = facts(script.replace("%s", ARTICLE))
    assert (title, author) == ("Old town", "Jane Doe")


@pytest.mark.parametrize(
    "unit", ['\\"', "(", "<", "<!--", "&lt;", "\\\\", "a;", "[", '"author":{"name":"a', "{"]
)
@pytest.mark.parametrize("place", ['{"author":{"name":"%s', "{%s}", '{"@type":"Person","name":"%s"}', "[%s]"])
def test_a_hostile_script_becomes_short_and_plain(place: str, unit: str) -> None:
    script = StructuredData().rebuilt(place.replace("%s", unit * 20_000))
    assert len(script) <= 25_000
    assert "<" not in script
    assert script.count("\\") <= 2_000


def test_a_page_names_few_authors_whatever_its_scripts_say() -> None:
    person = '{"@type": "Person", "name": "%s"}'
    data = StructuredData()
    scripts = [data.rebuilt("[" + ",".join(person.replace("%s", f"A{n} B") for n in range(400)) + "]")] * 2
    scripts.append(data.rebuilt(person.replace("%s", "Last One")))
    assert "A39 B" in scripts[0]
    assert sum(script.count("name") for script in scripts) <= 100


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('{"@type": "NewsArticle", "isAccessibleForFree": false}', id="article"),
        pytest.param('{"hasPart": {"isAccessibleForFree" : "False"}}', id="part"),
        pytest.param('{"isAccessibleForFree": false, broken', id="no-json"),
    ],
)
def test_that_an_article_is_not_free_stays_known(script: str) -> None:
    assert {"isAccessibleForFree": False} in rebuilt(script)


def test_a_text_that_only_the_script_has_is_the_article() -> None:
    body = "&lt;p&gt;The river flooded the old town.&lt;/p&gt; " * 20
    script = f'{{{ARTICLE}, "articleBody": "{body}"}}'
    page = f'<html><script type="application/ld+json">{script}</script><div id="app"></div>'
    article = extract_article(page.encode(), url="https://news.example.com/story")
    assert article.text.count("The river flooded the old town.") == 20
    assert "<" not in article.text
