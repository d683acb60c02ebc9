"""Builds dist/bundle.zip: the app, its dependencies for Lambda and their bytecode, byte for byte repeatable.

SAM and Serverless ship no bytecode, and a function's disk is read-only, so their bundles are recompiled
at every cold start, which doubles it. Here it is compiled ahead and never checked against file times.
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
BUILD = ROOT / "dist" / "build"
BUNDLE = ROOT / "dist" / "bundle.zip"
OWN_FOLDERS = ("core", "functions", "web")
WHEEL_ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
NEWEST_GLIBC = 34  # Amazon Linux 2023, under python3.12 and later, has glibc 2.34.
LAMBDA_ROOT = "/var/task"
MAX_BYTES = 250 * 1024 * 1024  # Lambda's limit, unzipped.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default="3.13", help="the function's runtime (default: 3.13)")
    parser.add_argument("--arch", default="arm64", choices=WHEEL_ARCHITECTURES)
    options = parser.parse_args()

    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    install_dependencies(options.python, WHEEL_ARCHITECTURES[options.arch])
    copy_own_code(BUILD)
    prune(BUILD)
    compile_bytecode(options.python)
    write_zip(BUILD, BUNDLE)
    return report()


def install_dependencies(python: str, machine: str) -> None:
    """Wheels only. pip evaluates markers for the interpreter that runs it, not for `python`."""
    pins = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "requirements.py")], stdout=subprocess.PIPE, check=True
    ).stdout
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 16, -1)]
    platforms.append(f"manylinux2014_{machine}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(BUILD)]
    command += ["--implementation", "cp", "--python-version", python, "--only-binary", ":all:"]
    command += [f"--platform={platform}" for platform in platforms]
    command += ["--require-hashes", "--requirement", "/dev/stdin"]
    subprocess.run(command, input=pins, check=True)


def copy_own_code(build: Path) -> None:
    """The code, and every data file beside it, which is read from there when first needed."""
    for folder in OWN_FOLDERS:
        shutil.copytree(ROOT / folder, build / folder, ignore=shutil.ignore_patterns("__pycache__"))


def prune(build: Path) -> None:
    """Remove what no function reads. All *.dist-info folders stay: httpx2 and trafilatura read theirs."""
    shutil.rmtree(build / "bin", ignore_errors=True)
    for folder in [*build.rglob("tests"), *build.rglob("__pycache__")]:
        shutil.rmtree(folder, ignore_errors=True)
    for locale in (build / "babel" / "locale-data").glob("*.dat"):
        if locale.stem != "root" and locale.stem.split("_")[0] != "en":
            locale.unlink()


def compile_bytecode(python: str) -> None:
    interpreter = find_interpreter(python)
    if interpreter is None:
        print(f"WARNING: no python{python} on PATH, so the bundle has no bytecode.")
        print("WARNING: every cold start will compile everything again and take about twice as long.")
        return
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(BUILD), "-p", LAMBDA_ROOT, str(BUILD)]  # tracebacks show Lambda's paths
    # One process and a fixed seed: the order of a set's constants must not differ between builds.
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "0"})
    print(f"Bytecode: compiled by {interpreter}")


def find_interpreter(python: str) -> str | None:
    """The first python3.X on PATH that runs: a version manager's shim may have none behind it."""
    for folder in os.get_exec_path():
        candidate = shutil.which(f"python{python}", path=folder)
        if candidate and runs(candidate, python):
            return candidate
    return None


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


def report() -> int:
    sizes = Counter[str]()
    for path in bundled_files(BUILD):
        sizes[path.relative_to(BUILD).parts[0]] += path.stat().st_size
    unzipped = sizes.total()
    zipped = BUNDLE.stat().st_size
    print(f"{BUNDLE.relative_to(ROOT)}: {megabytes(unzipped)} unzipped, {megabytes(zipped)} zipped")
    for package, size in sizes.most_common(10):
        print(f"  {package:<28}{megabytes(size):>10}")
    if unzipped > MAX_BYTES:
        print(f"ERROR: over Lambda's limit of {megabytes(MAX_BYTES)} unzipped.")
        return 1
    return 0


def megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
