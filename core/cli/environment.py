"""What the command line adds to the environment: the file .env, and a limit that suits development."""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path

ENV_FILE = Path(".env")
DEVELOPMENT_LIMIT = 1_000
_LINE = re.compile(r"\s*(?:export\s+)?(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(.*?))(?:\s+#.*)?\s*")


def dotenv(path: Path) -> dict[str, str]:
    """The variables of a file of NAME=value lines, as shells read them: quotes go, " #" begins a comment."""
    lines = path.read_text("utf-8-sig", "replace").splitlines() if path.is_file() else []
    found = [_LINE.fullmatch(line) for line in lines]
    return {match[1]: match[2] or match[3] or match[4] or "" for match in found if match}


def load(path: Path = ENV_FILE, environ: MutableMapping[str, str] = os.environ) -> None:
    """Take what the file sets and the environment does not."""
    environ.update({name: value for name, value in dotenv(path).items() if value and not environ.get(name)})


def suit_development(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Raise the limit of ten calls an hour in development; whether that was done."""
    if environ.get("RATE_LIMIT_REQUESTS") or environ.get("ENVIRONMENT", "") not in ("", "development"):
        return False
    environ["RATE_LIMIT_REQUESTS"] = str(DEVELOPMENT_LIMIT)
    return True
