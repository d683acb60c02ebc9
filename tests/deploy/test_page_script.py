"""The page's own script, by Node.js: a link goes to the server as an address, whatever it was pasted with."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.deploy  # where Node.js is

STORY = "https://example.com/a/story"
LINKS = [
    *(
        STORY,
        "example.com/story",
        "www.example.com",
        f"“{STORY}”,",
        f"<{STORY}>.",
        f"[A]({STORY})",
        f"👉 {STORY}",
    ),
    *(
        f'<a href="{STORY}">A</a>',
        "htps://example.com",
        "https://example.com/my pool",
        "https://example.com/a/\n  b",
    ),
]
TEXTS = [
    *(
        "Hello world.",
        "Dr.Smith said no.",
        "3.14",
        f"The pool is back {STORY}",
        f"{STORY} says that it is back.",
    ),
    *(f"{STORY} {STORY}", f"{STORY}\n\nThe pool is back.", "- a\n- b"),
]


def test_the_page_takes_links_for_links_and_texts_for_texts() -> None:
    script = (ROOT / "web" / "threadr.js").read_text(encoding="utf-8")
    (is_link,) = re.findall(r"^function isLink.*?^}", script, re.MULTILINE | re.DOTALL)
    code = f"{is_link}; console.log(JSON.stringify({json.dumps(LINKS + TEXTS)}.filter(isLink)))"
    done = subprocess.run(["node", "--eval", code], capture_output=True, check=True)  # noqa: S603, S607
    assert json.loads(done.stdout) == LINKS
