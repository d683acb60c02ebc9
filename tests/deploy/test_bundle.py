"""The bundle, built for this machine's interpreter, behind Lambda's runtime client (which is for Linux)."""

from __future__ import annotations

import importlib.util
import json
import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bench.runtime_api import Answer, Function, FunctionProcess, bundle_python
from tests.support.app import TOKEN
from tests.support.fake_openai import FakeOpenAI
from tests.support.paths import ROOT
from tools import package
from tools.requirements import pinned

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is for Linux")

EVENTS = {
    path.name.removesuffix(".json"): json.loads(path.read_text())
    for path in sorted((ROOT / "events").glob("*.json"))
}
FUNCTIONS = sorted({name.partition(".")[0] for name in EVENTS})
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
ELF_MACHINES = {"x86_64": 62, "arm64": 183}  # in the ELF header's e_machine
UNCHECKED_HASH = (1).to_bytes(4, "little")  # PEP 552's flags


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of bundle.zip and of task/, where it is unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, "tools/package.py", "--python", PYTHON, "--arch", ARCHITECTURE]
    subprocess.run([*command, "--output", str(folder)], cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        archive.extractall(folder / "task")
    return folder


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[str, ...], str]:
    return bundle_python(tmp_path_factory.mktemp("client"))


class Lambda:
    """Starts functions of the bundle, and of nothing beside it."""

    def __init__(self, root: Path, python: tuple[str, ...], client: str, environ: dict[str, str]) -> None:
        self._root, self._python = root, python
        self._environ = {**environ, "PYTHONPATH": f"{root}:{client}", "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, name: str, **environ: str) -> FunctionProcess:
        function = Function(
            handler=f"functions.{name}.handler",
            root=self._root,
            environ=self._environ | environ,
            python=self._python,
            name=f"threadr-{name}",
        )
        return FunctionProcess(function)


@pytest.fixture
def lambda_(
    bundle: Path,
    interpreter: tuple[tuple[str, ...], str],
    upstash_settings: dict[str, Any],
    openai: FakeOpenAI,
) -> Lambda:
    environ = {
        "ENVIRONMENT": "production",
        "UPSTASH_REDIS_REST_URL": upstash_settings["upstash_redis_rest_url"],
        "UPSTASH_REDIS_REST_TOKEN": TOKEN,
        "STORE_TIMEOUT_MS": "5000",
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": openai.url,
        "ADMIN_TOKEN": "local-admin",  # as the sample events have it
        "RATE_LIMIT_REQUESTS": "1000",
    }
    return Lambda(bundle / "task", *interpreter, environ)


def status(answer: Answer) -> int:
    assert not answer.is_error, answer.payload
    code: int = answer.payload.get("statusCode", 200)
    return code


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_event_into_every_function_is_answered(lambda_: Lambda, name: str) -> None:
    with lambda_.start(name) as process:
        assert not process.init.is_error, process.init.payload
        answers = {event: status(process.invoke(EVENTS[event])) for event in EVENTS}
        assert all(isinstance(json.loads(line), dict) for line in process.log.splitlines())
    assert max(answers.values()) < 500
    own = {event: code for event, code in answers.items() if event.partition(".")[0] == name}
    of_a_thread = (
        "threads",
        "threads.kept",
        "threads.page",
        "threads.oembed",
        "generate.edit",
        "generate.rewrite",
    )
    refused = dict.fromkeys(of_a_thread, 404) | dict.fromkeys(("generate.usage", "cache.thread"), 401)
    assert own == {event: refused.get(event, 200) for event in own}


def test_the_model_writes_and_the_store_keeps(lambda_: Lambda) -> None:
    with lambda_.start("generate") as process:
        made = process.invoke(EVENTS["generate.rest"])
    with lambda_.start("generate") as process:
        kept = process.invoke(EVENTS["generate.function-url"])
    bodies = [json.loads(answer.payload["body"]) for answer in (made, kept)]
    assert [(body["generator"], body["cached"]) for body in bodies] == [("openai", False), ("openai", True)]


def test_http_schedule_and_http_share_a_process(lambda_: Lambda) -> None:
    with lambda_.start("health_check") as process:
        results = [process.invoke(EVENTS[each]) for each in ("monitor", "health_check", "monitor")]
    parts = [{part: each["status"] for part, each in one.payload["services"].items()} for one in results]
    assert parts == [{"redis": "healthy", "openai": "unknown", "extraction": "healthy"}] * 3
    with lambda_.start("monitor") as process:
        codes = [
            status(process.invoke(EVENTS[each])) for each in ("monitor.health", "health_check", "monitor")
        ]
    assert codes == [200, 400, 200]


def test_a_bad_setting_is_the_inits_error(lambda_: Lambda) -> None:
    with lambda_.start("generate", RATE_LIMIT_REQUESTS="canary") as process:
        init = process.init
    assert (init.is_error, init.payload["errorType"]) == (True, "SettingsError")
    assert init.payload["errorMessage"] == "RATE_LIMIT_REQUESTS must be a whole number"
    assert "canary" not in json.dumps(init.payload)


def test_every_module_has_bytecode_that_is_never_checked(bundle: Path) -> None:
    with zipfile.ZipFile(bundle / "bundle.zip") as archive:
        names = set(archive.namelist())
        heads = {name: archive.read(name)[:8] for name in names if name.endswith(".pyc")}
    assert set(heads.values()) == {importlib.util.MAGIC_NUMBER + UNCHECKED_HASH}
    sources = {name for name in names if name.endswith(".py")}
    assert heads.keys() == {importlib.util.cache_from_source(name) for name in sources}


def test_the_bundle_holds_what_is_locked_and_nothing_to_test_with(bundle: Path) -> None:
    folders = {path.relative_to(bundle / "task") for path in (bundle / "task").rglob("*") if path.is_dir()}
    assert not [path for path in folders if path.name == "tests" or path.parts[:2] == ("pydantic", "v1")]
    infos = [path for path in folders if path.name.endswith(".dist-info")]
    locked = [pin for pin in pinned() if "sys_platform == 'win32'" not in pin and "emscripten" not in pin]
    assert 40 < len(infos) <= len(locked)
    assert all((bundle / "task" / info / name).is_file() for info in infos for name in ("METADATA", "RECORD"))


def test_all_binaries_are_the_targets(bundle: Path) -> None:
    binaries = list((bundle / "task").rglob("*.so*"))
    assert len(binaries) > 10
    machines = {int.from_bytes(path.read_bytes()[18:20], "little") for path in binaries}
    assert machines == {ELF_MACHINES[ARCHITECTURE]}
    others = [path.name for path in binaries if ".cpython-" in path.name]
    assert all(f".cpython-{PYTHON.replace('.', '')}-" in name for name in others)


def test_compiling_and_zipping_again_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    package.copy_own_code(tmp_path / "build")
    zips = []
    for name in ("one.zip", "two.zip"):
        package.prune(tmp_path / "build")
        package.compile_bytecode(tmp_path / "build", sys.executable)
        package.write_zip(tmp_path / "build", tmp_path / name)
        zips.append((tmp_path / name).read_bytes())
    assert zips[0] == zips[1]
