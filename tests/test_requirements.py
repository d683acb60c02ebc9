"""What is installed is pinned with its hashes, whole, and by digest where it is an Action."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT
from tools.requirements import name_of, pinned

LOCKED = ("constraints.txt", *(f"tools/{tool}-requirements.txt" for tool in ("lint", "sam", "checkov")))


def installed_by(name: str) -> set[str]:
    """What the installed package asks for here; nothing when it is not installed."""
    try:
        lines = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return set()
    return {name_of(line.name) for line in lines if not line.marker or line.marker.evaluate({"extra": ""})}


@pytest.mark.parametrize("file", LOCKED)
def test_every_pin_has_hashes(file: str) -> None:
    text = (ROOT / file).read_text()
    pins = re.findall(r"^(\w.*)\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)", text, re.MULTILINE)
    assert len(pins) > 20
    assert [pin for pin, hashes in pins if not hashes or "==" not in pin] == []


@pytest.mark.parametrize("extras", [(), ("serve",), ("serve", "dev"), ("bench",)])
def test_requirements_hold_all_that_they_need(extras: tuple[str, ...]) -> None:
    names = set(map(name_of, pinned(*extras)))
    assert set().union(*map(installed_by, names)) <= names


def test_the_server_is_not_in_the_bundle() -> None:
    server = {"uvicorn", "uvloop"}
    assert not server & set(map(name_of, pinned()))
    assert server <= set(map(name_of, pinned("serve")))


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_nothing_is_installed_without_its_hash(file: str) -> None:
    commands = re.findall(r"pip install .*", (ROOT / file).read_text())
    # The lock itself is made by the newest uv.
    assert [each for each in commands if "--require-hashes" not in each] in ([], ["pip install --quiet uv"])


def test_actions_are_pinned_by_digest() -> None:
    uses = [
        line for path in ROOT.glob(".github/workflows/*") for line in re.findall(r"uses:.*", path.read_text())
    ]
    assert uses
    assert [line for line in uses if not re.fullmatch(r"uses: [\w/-]+@[0-9a-f]{40}  # v[\d.]+", line)] == []
