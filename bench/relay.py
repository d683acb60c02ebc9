"""Relays TCP with a round trip time, and counts bytes; by threads, since event loops' timers are coarse.

    python -m bench.relay PORT:TO PORT:TO …      reads `rtt MILLISECONDS` and `bytes` from standard input

A connection waits a round trip before it is made, each side's data half of one. `bytes` prints what went
up and down since the last time.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

from tests.support.loopback import closed_port
from tests.support.paths import ROOT

_rtt_seconds = 0.0
_counted: Counter[str] = Counter()


class Relay:
    """A running relay; `ports` are those to connect to, in the order of its targets."""

    def __init__(self, process: subprocess.Popen[str], ports: Sequence[int]) -> None:
        self._process, self.ports = process, ports

    def set_rtt(self, milliseconds: float) -> None:
        self._say(f"rtt {milliseconds}")

    def bytes(self) -> tuple[int, int]:
        """Up and down through all ports since the last call."""
        found = json.loads(self._say("bytes"))
        return found.get("up", 0), found.get("down", 0)

    def _say(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextlib.contextmanager
def relaying(*targets: int) -> Iterator[Relay]:
    """A relay of ports on loopback."""
    ports = [closed_port() for _ in targets]
    pairs = [f"{port}:{target}" for port, target in zip(ports, targets, strict=True)]
    command = [sys.executable, "-m", "bench.relay", *pairs]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        relay = Relay(process, ports)
        relay.set_rtt(0)  # it answers when it listens
        try:
            yield relay
        finally:
            process.kill()


def _pump(source: socket.socket, to: socket.socket, name: str) -> None:
    """Send on what comes half a round trip later: parts that follow each other are on their way together."""
    under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
    threading.Thread(target=_send_late, args=(under_way, to), daemon=True).start()
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 18):
            _counted[name] += len(data)
            if _rtt_seconds:
                under_way.put((time.monotonic() + _rtt_seconds / 2, data))
            else:
                to.sendall(data)
    under_way.put((time.monotonic() + _rtt_seconds / 2, b""))
    with contextlib.suppress(OSError):
        source.shutdown(socket.SHUT_RD)


def _send_late(under_way: SimpleQueue[tuple[float, bytes]], to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            due, data = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not data:
                break
            to.sendall(data)
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_RDWR)


def _accepting(listener: socket.socket, target: int) -> None:
    while True:
        near, _ = listener.accept()
        time.sleep(_rtt_seconds)
        far = socket.create_connection(("127.0.0.1", target))
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pair in ((near, far, "up"), (far, near, "down")):
            threading.Thread(target=_pump, args=pair, daemon=True).start()


def _run(*pairs: str) -> None:
    global _rtt_seconds
    sys.setswitchinterval(0.0005)
    for port, target in (map(int, pair.split(":")) for pair in pairs):
        listener = socket.create_server(("127.0.0.1", port), backlog=512)
        threading.Thread(target=_accepting, args=(listener, target), daemon=True).start()
    for line in sys.stdin:
        name, _, number = line.strip().partition(" ")
        found, said = dict(_counted), "{}"
        if name == "rtt":
            _rtt_seconds = float(number) / 1000
        else:
            _counted.clear()
            said = json.dumps(found)
        print(said, flush=True)


if __name__ == "__main__":
    _run(*sys.argv[1:])
