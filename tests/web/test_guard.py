"""No route is reached with a foreign Host, without the token or with a wrong one, nor to change anything."""

import hashlib
import re

import pytest
from starlette.routing import Route
from tests.web.conftest import TOKEN

from kleiber.web import guard
from kleiber.web.app import application
from kleiber.web.hub import Hub

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
FOREIGN = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil",
    "localhost.evil:8642",
    "evil.example:8642",
    "192.168.1.7",
    "10.0.0.1:8642",
    "0.0.0.0",
    "[2001:db8::1]:8642",
    "",
    "127.1",
    "2130706433",
    "localhost@evil.example",
)
OURS = ("localhost", "localhost:9999", "LOCALHOST", "127.0.0.1", "127.0.0.1:8642", "127.0.0.2", "[::1]:1")


def paths(ledger):
    routes = application(Hub(ledger)).routes
    assert len(routes) >= 9 and all(isinstance(route, Route) for route in routes)
    return [re.sub(r"\{[^}]*\}", "1", route.path) for route in routes] + ["/nothing", "/study/99"]


def before(ledger):
    return hashlib.sha256(ledger.read_bytes()).hexdigest()


def test_every_route_and_method_is_refused_to_whoever_may_not(ledger, client_of):
    client, untouched = client_of(ledger), before(ledger)
    strangers = [
        ({"host": "evil.example"}, {403}),
        ({"origin": "http://evil.example"}, {403}),
        ({"origin": "null"}, {403}),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, {403}),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, {403}),
        ({"authorization": ""}, {401, 405}),
        ({"authorization": "Bearer wrong"}, {401, 405}),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, {401, 405}),
        ({"authorization": f"Basic {TOKEN}"}, {401, 405}),
        ({"authorization": "", "cookie": "kleiber=wrong"}, {401, 405}),
        ({"authorization": "", "cookie": f"other={TOKEN}"}, {401, 405}),
    ]
    tried = 0
    for path in paths(ledger):
        for method in METHODS:
            for headers, expected in strangers:
                answer = client.request(method, path, headers=headers, follow_redirects=False)
                assert answer.status_code in expected, (method, path, headers, answer.status_code)
                assert "study" not in answer.text and "set-cookie" not in answer.headers
                tried += 1
            if method not in ("GET", "HEAD"):
                assert client.request(method, path).status_code == 405, (method, path)
    assert tried >= 11 * 10 * 11 and before(ledger) == untouched


def test_a_host_that_is_not_this_machine_is_refused_with_the_token_too(ledger, client_of):
    client = client_of(ledger)
    assert {host: client.get("/", headers={"host": host}).status_code for host in FOREIGN} == dict.fromkeys(FOREIGN, 403)
    assert {host: client.get("/", headers={"host": host}).status_code for host in OURS} == dict.fromkeys(OURS, 200)


def test_a_named_host_is_let_in_only_where_it_was_asked_for(ledger, client_of):
    open_one = client_of(ledger, names=frozenset({"box.lan"}), open_to_all=True)
    assert open_one.get("/", headers={"host": "box.lan:8642"}).status_code == 200
    assert open_one.get("/", headers={"host": "evil.example"}).status_code == 403
    assert client_of(ledger).get("/", headers={"host": "box.lan:8642"}).status_code == 403


def test_the_address_with_the_token_gives_a_cookie_once_and_leaves_the_token_out_of_the_address(ledger, client_of):
    client = client_of(ledger)
    del client.headers["authorization"]
    answer = client.get(f"/?token={TOKEN}", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/")) and "Domain" not in cookie
    name, value = cookie.partition(";")[0].split("=", 1)
    assert client.get("/", headers={"cookie": f"x=y; {name}={value}"}).status_code == 200
    assert client.get("/?token=wrong", headers={"cookie": ""}).status_code == 401
    client.cookies.clear()
    assert client.get(f"/study/1?token={TOKEN}").status_code == 401  # the first page alone takes it from an address


def test_two_servers_of_a_machine_do_not_share_a_cookie():
    one, other = guard.Guard(None, guard.new_token()), guard.Guard(None, guard.new_token())
    assert one.cookie != other.cookie and one.token not in one.cookie
    assert len(one.token) >= 32


def test_tokens_are_compared_in_constant_time(ledger, client_of, monkeypatch):
    seen = []
    monkeypatch.setattr(guard.hmac, "compare_digest", lambda *pair: seen.append(pair) or True)
    assert client_of(ledger).get("/", headers={"authorization": "Bearer anything"}).status_code == 200
    assert seen == [(b"anything", TOKEN.encode())]


def test_a_link_that_somebody_follows_still_needs_the_token(ledger, client_of):
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    client = client_of(ledger)
    assert client.get("/", headers={**followed, "authorization": ""}).status_code == 401
    assert client.get("/", headers=followed).status_code == 200
    framed = {**followed, "sec-fetch-dest": "iframe"}
    assert client.get("/", headers=framed).status_code == 403


def test_every_answer_says_what_a_browser_may_do_with_it(ledger, client_of):
    client = client_of(ledger)
    for path in [path for path in paths(ledger) if path != "/events"]:
        for headers in ({}, {"authorization": ""}, {"host": "evil.example"}):
            given = client.get(path, headers=headers).headers
            policy = given["content-security-policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy and "*" not in policy and "http" not in policy
            assert given["referrer-policy"] == "no-referrer" and given["x-content-type-options"] == "nosniff"
            assert given["cache-control"] == "no-store" and "access-control-allow-origin" not in given


def test_a_websocket_is_closed(ledger, client_of):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client_of(ledger).websocket_connect("/events") as socket:
        socket.receive_text()
