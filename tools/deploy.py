"""Deploys dist/bundle.zip with the SAM CLI, without a question, and says where Threadr answers.

Values come from the environment, else from the ignored file .env, under the app's own names; what is not set
keeps template.yaml's default. They reach `sam` in a file of its owner's: command lines are public.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from core.cli.environment import dotenv  # noqa: E402

REQUIRED = ("UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN")
STACK = "threadr"
TRY = """\
Threadr answers on {url}. A first thread:

  curl -s {url}/api/generate -H 'Content-Type: application/json' \\
    -d '{{"url": "https://en.wikipedia.org/wiki/Coral_reef"}}'
"""


def main() -> int:
    environ = {**dotenv(ROOT / ".env"), **{name: value for name, value in os.environ.items() if value}}
    if missing := [name for name in REQUIRED if not environ.get(name)]:
        print(f"{' and '.join(missing)} must be set, in the environment or in .env", file=sys.stderr)
        return 1
    if not (sam := shutil.which("sam")):
        print("The SAM CLI is missing; `pipx install aws-sam-cli` is one way to get it.", file=sys.stderr)
        return 1
    if sys.argv[1:] == ["--check"]:
        return 0
    bundle = ROOT / "dist" / "bundle.zip"
    if not bundle.is_file():
        print("dist/bundle.zip is missing: run `make package` first.", file=sys.stderr)
        return 1
    template = ROOT / "template.yaml"
    values = parameters(environ, template.read_text(encoding="utf-8"))
    values["Release"] = release(values, bundle, template)
    status = run_sam(sam, values, environ)
    return status or show_address(sam, environ)


def parameters(environ: Mapping[str, str], template: str) -> dict[str, str]:
    """The template's parameters that have a value: CacheTtlHours is that of CACHE_TTL_HOURS."""
    names = re.findall(r"^  (\w+):\n    Type: (?:String|Number)$", template, re.MULTILINE)
    variables = {name: re.sub("(?<!^)(?=[A-Z])", "_", name).upper() for name in names if name != "Release"}
    return {name: environ[variable] for name, variable in variables.items() if environ.get(variable)}


def release(values: Mapping[str, str], *files: Path) -> str:
    """A digest of what is deployed, keyed with the store's token: no short secret can be guessed from it."""
    digest = hmac.new(values["UpstashRedisRestToken"].encode(), digestmod=hashlib.sha256)
    for part in (json.dumps(dict(values), sort_keys=True).encode(), *(file.read_bytes() for file in files)):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def run_sam(sam: str, values: Mapping[str, str], environ: Mapping[str, str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "parameters.yaml"  # JSON is YAML; the folder is its owner's alone
        given.write_text(json.dumps(values), encoding="utf-8")
        command = [sam, "deploy", "--template-file", str(ROOT / "template.yaml")]
        command += ["--config-file", str(ROOT / "samconfig.toml"), "--parameter-overrides", f"file://{given}"]
        return subprocess.run(
            command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, check=False
        ).returncode


def show_address(sam: str, environ: Mapping[str, str]) -> int:
    command = [sam, "list", "stack-outputs", "--stack-name", STACK, "--output", "json"]
    listed = subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    outputs = {output["OutputKey"]: output["OutputValue"] for output in json.loads(listed.stdout)}
    print(TRY.format(url=outputs["ApiUrl"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
