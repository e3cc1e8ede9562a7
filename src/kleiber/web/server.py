"""The server: uvicorn on loopback, ended by a signal within a second or two, with every stream closed first."""

import asyncio
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from kleiber.errors import MachineError
from kleiber.web.app import guarded
from kleiber.web.guard import new_token
from kleiber.web.hub import Hub

PORT = 8642  # asked for first where nobody names a port
LOOPBACK = "127.0.0.1"
WAIT = 2  # seconds that the end of a connection may take; streams have ended by then


@dataclass(frozen=True, slots=True)
class Where:
    """An open socket, its address for a browser, and whether others than this machine reach it."""

    socket: socket.socket
    host: str
    port: int
    open_to_all: bool

    def address(self, token: str) -> str:
        """Give the address to open, with the token that lets its reader in."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={token}"


def place(host: str | None, port: int | None) -> Where:
    """Open the socket to listen on: loopback where no host is given, the first free port where none is named.

    Raises `MachineError` where the address cannot be had.
    """
    name = host or LOOPBACK
    try:
        family, _, _, _, found = socket.getaddrinfo(name, port or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise MachineError(f"--host: {name} is no address of this machine: {error.strerror or error}") from error
    last: OSError | None = None
    for wanted in [port] if port is not None else [PORT, 0]:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((found[0], wanted, *found[2:]))
            listening.listen()  # two may bind one port, but not listen on it
        except OSError as error:
            listening.close()
            last = error
            continue
        told = socket.gethostname() if found[0] in ("0.0.0.0", "::") else name
        return Where(listening, told, listening.getsockname()[1], not _is_loopback(str(found[0])))
    assert last is not None
    raise MachineError(f"cannot listen on {name}, port {port or PORT}: {last.strerror}; name another with --port") from last


def serve(path: Path, where: Where, say: Callable[[str], None], *, price: float | None = None, bound: bool = False) -> None:
    """Show a ledger until a signal ends it; `bound`: or until standard input does, which another process holds open."""
    hub, token = Hub(path, price), new_token()
    hub.load()
    names = (
        frozenset({where.host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()})
        if where.open_to_all
        else None
    )
    app = guarded(hub, token, names=names or frozenset(), open_to_all=where.open_to_all)
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=WAIT,
        timeout_keep_alive=5,
        ws="none",
        lifespan="on",
    )
    server = _Server(config, hub, lambda: say(where.address(token)))
    if bound:
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    server.run(sockets=[where.socket])


class _Server(uvicorn.Server):
    """uvicorn, whose streams end before it waits for them, and which says when it can be asked."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._hub, self._ready = hub, ready
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: the streams are told to end at once, and a second signal waits for nothing."""
        super().handle_exit(sig, frame)
        self.end()

    def end(self) -> None:
        """Let the server end, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._hub.release(), self._loop)


def _end_with_input(server: _Server) -> None:
    while sys.stdin.buffer.read(1):
        pass
    server.end()


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
