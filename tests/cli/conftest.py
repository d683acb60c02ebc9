"""The installed console script for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installed import Installed, build_wheel, install


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def _script(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def threadr(_script: Path, tmp_path: Path) -> Installed:
    return Installed(_script, tmp_path)
