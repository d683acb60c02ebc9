"""The architecture: packages import by the table, heavy imports are late, settings are documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from core.cache.outcome import LookupOutcome
from core.settings import Settings
from core.store.protocol import Lookup
from tests.support.paths import ROOT

MODULES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("functions/*.py")])
# Who may import whom. The files of core/ itself but services are open to all.
MAY_IMPORT = {
    "cli": "ops services threads cache writing text",
    "functions": "http ops pages threads cache text services workers mcp",
    "pages": "http threads cache services workers",
    "mcp": "http threads cache services workers",
    "ops": "services threads cache store writing article text workers net",
    "http": "text",
    "services": "threads cache store writing article net",
    "threads": "cache writing article text net workers",
    "cache": "store net",
    "writing": "article text net workers",
    "article": "text net",
    "store": "net",
    "text": "",
    "workers": "",
    "net": "",
}
ROOT_FILES = "errors settings log usage values rate_limit request services".split()
HEAVY = """openai httpx2 trafilatura lxml twitter_text redis upstash_redis upstash_ratelimit
pydantic.v1.main""".split()
OF_A_MISS = """core.article.extraction core.article.fetcher core.writing.extractive.composer
core.text.sentences core.threads.views""".split()
# What must not be imported when a function starts.
LATE = {
    **{name: [*HEAVY, *OF_A_MISS] for name in ("cache", "threads", "monitor")},
    "generate": [*HEAVY, *OF_A_MISS, "core.threads.estimate", "core.cache.purge"],
    "pages": [*HEAVY, "pydantic", "fastapi"],
    "mcp": [*HEAVY, *OF_A_MISS, "fastapi"],
    "health_check": [*HEAVY, *OF_A_MISS, "pydantic", "starlette", "fastapi", "mangum"],
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix("")).removeprefix("core/")


def get_origin_or_self(kind: Any) -> Any:
    return get_origin(kind) or kind


def package_of(path: Path) -> str:
    """The package of core that the file is in, the name of a file of core itself, or `functions`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if parts[0] == "functions" else parts[1]


def imported(path: Path) -> Iterator[str]:
    """The packages and files of core that the module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("core."))
        yield from ("functions" for name in names if name.split(".")[0] == "functions")


def test_core_holds_its_eight_files_and_the_packages_of_the_table() -> None:
    files = {path.stem for path in ROOT.glob("core/*.py")} - {"__init__"}
    packages = {path.parent.name for path in ROOT.glob("core/*/__init__.py")}
    folders = {path.name for path in ROOT.glob("core/*/") if path.name != "__pycache__"}
    assert files == set(ROOT_FILES)
    assert folders == packages == set(MAY_IMPORT) - {"functions", "services"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_package_imports_only_what_the_table_allows(path: Path) -> None:
    package = package_of(path)
    open_to_all = {*ROOT_FILES} - {"services"}
    may = {*MAY_IMPORT.get(package, "").split(), package} | open_to_all
    assert package in MAY_IMPORT or package in open_to_all | {"__init__"}
    if path.name == "local.py":
        may.add("functions")
    assert set(imported(path)) <= may


@pytest.mark.parametrize("path", sorted(ROOT.glob("core/**/__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_is_one_docstring(path: Path) -> None:
    (docstring,) = ast.parse(path.read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    assert len(path.read_text().splitlines()) == 1


def test_only_pytest_reads_conftest() -> None:
    paths = [path for folder in ("bench", "tests", "tools") for path in ROOT.glob(f"{folder}/**/*.py")]
    readers = [
        path.name for path in paths if re.search(r"^(?:from|import) .*\bconftest\b", path.read_text(), re.M)
    ]
    assert readers == []


def test_a_look_up_is_eleven_fields_and_seven_outcomes() -> None:
    kinds = [field.type for field in fields(Lookup)]
    assert len(kinds) <= 11
    assert kinds.count("bool") <= 1
    assert {each.__name__ for each in map(get_origin_or_self, get_args(LookupOutcome))} == {
        *("Hit", "SameDraft", "Limited", "Failed", "NotStored", "Follow", "Lead")
    }


def test_a_rewrite_is_short_and_takes_no_post_apart() -> None:
    source = (ROOT / "core/threads/rewrite.py").read_text()
    assert len(source.splitlines()) <= 100
    assert not re.search(r"removesuffix|removeprefix|\.split\(|\bre\.|\[len\(", source)


@pytest.mark.parametrize("module", LATE)
def test_starting_a_function_imports_only_what_its_first_answer_needs(module: str) -> None:
    code = f"import sys, functions.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert not set(LATE[module]) & set(done.stdout.split())


def test_a_start_builds_the_models_of_a_hit_and_leaves_others_to_their_first_use() -> None:
    models = "s.GenerateRequest, s.GenerateAnswer, s.PostOut, s.ThreadsAnswer, e.RewriteAnswer"
    code = f"""import functions.generate, core.threads.schemas as s, core.threads.edit_schemas as e
print(*(model.__pydantic_complete__ for model in ({models})))"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["True", "True", "False", "False", "False"]


_MAKES_A_THREAD = """
import asyncio, httpx, sys
from functions import local
async def main():
    transport = httpx.ASGITransport(local.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        made = await client.post("/api/generate", json={"text": "A text — that is short 中. https://a.example"})
        checked = await client.post("/api/validate", json={"thread": ["中 https://a.example"]})
        assert (made.status_code, checked.status_code) == (200, 200), made.text
asyncio.run(main())
print(*sys.modules)
"""


def test_libraries_that_work_on_texts_are_imported_by_workers_alone() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _MAKES_A_THREAD], cwd=ROOT, capture_output=True, text=True, check=True
    )
    libraries = {"trafilatura", "lxml", "markdown_it", "pypdf", "sentencex", "regex", "twitter_text"}
    libraries |= {"json_repair", "fasttext", "charset_normalizer"}
    assert not libraries & set(done.stdout.split())


def test_the_environment_is_read_in_one_place() -> None:
    readers = {path.stem for path in MODULES if re.search(r"\benviron\b|getenv", path.read_text())}
    # environment, doctor: the command line's; tls: which certificates the machine trusts; worker: what
    # a process inherits.
    assert readers == {"settings", "tls", "worker", "environment", "doctor"}


def test_functions_hold_no_logic() -> None:
    for path in ROOT.glob("functions/*.py"):
        kinds = {type(node) for node in ast.walk(ast.parse(path.read_text()))}
        assert not kinds & {ast.Try, ast.While, ast.For}, path.name


def test_the_documentation_names_every_setting_with_its_default() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    rows = dict(re.findall(r"^\| (`[A-Z_`, ]+`) \| ([^|]*) \|", page, re.MULTILINE))
    defaults = {name: default for names, default in rows.items() for name in re.findall(r"[A-Z_]+", names)}
    assert set(defaults) == {setting.name.upper() for setting in fields(Settings)}
    for setting in fields(Settings):
        if isinstance(setting.default, int | float | str):
            default = setting.default if isinstance(setting.default, str) else f"{setting.default:g}"
            assert re.search(rf"(?<![\w.]){re.escape(default)}(?![\w.])", defaults[setting.name.upper()]), (
                setting.name
            )
