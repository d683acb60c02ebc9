"""Builds dist/bundle.zip: the app, its dependencies for Lambda and their bytecode, byte for byte repeatable.

SAM and Serverless ship no bytecode, and a function's disk is read-only, so their bundles are recompiled
at every cold start, which doubles it. Here it is compiled ahead and never checked against file times, by an
interpreter of the runtime's own minor version: another's bytecode would not be used.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
RUNTIME = "3.13"  # as template.yaml and serverless.yml say (tests/deploy/test_templates.py)
OWN_FOLDERS = ("core", "functions", "web")
WHEEL_ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
NEWEST_GLIBC = 34  # Amazon Linux 2023, under python3.12 and later, has glibc 2.34.
LAMBDA_ROOT = "/var/task"
# What no function imports or reads (tests/deploy/test_bundle.py runs them without it). Never a whole
# *.dist-info: httpx2 and trafilatura read theirs.
UNREAD = (
    *("bin", "**/tests", "**/__pycache__"),
    "pydantic/v1",  # FastAPI does without
    *(f"openai/{half}/{part}" for half in ("resources", "types") for part in ("admin", "beta")),
    *("lxml/includes", "lxml/objectify.*", "lxml/html/diff.*", "lxml/html/_difflib.*"),
    *(f"**/*{suffix}" for suffix in (".c", ".h", ".pxd", ".pxi", ".pyi", ".pyx")),
    "babel/locale-data/*",
)
READ = ("babel/locale-data/root.dat", "babel/locale-data/en*.dat")
MAX_BYTES = {"unzipped": 80_000_000, "zipped": 30_000_000}  # Lambda's own limit is 250 MiB unzipped.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


NO_INTERPRETER = """\
No Python {python} was found on PATH, in pyenv or through uv, and only it can make the bytecode that Lambda's
runtime uses. Without bytecode every cold start takes about twice as long. Ways to get it:
  uv python install {python}
  pyenv install {python}
  apt install python{python}        (Debian, Ubuntu)
  brew install python@{python}      (macOS)
or leave the bytecode out:
  make package BYTECODE=no"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=RUNTIME, help=f"the function's runtime (default: {RUNTIME})")
    parser.add_argument("--arch", default="arm64", choices=WHEEL_ARCHITECTURES)
    parser.add_argument("--output", default=DIST, type=Path, help="the folder of build/ and bundle.zip")
    options = parser.parse_args()
    interpreter = None if os.environ.get("BYTECODE") == "no" else find_interpreter(options.python)
    if interpreter is None and os.environ.get("BYTECODE") != "no":
        print(NO_INTERPRETER.format(python=options.python), file=sys.stderr)
        return 1
    build, bundle = options.output / "build", options.output / "bundle.zip"
    bundle.unlink(missing_ok=True)  # a build that fails must not leave the last one to be deployed
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    install_dependencies(build, options.python, WHEEL_ARCHITECTURES[options.arch])
    copy_own_code(build)
    prune(build)
    if interpreter:
        compile_bytecode(build, interpreter)
    write_zip(build, bundle)
    return report(build, bundle)


def install_dependencies(build: Path, python: str, machine: str) -> None:
    """Wheels only. pip evaluates markers for the interpreter that runs it, not for `python`."""
    pins = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "requirements.py")], stdout=subprocess.PIPE, check=True
    ).stdout
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 16, -1)]
    platforms.append(f"manylinux2014_{machine}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(build)]
    command += ["--implementation", "cp", "--python-version", python, "--only-binary", ":all:"]
    command += [f"--platform={platform}" for platform in platforms]
    command += ["--require-hashes", "--requirement", "/dev/stdin"]
    subprocess.run(command, input=pins, check=True)


def copy_own_code(build: Path) -> None:
    """The code, and every data file beside it, which is read from there when first needed."""
    for folder in OWN_FOLDERS:
        shutil.copytree(ROOT / folder, build / folder, ignore=shutil.ignore_patterns("__pycache__"))


def prune(build: Path) -> None:
    """Remove what no function reads."""
    kept = {path for pattern in READ for path in build.glob(pattern)}
    for path in [path for pattern in UNREAD for path in build.glob(pattern) if path not in kept]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def compile_bytecode(build: Path, interpreter: str) -> None:
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(build), "-p", LAMBDA_ROOT, str(build)]  # tracebacks show Lambda's paths
    # One process and a fixed seed: the order of a set's constants must not differ between builds.
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "0"})
    print(f"Bytecode: compiled by {interpreter}")


def find_interpreter(python: str) -> str | None:
    """The first that runs: a version manager's shim on PATH may have none behind it."""
    return next((each for each in candidates(python) if runs(each, python)), None)


def candidates(python: str) -> Iterator[str]:
    """This interpreter, then each python3.X on PATH, in pyenv, and the one that uv knows of."""
    yield sys.executable
    on_path = (shutil.which(f"python{python}", path=folder) for folder in os.get_exec_path())
    yield from filter(None, on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{python}*/bin/python{python}"), reverse=True))
    if uv := shutil.which("uv"):
        found = subprocess.run([uv, "python", "find", python], capture_output=True, text=True, check=False)
        yield from found.stdout.splitlines()


def runs(interpreter: str, python: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == python


def bundled_files(build: Path) -> Iterator[Path]:
    return (path for path in sorted(build.rglob("*")) if path.is_file())


def write_zip(build: Path, bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in bundled_files(build):
            entry = zipfile.ZipInfo(path.relative_to(build).as_posix(), ZIP_TIME)
            entry.create_system = 3  # Unix: Lambda's user must be able to read files of any machine's zip
            entry.external_attr = (0o100755 if os.access(path, os.X_OK) else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def report(build: Path, bundle: Path) -> int:
    """Prints the sizes; 1 when one is over what the bundle may have."""
    sizes = Counter[str]()
    for path in bundled_files(build):
        sizes[path.relative_to(build).parts[0]] += path.stat().st_size
    totals = {"unzipped": sizes.total(), "zipped": bundle.stat().st_size}
    print(f"{bundle}: {', '.join(f'{megabytes(size)} {name}' for name, size in totals.items())}")
    for package, size in sizes.most_common(10):
        print(f"  {package:<28}{megabytes(size):>10}")
    over = {name: limit for name, limit in MAX_BYTES.items() if totals[name] > limit}
    for name, limit in over.items():
        print(f"The bundle may have {megabytes(limit)} {name}.", file=sys.stderr)
    return 1 if over else 0


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
