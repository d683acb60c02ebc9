"""The code stays readable: how large, how complex and how loosely typed it may be, in figures with limits."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest
from radon.complexity import add_inner_blocks, cc_visit

from tests.support.paths import ROOT

Places = dict[str, int]
Function = ast.FunctionDef | ast.AsyncFunctionDef

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md"))
# The most that each place may have; 0: there is no such place.
LIMITS = {
    "lines of a file": 220,
    "methods of a class": 16,
    "fields of a class": 12,
    "lines of a function": 30,
    "parameters of a function": 5,
    "complexity of a function": 12,
    "BaseException elsewhere": 0,
    "broad except without its reason": 0,
    "private word": 0,
    "appended cache status": 0,
}
# The most that all places together may have.
TOTALS = {
    "files that write Cache-Status": 1,
    "broad excepts": 10,
    "dict[str, Any]": 15,
    "lines of Python": 20_223,
}

MAY_BE_LONG = {"core/errors.py"}
MAY_CATCH_EVERYTHING = ("core/http/", "core/article/ssrf_guard.py")
WORDS = re.compile(r"\b(?:told|makeshift|anew|furniture|stands_in|make_do|dear|zoo)\b|MOST_|LEAST_")
CACHE_STATUS = re.compile(r"""["'](?:; )?fwd=|["'; ]ttl=\{|; detail=|; stored|; collapsed""")
APPENDED = re.compile(r"cache_status\s*(?:\+=|=\s*f[\"']\{|=\s*\w[\w.]*cache_status\s*\+)")
REASON = re.compile(r"#\s*(?!noqa|type:|pragma)\w|#\s*noqa.*? - \w")


def figures(root: Path) -> dict[str, Places]:
    """Each figure of the tree under `root` by its name in LIMITS and TOTALS: the number at each place."""
    found: dict[str, Places] = {name: {} for name in LIMITS | TOTALS}
    sources = {
        str(path.relative_to(root)): path.read_text("utf-8")
        for folder in ("core", "functions")
        for path in sorted(root.glob(f"{folder}/**/*.py"))
    }
    models = _pydantic_models(sources.values())
    for file, source in sources.items():
        tree = ast.parse(source)
        found["lines of Python"][file] = lines = len(source.splitlines())
        if file not in MAY_BE_LONG:
            found["lines of a file"][file] = lines
        _measure_classes(file, tree, models, found)
        _measure_functions(file, tree, found)
        for block in add_inner_blocks(cc_visit(source)):
            if block.letter != "C":
                found["complexity of a function"][f"{file}:{block.lineno} {block.name}"] = block.complexity
        _find_lines(file, source, WORDS, found["private word"])
        if file.startswith("core/"):
            _find_lines(file, source, APPENDED, found["appended cache status"])
            found["files that write Cache-Status"][file] = bool(CACHE_STATUS.search(source))
            found["dict[str, Any]"][file] = source.count("dict[str, Any]")
            _find_broad_excepts(file, source, tree, found)
    return found


def summary(root: Path) -> str:
    """A line for each figure: the largest number or the sum, its limit, and the place of the largest."""
    rows = []
    for name, places in figures(root).items():
        largest = max(places, key=lambda place: places[place], default="nowhere")
        limit = (LIMITS | TOTALS)[name]
        number = sum(places.values()) if name in TOTALS or not limit else places[largest]
        rows.append(f"{name}: {number} (limit {limit}), first {largest}")
    return "\n".join(rows)


def _pydantic_models(sources: Iterable[str]) -> set[str]:
    """Names of the classes that descend from BaseModel, by the names of their bases."""
    classes = [node for source in sources for node in ast.walk(ast.parse(source)) if _is_class(node)]
    models = {"BaseModel"}
    while more := {node.name for node in classes if models & set(map(ast.unparse, node.bases))} - models:
        models |= more
    return models


def _is_class(node: ast.AST) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef)


def _measure_classes(file: str, tree: ast.Module, models: set[str], found: dict[str, Places]) -> None:
    for node in filter(_is_class, ast.walk(tree)):
        place = f"{file}:{node.lineno} {node.name}"
        found["methods of a class"][place] = sum(isinstance(each, Function) for each in node.body)
        if node.name != "Settings" and node.name not in models:
            found["fields of a class"][place] = len(set(_fields(node)))


def _fields(node: ast.ClassDef) -> Iterator[str]:
    """What is annotated in the class, and what its __init__ sets."""
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and "ClassVar" not in ast.unparse(each.annotation):
            yield ast.unparse(each.target)
        if isinstance(each, Function) and each.name == "__init__":
            yield from (
                part.attr
                for part in ast.walk(each)
                if isinstance(part, ast.Attribute)
                and isinstance(part.ctx, ast.Store)
                and ast.unparse(part.value) == "self"
            )


def _measure_functions(file: str, tree: ast.Module, found: dict[str, Places]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            place = f"{file}:{node.lineno} {node.name}"
            named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = sum(each.arg not in ("self", "cls") for each in named)
            found["lines of a function"][place] = (node.end_lineno or node.lineno) - node.lineno + 1
            found["parameters of a function"][place] = parameters


def _find_lines(file: str, source: str, pattern: re.Pattern[str], places: Places) -> None:
    for number, line in enumerate(source.splitlines(), 1):
        if match := pattern.search(line):
            places[f"{file}:{number} {match[0]}"] = 1


def _find_broad_excepts(file: str, source: str, tree: ast.Module, found: dict[str, Places]) -> None:
    lines = ["", *source.splitlines(), ""]
    for node in ast.walk(tree):
        names = _broad_names(node)
        if not names or not isinstance(node, ast.ExceptHandler | ast.Call):
            continue
        place = f"{file}:{node.lineno}"
        found["broad excepts"][place] = 1
        if "BaseException" in names and not file.startswith(MAY_CATCH_EVERYTHING):
            found["BaseException elsewhere"][place] = 1
        above, line, below = lines[node.lineno - 1 : node.lineno + 2]
        beside = [each for each in (above, below) if each.strip().startswith("#")]
        if not any(map(REASON.search, [line, *beside])):
            found["broad except without its reason"][place] = 1


def _broad_names(node: ast.AST) -> set[str]:
    """The broad exceptions that the node catches: Exception, BaseException, or both for a bare except."""
    broad = {"Exception", "BaseException"}
    if isinstance(node, ast.ExceptHandler):
        if node.type is None:
            return broad
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
        caught = node.args
    else:
        return set()
    return broad & {ast.unparse(each).removeprefix("builtins.") for each in caught}


@functools.cache
def ours() -> dict[str, Places]:
    return figures(ROOT)


def shown(places: Places) -> str:
    return "\n".join(
        f"{place}: {places[place]}" for place in sorted(places, key=lambda place: -places[place])
    )


@pytest.mark.parametrize("name", LIMITS)
def test_no_place_goes_beyond_the_limit(name: str) -> None:
    beyond = {place: number for place, number in ours()[name].items() if number > LIMITS[name]}
    assert not beyond, f"{name}, at most {LIMITS[name]}:\n{shown(beyond)}"


@pytest.mark.parametrize("name", TOTALS)
def test_all_places_together_stay_within_the_limit(name: str) -> None:
    places = {place: number for place, number in ours()[name].items() if number}
    assert sum(places.values()) <= TOTALS[name], f"{name}, at most {TOTALS[name]}:\n{shown(places)}"


@pytest.mark.parametrize("document", ["README.md", *PAGES, "template.yaml", "serverless.yml", "Makefile"])
def test_files_that_documents_name_exist(document: str) -> None:
    names = re.findall(r"\b(?:core|functions|tests|bench|tools)/[\w/]+\.py\b", (ROOT / document).read_text())
    assert [name for name in names if not (ROOT / name).is_file()] == []
