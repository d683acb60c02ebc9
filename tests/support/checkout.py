"""A copy of what `tools/deploy.py` reads, with a small bundle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.paths import ROOT

# Writes down what it is started with, and answers as the SAM CLI does.
_SAM = """#!/bin/sh
echo "$*" >> "$SEEN/arguments"
for last; do :; done
case "$last" in file://*) cp "${last#file://}" "$SEEN/values";; esac
[ "$1" = list ] && echo '[{"OutputKey": "ApiUrl", "OutputValue": "https://a1.execute-api.eu-west-1.amazonaws.com"}]'
[ -z "$SAM_FAILS" ]
"""


class Checkout:
    """`sam` is one that only writes down what it is given, unless another one is named."""

    def __init__(self, folder: Path, sam: Path | None = None) -> None:
        self.folder, self.seen = folder / "threadr", folder / "seen"
        for path in (self.folder / "tools", self.folder / "dist", self.seen, folder / "bin"):
            path.mkdir(parents=True)
        shutil.copytree(ROOT / "core" / "cli", self.folder / "core" / "cli")
        for name in ("tools/deploy.py", "template.yaml", "samconfig.toml"):
            shutil.copy(ROOT / name, self.folder / name)
        with zipfile.ZipFile(self.folder / "dist" / "bundle.zip", "w") as bundle:
            bundle.writestr("functions/__init__.py", "")
        if sam is None:
            sam = folder / "bin" / "sam"
            sam.write_text(_SAM)
            sam.chmod(0o755)
        self._environ = {"PATH": f"{sam.parent}:{os.defpath}", "SEEN": str(self.seen)}

    def deploy(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [sys.executable, "tools/deploy.py", *arguments],
            cwd=self.folder,
            env=self._environ | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def arguments(self) -> str:
        path = self.seen / "arguments"
        return path.read_text() if path.exists() else ""

    def values(self) -> dict[str, str]:
        given: dict[str, str] = json.loads((self.seen / "values").read_text())
        return given
