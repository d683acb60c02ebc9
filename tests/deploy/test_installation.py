"""The project installed from its folder with all that it depends on, as uvx and pipx do it."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

import pytest

from tests.support.installed import Installed, build_wheel

pytestmark = pytest.mark.deploy


def test_a_fresh_environment_has_all_that_the_command_needs(tmp_path: Path) -> None:
    wheel, place = build_wheel(tmp_path), tmp_path / "venv"
    venv.create(place, with_pip=True)
    subprocess.run([place / "bin" / "pip", "install", "--quiet", str(wheel)], check=True)  # noqa: S603
    threadr = Installed(place / "bin" / "threadr", tmp_path)
    assert threadr("make", "-", given="A short text.").stdout == "A short text.\n"
    assert threadr("serve", PORT="99999").returncode == 3
    assert threadr("doctor").returncode == 0
