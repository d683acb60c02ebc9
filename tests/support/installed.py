"""The wheel, built and installed into an environment of its own, whose console script tests run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

FOLDERS = ("core", "functions", "web")
_OUTSIDE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


def build_wheel(folder: Path) -> Path:
    """Of a copy, since setuptools writes beside what it builds."""
    source = folder / "source"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """The console script; it runs in `folder`, where nothing of the checkout is."""

    script: Path
    folder: Path

    def __call__(
        self, *arguments: str, given: str | bytes = b"", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(  # noqa: S603
            [str(self.script), *arguments],
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            **self.place(**environ),
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def place(self, **environ: str) -> dict[str, Any]:
        """What Popen is given besides."""
        inherited = {name: os.environ[name] for name in _OUTSIDE if name in os.environ}
        return {"cwd": self.folder, "env": inherited | environ}


def install(wheel: Path, folder: Path) -> Path:
    """Its console script. What it depends on is taken from the environment of the tests: that is locked."""
    place = folder / "venv"
    venv.create(place, with_pip=False)
    _pip("--python", str(place / "bin" / "python"), "install", "--no-deps", str(wheel))
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "locked.pth").write_text(sysconfig.get_paths()["purelib"])
    return place / "bin" / "threadr"


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
