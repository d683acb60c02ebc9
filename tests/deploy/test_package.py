"""What `make package` looks for, leaves out and refuses; test_bundle.py drives a whole bundle."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tools import package

PYTHON = "3.99"  # nobody has it
Place = Callable[[Path, pytest.MonkeyPatch], None]


def own_files() -> set[str]:
    """What lies under core/, functions/ and web/."""
    found = [path for folder in package.OWN_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def executable(path: Path, prints: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {prints}\n")
    path.chmod(0o755)
    return path


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a shim that has no interpreter behind it."""
    shim = executable(folder / "shims" / f"python{PYTHON}", "not installed")
    monkeypatch.setenv("PATH", f"{shim.parent}:{folder}/there")


def in_pyenv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(folder / "pyenv"))


def through_uv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = executable(folder / "uv" / "uv", f"{folder}/there/python{PYTHON}")
    monkeypatch.setenv("PATH", str(uv.parent))


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    monkeypatch.delenv("BYTECODE", raising=False)


@pytest.mark.parametrize(
    ("place", "where"),
    [
        pytest.param(on_path, f"there/python{PYTHON}", id="path"),
        pytest.param(in_pyenv, f"pyenv/versions/{PYTHON}.1/bin/python{PYTHON}", id="pyenv"),
        pytest.param(through_uv, f"there/python{PYTHON}", id="uv"),
    ],
)
def test_the_runtimes_interpreter_is_found(
    place: Place, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / where, PYTHON)
    place(tmp_path, monkeypatch)
    assert package.find_interpreter(PYTHON) == str(tmp_path / where)


def build(output: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Packages what is ours, without the dependencies."""
    monkeypatch.setattr(package, "install_dependencies", lambda *_: None)
    monkeypatch.setattr("sys.argv", ["package.py", "--output", str(output), *options])
    return package.main()


def test_without_an_interpreter_there_is_no_bundle_but_ways_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path, monkeypatch, "--python", PYTHON) == 1
    said = capsys.readouterr().err
    ways = ("uv python install 3.99", "pyenv install 3.99", "apt install python3.99", "BYTECODE=no")
    assert all(way in said for way in ways)
    assert not (tmp_path / "bundle.zip").exists()


def test_bytecode_may_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYTECODE", "no")
    assert build(tmp_path, monkeypatch, "--python", PYTHON) == 0
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert set(archive.namelist()) == own_files()
        assert {name: archive.read(name) for name in own_files()} == {
            name: (ROOT / name).read_bytes() for name in own_files()
        }


@pytest.mark.parametrize("name", ["unzipped", "zipped"])
def test_a_bundle_that_is_too_large_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BYTECODE", "no")
    assert package.MAX_BYTES == {"unzipped": 80_000_000, "zipped": 30_000_000}
    monkeypatch.setitem(package.MAX_BYTES, name, 100_000)
    assert build(tmp_path, monkeypatch) == 1
    assert capsys.readouterr().err == f"The bundle may have 0.1 MB {name}.\n"


def test_what_nobody_reads_is_left_out_and_every_dist_info_stays(tmp_path: Path) -> None:
    unread = [
        *("bin/tool", "a/tests/test_a.py", "a/__pycache__/b.pyc", "pydantic/v1/main.py", "lxml/etree.pyx"),
        *("openai/types/beta/thread.py", "lxml/objectify.so", "babel/locale-data/fr.dat", "a/b.pyi"),
    ]
    kept = ["a/b.py", "a-1.dist-info/RECORD", "babel/locale-data/en_GB.dat", "openai/types/chat/chat.py"]
    for name in [*unread, *kept]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    package.prune(tmp_path)
    assert sorted(
        path.relative_to(tmp_path).as_posix() for path in package.bundled_files(tmp_path)
    ) == sorted(kept)
