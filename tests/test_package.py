"""The bundle has our code and every data file beside it, and works where it is unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tools import package

_READ_DATA = "from functions import pages; print(pages.app.openapi()['info']['title'])"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own part of the bundle, made by the steps of `make package`."""
    folder = tmp_path_factory.mktemp("package")
    package.copy_own_code(folder / "build")
    package.prune(folder / "build")
    package.write_zip(folder / "build", folder / "bundle.zip")
    return folder / "bundle.zip"


def own_files() -> set[str]:
    """What lies under core/, functions/ and web/."""
    found = [path for folder in package.OWN_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_bundle_holds_every_file_of_ours(bundle: Path) -> None:
    data = {name for name in own_files() if not name.endswith(".py")}
    assert {"core/http/openapi.toml", "core/http/openapi_examples.json", "web/index.html"} <= data
    with zipfile.ZipFile(bundle) as archive:
        assert set(archive.namelist()) == own_files()
        assert {name: archive.read(name) for name in data} == {
            name: (ROOT / name).read_bytes() for name in data
        }


def test_data_is_read_where_the_bundle_is_unpacked(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _READ_DATA], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "Threadr\n"


def test_a_bundle_is_the_same_each_time(bundle: Path, tmp_path: Path) -> None:
    package.write_zip(bundle.parent / "build", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
