"""Word lists beside the code become patterns."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.text.word_lists import alternatives, word_lists
from tests.support.paths import ROOT

LISTS = sorted(
    path
    for package in ("text", "article", "writing")
    for path in (ROOT / "core" / package).rglob("*.toml")
    if path.stem not in ("figures", "grounding", "pdf")  # which are tables of another shape
)


def test_alternatives_are_divided_by_white_space_and_hold_spaces_for_underscores() -> None:
    pattern = re.compile(alternatives("the_(?:same|other)\n  it"))
    assert [bool(pattern.fullmatch(text)) for text in ("the same", "it", "the_same")] == [True, True, False]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_no_list_is_an_empty_pattern(path: Path) -> None:
    for table in word_lists(str(path.with_suffix(".py"))).values():
        assert all(text.split() for text in table.values())


def test_importing_the_code_reads_no_list() -> None:
    code = (
        "import sys, core.article.ssrf_guard, core.article.extraction, core.writing.extractive.composer,"
        " core.writing.model.composer; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert "core.text.word_lists" in done.stdout.split()
    assert "tomllib" not in done.stdout.split()
