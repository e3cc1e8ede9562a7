"""The routes of the live page: each can only be read, and none is reached but through the guard."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kleiber.errors import KleiberError, MachineError
from kleiber.web import attempt, pages, reading
from kleiber.web.exports import csv_of
from kleiber.web.guard import Guard
from kleiber.web.hub import Hub

PATIENCE = 10.0  # seconds without news after which a stream sends a sign of life
RETRY = 2000  # milliseconds after which a browser asks again for a stream that broke off
MOST = 6  # studies that are compared, as the report does
STREAMS = 100  # that may be open at one time


def guarded(hub: Hub, token: str, *, names: frozenset[str] = frozenset(), open_to_all: bool = False) -> Guard:
    """Give the application behind its guard."""
    return Guard(application(hub), token, names, open_to_all)


def application(hub: Hub) -> Starlette:
    """Give the application that shows what a hub knows."""

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(hub.follow())
        yield
        await hub.close()
        await following

    return Starlette(routes=[Route(path, _of(hub, page)) for path, page in PAGES], lifespan=living)


def _of(hub: Hub, page: Callable[[Hub, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await page(hub, request)
        except (KleiberError, MachineError) as error:
            return PlainTextResponse(f"{error}\n", 503)

    return answer


async def _ledger(hub: Hub, request: Request) -> Response:
    view = await hub.view(())
    assert view is not None
    return HTMLResponse(pages.ledger(view, hub.path.name))


async def _study(hub: Hub, request: Request) -> Response:
    number = request.path_params["number"]
    view = await hub.view((number,))
    if view is None:
        return _missing()
    found = hub.studies[number]
    return HTMLResponse(pages.study(view, number, found.entry.name, hub.path.name, found.unit))


async def _compare(hub: Hub, request: Request) -> Response:
    numbers = _asked(request)
    if not 2 <= len(numbers) <= MOST:
        said = f"Choose two to {MOST} studies to compare."
        return HTMLResponse(pages.still("Studies compared", hub.path.name, pages.note(said)))
    view = await hub.view(numbers)
    return _missing() if view is None else HTMLResponse(pages.compared(view, numbers, hub.path.name))


async def _attempt(hub: Hub, request: Request) -> Response:
    number, seq = request.path_params["number"], request.path_params["seq"]
    progress = hub.studies.get(number)
    found = reading.attempts(hub.path, number, seq) if progress else []
    if progress is None or not found:
        return _missing()
    losses = reading.histories(hub.path, [seq])[seq]
    body = attempt.body(found[0], losses, progress.metric, number)
    return HTMLResponse(pages.still(attempt.title(found[0], progress.entry.name), hub.path.name, body))


async def _trials(hub: Hub, request: Request) -> Response:
    progress = hub.studies.get(request.path_params["number"])
    if progress is None:
        return _missing()
    rows = [asdict(one) for one in reading.attempts(hub.path, progress.entry.id)]
    head = [name for name in reading.Attempt.__slots__ if name != "study"]
    return Response(csv_of(head, rows), media_type="text/csv", headers=_file(progress.entry.id, "csv"))


async def _findings(hub: Hub, request: Request) -> Response:
    number = request.path_params["number"]
    found = hub.findings((number,))
    if found is None:
        return _missing()
    return Response(_line(found), media_type="application/json", headers=_file(number, "json"))


async def _events(hub: Hub, request: Request) -> Response:
    which = _asked(request)
    if await hub.view(which) is None:
        return _missing()
    if hub.streams >= STREAMS:
        return PlainTextResponse("Too many pages are open.\n", 503)
    mark = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return StreamingResponse(_stream(hub, which, mark), media_type="text/event-stream")


async def _stream(hub: Hub, which: tuple[int, ...], mark: str) -> AsyncIterator[str]:
    hub.streams += 1
    try:
        yield f"retry: {RETRY}\n\n"
        while (news := await hub.next(which, mark, PATIENCE)) is not None or not hub.closing.is_set():
            if news is None:
                yield ": still here\n\n"
                continue
            mark = news["version"]
            yield f"id: {mark}\ndata: {_line({**news, 'now': round(1000 * time.time())})}\n\n"
        yield "event: end\ndata: {}\n\n"
    finally:
        hub.streams -= 1


async def _asset(hub: Hub, request: Request) -> Response:
    name = request.url.path.lstrip("/")
    content = pages.asset(name)
    assert content is not None
    return Response(content, media_type="text/css" if name.endswith("css") else "text/javascript")


def _asked(request: Request) -> tuple[int, ...]:
    """Give the studies that an address names, each once, in order."""
    given = request.query_params.getlist("study")
    return tuple(sorted({int(one) for one in given if one.isdecimal() and len(one) < 10}))


def _line(value: Any) -> str:
    """Give strict JSON without a line break."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _file(number: int, kind: str) -> dict[str, str]:
    """Let a browser save a file under a name that no study chose."""
    return {"content-disposition": f'attachment; filename="study-{number}.{kind}"'}


def _missing() -> Response:
    return PlainTextResponse("There is no such page.\n", 404)


PAGES: tuple[tuple[str, Callable[[Hub, Request], Awaitable[Response]]], ...] = (
    ("/", _ledger),
    ("/compare", _compare),
    ("/study/{number:int}", _study),
    ("/study/{number:int}/attempt/{seq:int}", _attempt),
    ("/study/{number:int}/trials.csv", _trials),
    ("/study/{number:int}/findings.json", _findings),
    ("/events", _events),
    ("/live.css", _asset),
    ("/live.js", _asset),
)
