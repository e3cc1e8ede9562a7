"""`kleiber serve`, and the server beside `kleiber run --serve`: a page that follows a ledger's studies while they run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from kleiber import plugins
from kleiber.command.terminal import say
from kleiber.errors import KleiberError

NICE = 10  # of the server: what trains goes first
ENDING = 5.0  # seconds that the server beside a study has to end


def serve(
    ledger: Annotated[
        Path, typer.Argument(metavar="LEDGER", help="A ledger file. Default: kleiber.db.", show_default=False)
    ] = Path("kleiber.db"),
    host: Annotated[
        str | None, typer.Option(help="Listen on this address, so that other machines can reach the page.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen on this port. Default: 8642, or a free one.")
    ] = None,
    price_per_hour: Annotated[
        float | None, typer.Option(min=0, help="Price of an hour of one worker, to show what a study costs.")
    ] = None,
    beside: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Show a ledger's studies as a live page in the browser.

    The page only reads. Open the address that is printed: its token lets you in. Ctrl-C ends the page, not the study.
    """
    with plugins.needing("web", "kleiber serve"):
        from kleiber.web import server

    if not (beside or ledger.is_file()):
        raise KleiberError(f"there is no ledger {ledger}; name one, or start a study with `kleiber run`")
    if hasattr(os, "nice"):
        os.nice(NICE)
    where = server.place(host, port)
    if where.open_to_all:
        say("warning: other machines can reach this page, and whoever sees its address can read all of the ledger")
    server.serve(ledger, where, _announce, price=price_per_hour, bound=beside)


@contextmanager
def beside(ledger: Path, price_per_hour: float | None) -> Iterator[None]:
    """Show a ledger, which may not be there yet, in a process of its own for as long as the block runs.

    Raises `KleiberError` where the extra `web` is missing.
    """
    with plugins.needing("web", "kleiber run --serve"):
        arguments = ["serve", str(ledger.absolute()), "--beside"]
    if price_per_hour is not None:
        arguments += ["--price-per-hour", str(price_per_hour)]
    # A session of its own, so that Ctrl-C reaches the study alone; the server ends with its input.
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "kleiber", *arguments],
        stdin=subprocess.PIPE,
        stdout=2,  # standard error: a result alone goes to standard output
        start_new_session=True,
    )
    try:
        yield
    finally:
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(ENDING)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _announce(address: str) -> None:
    print(f"live page: {address}", flush=True)
