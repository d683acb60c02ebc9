"""`threadr doctor`: what is set, what a wrong value means, and whether store and model answer."""

import asyncio
import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import click

from core.cli.environment import ENV_FILE, dotenv
from core.cli.main import exit_code, services
from core.settings import BAD_SETTING, Settings, SettingsError
from core.text.cleaning import clean_line
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from core.ops.health import ServiceHealth

_SECONDS = 20.0  # for each part; a first import takes long where the machine is busy
_LOGIN = re.compile("//[^/]*@")
_SETTINGS: Mapping[str, Field[Any]] = {each.name.upper(): each for each in fields(Settings)}


@dataclass(frozen=True, slots=True)
class Finding:
    """`exit_code` is that of the process, and 0 unless something is wrong."""

    mark: Literal["ok", "note", "wrong"]
    words: str
    exit_code: int = 0


@click.command("doctor")
def doctor_command() -> None:
    """Say what is set, what is wrong, and what answers; secrets are not shown."""
    worst = 0
    for finding in dict.fromkeys((*settings_of(os.environ), *parts())):  # once, what both find
        click.echo(f"{finding.mark:7}{finding.words}")
        worst = worst or finding.exit_code
    sys.exit(worst)


def settings_of(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Each setting that is set, and each variable whose name is nearly that of one."""
    if ENV_FILE.is_file():
        yield Finding("ok", f"{ENV_FILE} is read; what the environment sets goes before it.")
    given = {name for name, value in environ.items() if name in _SETTINGS and value.strip()}
    for name in sorted(given):
        yield _setting(name, environ[name])
    if not given:
        yield Finding("ok", "No setting is set: all have their defaults.")
    for name in sorted({*environ, *dotenv(ENV_FILE)} - _SETTINGS.keys()):
        if close := difflib.get_close_matches(name, _SETTINGS.keys(), 1, 0.8):
            yield Finding("note", f"{name} is no setting and changes nothing; {close[0]} is one.")


def _setting(name: str, value: str) -> Finding:
    setting = _SETTINGS[name]
    try:
        Settings.from_env({name: value})
    except SettingsError as error:
        if str(error).startswith(name):
            return _bad(error)
    if setting.metadata["secret"]:
        return Finding("ok", f"{name} is set, and is not shown.")
    default = setting.default if isinstance(setting.default, int | float | str) else ""
    shown = _LOGIN.sub("//…@", clean_line(value))
    return Finding("ok", f"{name} is {shown}{f' (default {default})' if default != '' else ''}.")


def _bad(error: SettingsError) -> Finding:
    return Finding("wrong", f"{error}. Nothing starts until that is changed.", BAD_SETTING)


def parts() -> Iterator[Finding]:
    """Store, model and composer, asked now; or why none can be asked."""
    try:
        found = asyncio.run(_health())
    except SettingsError as error:
        yield _bad(error)
        return
    yield _part("store", found["redis"], exit_code("cache-unavailable"))
    yield _part("model", found["openai"], exit_code("model-unavailable"))
    yield _part("built-in composer", found["extraction"], exit_code("internal"))


def _part(name: str, part: "ServiceHealth", code: int) -> Finding:
    meaning = word_lists(__file__).get(name, {}).get(part.status, "")
    if part.status == "not_configured":
        return Finding("note", meaning)
    if part.status == "healthy":
        works = f"The {name} works{f', in {part.latency_ms} ms' if name == 'store' else ''}."
        return Finding("ok", meaning or works)
    words = f"The {name} is {part.status.replace('_', ' ')}: {part.reason}"
    return Finding("wrong", f"{words}{'' if words[-1] in '.!?' else '.'} {meaning}".rstrip(), code)


async def _health() -> Mapping[str, "ServiceHealth"]:
    """As /api/monitor/health has it, but for the model, whose server is asked for its list: that is free."""
    from core.ops.health import extraction_health, health
    from core.ops.report import check

    async with services() as own:
        extraction = await extraction_health(_SECONDS)
        found = (await check(own)).services | {"extraction": extraction}
        if own.model:
            found["openai"] = health(*await own.model.look(_SECONDS))
    return found
