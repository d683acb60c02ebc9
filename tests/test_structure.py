"""The architecture holds: imports point downwards, heavy ones wait, the documents are true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from core.settings import Settings

ROOT = Path(__file__).parent.parent
MODULES = sorted([*ROOT.glob("core/*.py"), *ROOT.glob("functions/*.py")])
# From the ground up; a module imports only from rows above its own, or from its own row.
LAYERS = [
    "errors settings article cleaning counting language leaning days window directives usage counters",
    "sentences splitting thread composer urls canonical addresses identity keys prices",
    "entry tally store exchange metrics model_note log tls loop breaker scripts markup pdf walls",
    "extractive passages furniture prompt claims",
    "refusals lambda_event local_window pipeline bounded dialing flights",
    "upstash tcp memory ratelimit shared chat reply openai_composer web",
    "extraction builtin",
    "cache writer",
    "api",
    "answer job edits export",
    "leader permalink review",
    "generation rewriting",
    "rooms problems examples openapi security frame admin app lambda_handler health report startup",
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names.split()}
HEAVY = "openai httpx2 trafilatura lxml twitter_text redis upstash_redis upstash_ratelimit".split()


def imported_core_modules(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "core":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core."):
            found.add(str(node.module).removeprefix("core."))
    return found


def test_every_module_of_core_has_its_layer() -> None:
    assert {path.stem for path in ROOT.glob("core/*.py")} - {"__init__"} <= set(LEVEL)


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.parent.name == "core"], ids=lambda path: path.stem
)
def test_imports_point_downwards(path: Path) -> None:
    assert "functions" not in path.read_text().split("import")
    above = {name for name in imported_core_modules(path) if LEVEL[name] > LEVEL.get(path.stem, 99)}
    assert not above


@pytest.mark.parametrize("module", ["generate", "cache", "monitor", "pages", "health_check"])
def test_starting_a_function_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, functions.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert not set(HEAVY) & set(done.stdout.split())


def test_the_environment_is_read_in_one_place() -> None:
    readers = {path.stem for path in MODULES if re.search(r"\benviron\b|getenv", path.read_text())}
    assert readers == {"settings", "tls"}  # tls: which certificates the machine wants trusted


def test_functions_hold_no_logic() -> None:
    for path in ROOT.glob("functions/*.py"):
        kinds = {type(node) for node in ast.walk(ast.parse(path.read_text()))}
        assert not kinds & {ast.Try, ast.While, ast.For}, path.name


def test_the_readme_tells_every_setting_with_its_default() -> None:
    rows = dict(
        re.findall(r"^\| (`[A-Z_`, ]+`) \| ([^|]*) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    )
    told = {name: default for names, default in rows.items() for name in re.findall(r"[A-Z_]+", names)}
    assert set(told) == {setting.name.upper() for setting in fields(Settings)}
    for setting in fields(Settings):
        if isinstance(setting.default, int | float | str):
            default = setting.default if isinstance(setting.default, str) else f"{setting.default:g}"
            assert re.search(rf"(?<![\w.]){re.escape(default)}(?![\w.])", told[setting.name.upper()]), (
                setting.name
            )
