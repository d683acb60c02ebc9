"""Prints the pinned requirements, with their hashes, of pyproject.toml's dependencies and the named extras.

pip checks hashes only where it is given the exact version of everything it installs, so what the dependencies
depend on is printed too, by the "# via" notes that constraints.txt has under each pin.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pinned(*extras: str) -> list[str]:
    """The pins, as constraints.txt has them, of all that the project with these extras installs.

    Without extras they are the bundle's, which has no command line.
    """
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, unbundled = table["project"], [] if extras else table["tool"]["threadr"]["unbundled"]
    groups = (project["dependencies"], *map(project["optional-dependencies"].get, extras))
    return pins_of(line for group in groups for line in group if name_of(line) not in unbundled)


def pins_of(requirements: Iterable[str]) -> list[str]:
    """The pins of these packages and of what they depend on."""
    wanted = set(map(name_of, requirements))
    locked = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^\w.*\n(?: .*\n)+", locked, re.MULTILINE)
    found = set[str]()
    while wanted - found:
        found |= wanted
        wanted |= {name_of(pin) for pin in pins if found & parents_of(pin)}
    if missing := wanted - set(map(name_of, pins)):
        raise SystemExit(f"constraints.txt lacks {', '.join(sorted(missing))}: run `make lock`.")
    return [pin for pin in pins if name_of(pin) in wanted]


def name_of(requirement: str) -> str:
    """The package's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def parents_of(pin: str) -> set[str]:
    return set(re.findall(r"[\w.-]+", pin.partition("# via")[2]))


if __name__ == "__main__":
    print("".join(pinned(*sys.argv[1:])), end="")
