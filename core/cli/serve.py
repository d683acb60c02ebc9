"""`threadr serve`: all routes by uvicorn, on a port that is bound before anything is said."""

import errno
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from core import log
from core.cli.environment import DEVELOPMENT_LIMIT, suit_development
from core.ops.startup import checked_settings
from core.settings import BAD_SETTING

if TYPE_CHECKING:
    import uvicorn

_NO_SOCKET = {
    errno.EADDRINUSE: "Port {port} is taken: stop what has it, or take another, as in PORT={next} make run",
    errno.EACCES: "Port {port} is for administrators: choose one from 1024 on, as in PORT=8001 make run",
}
_LIMIT = (
    f"A client has {DEVELOPMENT_LIMIT:,} calls an hour, since ENVIRONMENT is development; "
    "RATE_LIMIT_REQUESTS sets another limit, and is 10 in production"
)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all of this machine's.")
@click.option("--port", default="8001", show_default=True, envvar="PORT", show_envvar=True, help="0 for any.")
@click.option("--grace", default=30, show_default=True, help="Seconds to end requests after SIGTERM.")
def serve_command(host: str, port: str, grace: int) -> None:
    """Serve the page and the API, in as many processes as WEB_CONCURRENCY says."""
    import uvicorn

    log.set_up()
    eased = suit_development()
    checked_settings()
    listener = _listener(host, port)
    config = uvicorn.Config(
        "functions.local:app",
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # FRONT_DOOR says whom to believe
        timeout_graceful_shutdown=grace,  # then open requests are cut off, so that SIGTERM ends it
    )
    log.set_up()  # uvicorn has set up its own
    if config.workers == 1:
        config.load()
    shown = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}"
    log.event(f"Threadr on {address} (Ctrl+C stops it, and waits for requests under way)")
    if eased:
        log.event(_LIMIT)
    _run(config, listener)


def _listener(host: str, given: str) -> socket.socket:
    """A socket bound to the address; asyncio turns Nagle's algorithm off only where the protocol is named."""
    port = int(given) if given.isdecimal() else -1
    if not 0 <= port <= 65_535:
        _fail("PORT must be from 0 to 65535, as in PORT=8001 make run")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        words = _NO_SOCKET.get(error.errno or 0, "--host must be an address of this machine, such as 0.0.0.0")
        _fail(words.format(port=port, next=port + 1))
    listener.listen(2_048)  # the backlog: calls before the server accepts wait, and are not refused
    listener.set_inheritable(True)
    return listener


def _run(config: "uvicorn.Config", listener: socket.socket) -> None:
    from uvicorn import Server
    from uvicorn.supervisors import Multiprocess

    with suppress(KeyboardInterrupt):  # Ctrl+C, when all is answered
        if config.workers > 1:
            return Multiprocess(config, sockets=[listener]).run()
        Server(config).run(sockets=[listener])
    return None


def _fail(words: str) -> NoReturn:
    log.logger.error(words)
    sys.exit(BAD_SETTING)
