"""One HTML file from the findings: the sections in their order, the style sheet, and the findings themselves as JSON.

The file loads nothing: its content security policy allows its own style sheet by hash and no script at all.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from kleiber import plugins
from kleiber.report.markup import fill, name
from kleiber.report.numbers import shown
from kleiber.report.reading import for_reader, read, write_whole

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="kleiber {{ version }}">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the answer</a>
<header>
<p class="brand">kleiber <span>learning curve report</span></p>
<h1>{{ name(title) }}</h1>
<nav aria-label="Contents">{% for part in parts[1:] %}<a href="#{{ part.id }}">{{ part.title }}</a>{% endfor %}</nav>
</header>
<main id="main">
{% for part in parts %}
<section id="{{ part.id }}" aria-labelledby="{{ part.id }}-h">
<h2 id="{{ part.id }}-h">{{ part.title }}</h2>
{{ part.body }}
</section>
{% endfor %}
</main>
<footer><p>Written by kleiber {{ version }}. This file is complete: it loads nothing and runs no script.
The findings that it shows are embedded in it as JSON, in the element with the id <code>findings</code>.</p></footer>
<script type="application/json" id="findings">{{ data }}</script>
</body>
</html>
"""


def write_page(findings: Any, path: Path) -> Path:
    """Write the page of the findings to `path` and give the path."""
    return write_whole(path, page(findings).encode("utf-8"))


def page(findings: Any) -> str:
    """Give the page of the findings as one string of HTML."""
    plain = read(findings)
    style = files("kleiber.report").joinpath("style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    html = fill(
        _PAGE,
        title=shown(plain.get("title") or "Learning curve"),
        version=shown((plain.get("provenance") or {}).get("kleiber") or ""),
        style=Markup(style),
        policy=Markup(f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"),
        parts=_parts(for_reader(plain)),
        data=data_island(plain),
    )
    return shown(html)


def sections() -> list[tuple[int, str, Any]]:
    """List the sections that are there, as (order, name, module), in the order of the page."""
    loaded = ((name, plugins.load("report.sections", name)) for name in plugins.names("report.sections"))
    return sorted(((int(module.ORDER), name, module) for name, module in loaded), key=lambda item: item[:2])


def data_island(findings: Mapping[str, Any]) -> Markup:
    """Give the findings as JSON that cannot end or change the script element around it.

    `<`, `>`, `&` and everything beyond ASCII (so U+2028 and U+2029 too) are written as escapes of JSON.
    """
    text = json.dumps(findings, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _parts(findings: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what the sections wrote; a section that is not `Markup` is taken as text and escaped."""
    written = ((key, module, module.render(findings)) for _, key, module in sections())
    return [{"id": f"s-{key}", "title": name(module.TITLE), "body": escape(body)} for key, module, body in written if body]
