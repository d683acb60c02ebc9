"""The public pages that benchmarks measure are downloaded by name and hash."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bench.articles import HASHES, download, load
from tests.support.loopback import serving

NAME = "ab" * 32
PAGE, TEXT = b"<p>The bridge closed.</p>", "The bridge closed."
TRUTH = json.dumps({NAME: {"articleBody": TEXT, "url": "https://example.com/b", "more": 1}, "cd": {}})


def served(page: bytes) -> Starlette:
    return Starlette(
        routes=[
            Route("/ground-truth.json", lambda _: Response(TRUTH)),
            Route(f"/html/{NAME}.html.gz", lambda _: Response(gzip.compress(page))),
        ]
    )


def hashes(folder: Path) -> Path:
    line = f"{NAME} {hashlib.sha256(PAGE).hexdigest()} {hashlib.sha256(TEXT.encode()).hexdigest()}\n"
    (folder / "hashes").write_text(line)
    return folder / "hashes"


def test_the_pages_that_are_named_are_kept(tmp_path: Path) -> None:
    with serving(served(PAGE)) as address:
        assert download(address, tmp_path / "data", hashes(tmp_path)) == 1
    assert load(tmp_path / "data") == {NAME[:12]: (PAGE, "https://example.com/b", TEXT)}


def test_a_page_with_another_hash_is_refused(tmp_path: Path) -> None:
    with serving(served(PAGE + b"!")) as address, pytest.raises(ValueError, match="SHA-256"):
        download(address, tmp_path / "data", hashes(tmp_path))
    assert not (tmp_path / "data/ground-truth.json").exists()


def test_every_line_of_the_list_is_a_name_and_two_hashes() -> None:
    rows = [line.split() for line in HASHES.read_text().splitlines()]
    assert len({row[0] for row in rows}) == len(rows) == 60
    assert {len(word) for row in rows for word in row} == {64}
