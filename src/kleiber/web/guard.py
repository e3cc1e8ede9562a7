"""What stands before every page: Host, Origin, method and token are looked at here, for each request alike.

Another user of the machine can reach loopback, and a page of somebody else's can send requests to it from the browser:
so reads need the token too, and a name that is not this machine's is refused (DNS rebinding).
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BYTES = 24  # of the token: 192 bits
METHODS = ("GET", "HEAD")
HEADERS = (
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def new_token() -> str:
    """Give a token that nobody can guess."""
    return secrets.token_urlsafe(BYTES)


@dataclass(frozen=True, slots=True)
class Guard:
    """An ASGI application before another one, which no request reaches that it refuses.

    names: hosts beside loopback under which it may be asked for. open_to_all: whether the server listens beyond loopback;
    then the address at which a connection arrived is a name of it too.
    """

    app: App
    token: str
    names: frozenset[str] = frozenset()
    open_to_all: bool = False

    @property
    def cookie(self) -> str:
        """The cookie's name, one for each token: ports of a machine share their cookies."""
        return f"kleiber-{hashlib.sha256(self.token.encode()).hexdigest()[:12]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, and hand on any other with the headers that every answer has."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := self._refusal(scope):
            await _answer(send, *refusal)
        elif self._comes_with_token(scope):
            await _answer(send, 303, "", [(b"location", b"/"), (b"set-cookie", self._set_cookie())])
        else:
            await self.app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = _headers(scope)
        host = headers.get("host", [])
        if len(host) != 1 or not self._is_ours(host[0], scope):
            return 403, "This name of the machine is not one that the page may be asked for under."
        if not _same_origin(headers, host[0]):
            return 403, "This request came from a page of somebody else's."
        if scope["method"] not in METHODS:
            return 405, "The page can only be read."
        if not (self._comes_with_token(scope) or self._knows_token(headers)):
            return 401, "Open the address that kleiber printed in the terminal: its token lets you in."
        return None

    def _is_ours(self, host: str, scope: Scope) -> bool:
        name = _name_of(host)
        if name == "localhost" or name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or (self.open_to_all and name == (scope.get("server") or [""])[0])

    def _comes_with_token(self, scope: Scope) -> bool:
        """Say whether it is the first page that is asked for, with the right token in its address."""
        if scope["path"] != "/" or not scope["query_string"]:
            return False
        return any(self._is_right(given) for given in parse_qs(scope["query_string"].decode("latin-1")).get("token", []))

    def _knows_token(self, headers: dict[str, list[str]]) -> bool:
        bearers = [value[7:] for value in headers.get("authorization", []) if value[:7].lower() == "bearer "]
        cookies = [part.strip() for value in headers.get("cookie", []) for part in value.split(";")]
        given = [part.partition("=")[2] for part in cookies if part.partition("=")[0] == self.cookie]
        return any(self._is_right(one) for one in bearers + given)

    def _is_right(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())

    def _set_cookie(self) -> bytes:
        return f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict".encode()


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _name_of(host: str) -> str:
    """Give the name of a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _same_origin(headers: dict[str, list[str]], host: str) -> bool:
    """Say whether a request comes from a page of ours, from no page, or is a link that somebody followed."""
    if any(origin != f"http://{host}" for origin in headers.get("origin", [])):
        return False
    site, mode = headers.get("sec-fetch-site", ["none"]), headers.get("sec-fetch-mode", [""])
    return site[0] in ("same-origin", "none") or (mode[0] == "navigate" and headers.get("sec-fetch-dest") == ["document"])


def _with_headers(send: Send) -> Send:
    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *HEADERS]
        await send(message)

    return sent


async def _answer(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    body = f"{text}\n".encode() if text else b""
    kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    allow = [(b"allow", ", ".join(METHODS).encode())] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *allow, *HEADERS, *(headers or [])]})
    await send({"type": "http.response.body", "body": body})
