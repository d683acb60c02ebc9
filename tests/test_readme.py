"""The example in the README is what a fresh clone answers."""

from __future__ import annotations

import json
import re

from tests.support.app import Make
from tests.support.paths import ROOT

EXAMPLE = re.compile(r"-d '(\{\"text\":.*?\})'\n```\n\n```json\n(.*?)\n```", re.DOTALL)


async def test_the_example_is_answered_as_the_readme_shows(client_of: Make) -> None:
    (body, shown), *others = EXAMPLE.findall((ROOT / "README.md").read_text("utf-8"))
    assert others == []
    answer = (await client_of().post("/api/generate", json=json.loads(body))).json()
    assert answer | {"id": "any"} == json.loads(shown) | {"id": "any"}
