"""README and docs/: what they show is answered, what they name is there, and what they link resolves."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.app import Make
from tests.support.paths import ROOT

EXAMPLE = re.compile(r"-d '(\{\"text\":.*?\})'\n```\n\n```json\n(.*?)\n```", re.DOTALL)
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {page.relative_to(ROOT).as_posix(): page for page in (ROOT / "README.md", *ROOT.glob("docs/*.md"))}
# A link's or a picture's address, in Markdown and in HTML; a srcset has more than one.
ADDRESSES = re.compile(r"""\]\((?:<([^>]+)>|([^)\s]+))|\b(?:src|srcset|href)=["']([^"']+)["']""")
NAMED = re.compile(r"\btests/[\w/]+(?:\.py|/)(?:::(\w+))?")
# The beginning of each row under Troubleshooting, and the test that produces the symptom.
SYMPTOMS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


async def test_the_example_is_answered_as_the_readme_shows(client_of: Make) -> None:
    (body, shown), *others = EXAMPLE.findall(README)
    assert others == []
    answer = (await client_of().post("/api/generate", json=json.loads(body))).json()
    assert answer | {"id": "any"} == json.loads(shown) | {"id": "any"}


def test_the_readme_stays_a_page() -> None:
    assert len(README) <= 8_000


def test_each_symptom_has_a_test_that_produces_it() -> None:
    section = README.partition("## Troubleshooting")[2].partition("\n## ")[0]
    rows = [line.removeprefix("| ") for line in section.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(SYMPTOMS)
    assert [row for row in rows if sum(map(row.startswith, SYMPTOMS)) != 1] == []
    assert [name for name in SYMPTOMS.values() if not is_there(name)] == []


def is_there(name: str) -> bool:
    path, _, test = name.partition("::")
    place = ROOT / path
    return place.exists() and (not test or f"def {test}(" in place.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_each_test_that_a_page_names_is_there(page: str) -> None:
    named = [found[0] for found in NAMED.finditer(PAGES[page].read_text("utf-8"))]
    assert [name for name in named if not is_there(name)] == []


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings: lower case, no marks, hyphens for spaces."""
    titles = re.findall(r"^#+ (.+)", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_each_relative_link_of_a_page_resolves(page: str) -> None:
    at = PAGES[page]
    assert [link for link in relative_links(at.read_text("utf-8")) if not resolves(link, at)] == []


def relative_links(text: str) -> list[str]:
    addresses = [address for found in ADDRESSES.findall(text) for address in "".join(found).split(",")]
    found = [address.split()[0] for address in addresses if address.strip()]
    return [link for link in found if not re.match(r"[a-z]+:|//", link)]


def resolves(link: str, at: Path) -> bool:
    path, _, anchor = link.partition("#")
    to = (at.parent / path).resolve() if path else at
    return to.exists() and (not anchor or anchor in anchors(to))


@pytest.mark.parametrize(
    "text",
    [
        "[words](no.md)",
        "![a picture](no.png)",
        '![a picture](no.png "with a title")',
        "[![a picture](no.png)](https://example.com)",
        '<img alt="" src="no.png">',
        '<source srcset="no.png 1x, README.md 2x">',
        "[words](README.md#no-such-heading)",
    ],
)
def test_a_link_or_a_picture_that_is_not_there_is_noticed(text: str) -> None:
    links = relative_links(text)
    assert [resolves(link, ROOT / "README.md") for link in links].count(False) == 1


def test_every_page_is_linked_from_the_readme() -> None:
    assert {f"docs/{link}" for link in re.findall(r"\]\(docs/([\w-]+\.md)", README)} == {*PAGES} - {
        "README.md"
    }
