"""Lists of words and patterns: .toml files beside the code that uses them, read when first needed."""

import functools
import re
from pathlib import Path


@functools.cache
def word_lists(module_file: str) -> dict[str, dict[str, str]]:
    """The tables of the .toml file beside a module, which gives its `__file__`."""
    import tomllib

    return tomllib.loads(Path(module_file).with_suffix(".toml").read_text("utf-8"))


@functools.cache
def pattern(module_file: str, table: str, name: str) -> re.Pattern[str]:
    """A pattern of a module's own, in which "." is any character."""
    return re.compile(word_lists(module_file)[table][name], re.DOTALL)


def alternatives(patterns: str) -> str:
    """A pattern that matches any of `patterns`: white space divides them, "_" is a space."""
    return "|".join(patterns.split()).replace("_", " ")


@functools.cache
def any_of(module_file: str, table: str, name: str) -> re.Pattern[str]:
    """The same of a module's own list, without case."""
    return re.compile(alternatives(word_lists(module_file)[table][name]), re.IGNORECASE)
