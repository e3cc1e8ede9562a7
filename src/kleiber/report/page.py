"""One HTML file from the findings: the first screen, a fold for each further section, and the findings themselves as JSON.

The file loads nothing: its content security policy allows its own style sheet and scripts by their hashes alone.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from kleiber import plugins
from kleiber.report import assets
from kleiber.report.markup import fill, island, name
from kleiber.report.numbers import shown
from kleiber.report.reading import carried, for_reader, read, warnings_at, write_whole

CHART = "chart.js"
"""The script of all pages."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="kleiber {{ version }}">
<title>{{ heading.title }}</title>
<style>{{ style }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the answer</a>
<header>
<h1>{{ name(heading.title) }}</h1>
{% if about %}<p class="meta">{% for part in about %}<span>{{ name(part) }}</span>{% endfor %}</p>{% endif %}
{% for one in counted %}<p class="meta">{{ name(one) }}</p>{% endfor %}
{% if heading.note %}<p class="note">{{ name(heading.note) }}</p>{% endif %}
</header>
<main id="main">
{{ body }}
</main>
<footer><p>Written by kleiber {{ version }}. This file is complete and loads nothing. Its findings are embedded as JSON, in
the element with the id <code>findings</code>.</p></footer>
{{ data }}
{% for script in scripts %}<script>{{ script }}</script>
{% endfor %}
</body>
</html>
"""

_PART = """
{% if first %}
<section id="{{ part.id }}" aria-label="{{ part.title }}">
{{ part.body }}
</section>
{% else %}
<details class="fold" id="{{ part.id }}"{% if part.open %} open{% endif %}>
<summary><h2>{{ part.title }}</h2>{% if part.about %}<span class="about">{{ part.about }}</span>{% endif %}</summary>
<section aria-label="{{ part.title }}">
{{ part.body }}
</section>
</details>
{% endif %}
"""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the answer besides the source: a title in place of the findings' own, a note, a date."""

    title: str = ""
    note: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What a section gave: its identifier in the page, its title and a hint of what it has, and its scripts."""

    id: str
    title: Markup
    about: str
    body: Markup
    open: bool
    scripts: tuple[str, ...]


def write_page(findings: Any, path: Path, heading: Heading) -> Path:
    """Write the page of the findings to `path` and give the path."""
    return write_whole(path, page(findings, heading).encode("utf-8"))


def page(findings: Any, heading: Heading | None = None) -> str:
    """Give the page of the findings as one string of HTML."""
    plain, given = read(findings), heading or Heading()
    provenance = plain.get("provenance") or {}
    found = parts(for_reader(plain))
    scripts, style = [assets.script(one) for one in scripts_of(found)], assets.style()
    html = fill(
        _PAGE,
        heading=Heading(shown(given.title or plain.get("title") or "Learning curve"), given.note, given.date),
        about=[shown(part) for part in (given.date, provenance.get("source")) if part],
        counted=[one["message"] for one in warnings_at(plain, "heading")],
        version=shown(provenance.get("kleiber") or ""),
        style=Markup(style.text),
        policy=Markup(assets.policy(scripts, style)),
        body=body(found),
        data=island("findings", carried(plain)),
        scripts=[Markup(one.text) for one in scripts],
    )
    return re.sub(r"\n{2,}", "\n", shown(html))  # what templates leave empty


def sections() -> list[tuple[int, str, Any]]:
    """List the sections that are there, as (order, name, module), in the order of the page."""
    loaded = ((name, plugins.load("report.sections", name)) for name in plugins.names("report.sections"))
    return sorted(((int(module.ORDER), name, module) for name, module in loaded), key=lambda item: item[:2])


def parts(findings: dict[str, Any]) -> list[Part]:
    """Give what the sections wrote of findings `for_reader`; text that is not `Markup` is escaped, nothing is left out."""
    written = ((key, module, module.render(findings)) for _, key, module in sections())
    return [
        Part(
            f"s-{key}",
            name(module.TITLE),
            getattr(module, "ABOUT", ""),
            escape(text),
            bool(getattr(module, "OPEN", False)),
            _scripts(module),
        )
        for key, module, text in written
        if text
    ]


def body(found: list[Part]) -> Markup:
    """Give the parts as the page has them: the first at once, each further one in a fold."""
    return Markup("").join(one(part, first=part is found[0]) for part in found)


def one(part: Part, *, first: bool) -> Markup:
    """Give a part as one element: at once where it is the first of a page, else in a fold."""
    return fill(_PART, part=part, first=first)


def scripts_of(found: list[Part]) -> list[str]:
    """List the scripts that the parts need, each once, ours for figures first."""
    return list(dict.fromkeys([CHART, *(script for part in found for script in part.scripts)]))


def _scripts(module: Any) -> tuple[str, ...]:
    given = getattr(module, "SCRIPT", ())
    return (given,) if isinstance(given, str) else tuple(given)
