"""What a page carries besides its words: the style sheet and our scripts, each with the hash that a policy allows it by."""

import base64
import functools
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Asset:
    """A style sheet or a script, and its hash as a content security policy names it."""

    text: str
    source: str


def style() -> Asset:
    """Give the style sheet of all pages, without its white space."""
    return _asset("style.css")


def script(name: str) -> Asset:
    """Give one of our scripts, a file of `scripts/`, without its indentation and its lines of comment."""
    return _asset(f"scripts/{name}")


def policy(scripts: Iterable[Asset], sheet: Asset) -> str:
    """Give the content security policy of a page with these scripts and this style sheet: it loads nothing."""
    allowed = " ".join(one.source for one in scripts) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src {sheet.source}; base-uri 'none'; form-action 'none'"


def _tight(line: str) -> str:
    """Give a line of a script without the spaces around its signs, where no text in it could be changed."""
    return line if re.search(r"[\"'`/]", line) else re.sub(r"\s*([=<>!?:;,{}()&|*]+)\s*", r"\1", line)


@functools.cache
def _asset(name: str) -> Asset:
    text = files("kleiber.report").joinpath(name).read_text("utf-8")
    if name.endswith(".js"):
        lines = (line.strip() for line in text.splitlines())
        text = "\n".join(_tight(line) for line in lines if line and not line.startswith("//"))
    else:
        text = re.sub(r"\s*([{};,])\s*", r"\1", text).replace(": ", ":")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(text, f"'sha256-{digest}'")
