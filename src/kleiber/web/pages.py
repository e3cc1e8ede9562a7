"""The frame of each page: what stands still while its pieces change. No page has a script or a style of its own."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from kleiber.report import assets
from kleiber.report.markup import fill
from kleiber.web.view import View

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ title | shown }}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{ style }}">
<script src="{{ script }}" defer></script>
</head>
<body{% if events %} data-events="{{ events }}" data-version="{{ version }}"{% endif %}>
<a class="skip" href="#main">Skip to the study</a>
<header>
<p class="brand"><a href="/">kleiber</a> <span>{{ name(place) }}</span></p>
<h1>{{ name(heading) }}</h1>
{% if events %}<p id="link" class="link" role="status">live</p>{% endif %}
</header>
<main id="main">
{{ body }}
</main>
<footer><p>This page only reads the ledger. Closing it changes nothing for the study.</p></footer>
</body>
</html>
"""
STUDY = """
{{ piece("problem") }}
{{ piece("now") }}
<section aria-labelledby="rungs-h"><h2 id="rungs-h">Sizes</h2>
<div class="wide" role="region" aria-label="Sizes" tabindex="0"><table class="rungs">
<thead><tr><th scope="col">{% if unit %}{{ name(unit) }} {% endif %}n</th>
<th scope="col" class="word">search trials</th><th scope="col" class="word">scores</th>
<th scope="col">best validation</th><th scope="col">mean test (range)</th>
<th scope="col" class="word">loss against epochs</th></tr></thead>
<tbody id="rungs">{{ list("rungs") }}</tbody></table></div>
<ul class="legend" aria-label="What the squares mean">{% for role, said in legend %}
<li><svg class="cells" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">{{ role }}</svg>{{ said }}</li>
{% endfor %}</ul>
</section>
{{ piece("training") }}
{{ piece("forecast") }}
<div id="told">{{ list("told") }}</div>
<section aria-labelledby="griefs-h"><h2 id="griefs-h">Failed, lost and diverged trials</h2>
{{ table("griefs", "Failed, lost and diverged trials") }}
<p class="about none">There are none.</p></section>
<section aria-labelledby="attempts-h"><h2 id="attempts-h">Newest trials</h2>
{{ table("attempts", "Newest trials") }}
<p class="about"><a href="/study/{{ number }}/trials.csv" download>All trials as CSV</a> ·
<a href="/study/{{ number }}/findings.json" download>Findings as JSON</a></p></section>
"""
TRIALS = """
<div class="wide" role="region" aria-label="{{ what }}" tabindex="0"><table class="attempts">
<thead><tr><th scope="col">n</th><th scope="col" class="word">trial</th><th scope="col" class="word">settings</th>
<th scope="col" class="word">state</th><th scope="col">validation</th><th scope="col">test</th><th scope="col">epochs</th>
<th scope="col">time</th><th scope="col" class="word">reason</th></tr></thead>
<tbody id="{{ id }}">{{ rows }}</tbody></table></div>
"""
STUDIES = """
{{ piece("problem") }}
<section aria-labelledby="studies-h"><h2 id="studies-h">Studies</h2>
<form action="/compare" method="get">
<div class="wide" role="region" aria-label="Studies" tabindex="0"><table class="studies">
<thead><tr><td></td><th scope="col" class="word">study</th><th scope="col" class="word">state</th>
<th scope="col" class="word">progress</th><th scope="col">trials</th><th scope="col">best so far</th>
<th scope="col">time left</th></tr></thead>
<tbody id="studies">{{ list("studies") }}</tbody></table></div>
{% if compare %}<p><button type="submit">Compare the chosen studies</button></p>{% endif %}
</form></section>
"""
COMPARED = """
{{ piece("problem") }}
<section aria-labelledby="studies-h"><h2 id="studies-h">Studies compared</h2>
<div class="wide" role="region" aria-label="Studies" tabindex="0"><table class="studies compared">
<thead><tr><td></td><th scope="col" class="word">study</th><th scope="col" class="word">state</th>
<th scope="col" class="word">progress</th><th scope="col">trials</th><th scope="col">best so far</th>
<th scope="col">time left</th></tr></thead>
<tbody id="studies">{{ list("studies") }}</tbody></table></div></section>
{{ piece("forecast") }}
<div id="told">{{ list("told") }}</div>
"""
LEGEND = (
    ("planned", "planned", ""),
    ("running", "running", '<circle cx="6" cy="6" r="2.5"/>'),
    ("ok", "measured", ""),
    ("diverged", "diverged", '<path d="M3 9l6 -6"/>'),
    ("failed", "failed", '<path d="M3 3l6 6m0 -6l-6 6"/>'),
    ("lost", "lost or interrupted", '<path d="M3 6h6"/>'),
)


def study(view: View, number: int, name: str, place: str, unit: str = "") -> str:
    """Give the page of one study, of the pieces that it shows now; `unit` is what its sizes count, if not examples."""
    legend = [
        (
            Markup('<g class="cell-{}"><rect x=".5" y=".5" width="11" height="11" rx="2"/>{}</g>').format(
                role, Markup(sign)
            ),
            said,
        )
        for role, said, sign in LEGEND
    ]
    body = _filled(STUDY, view, number=number, legend=legend, unit=unit)
    return _framed(view, body, heading=name, place=place, events=f"/events?study={number}")


def ledger(view: View, place: str) -> str:
    """Give the page of a ledger."""
    body = _filled(STUDIES, view, compare=len(view.lists["studies"]) > 1)
    return _framed(view, body, heading="Studies", place=place, events="/events")


def compared(view: View, numbers: tuple[int, ...], place: str) -> str:
    """Give the page that compares several studies."""
    asked = "&".join(f"study={number}" for number in numbers)
    return _framed(view, _filled(COMPARED, view), heading="Studies compared", place=place, events=f"/events?{asked}")


def still(title: str, place: str, body: Markup) -> str:
    """Give a page that does not change."""
    return _framed(None, body, heading=title, place=place, events="", title=title)


def note(said: str) -> Markup:
    """Give a sentence as the body of a page."""
    return fill('<section><p>{{ said }}</p><p><a href="/">All studies</a></p></section>', said=said)


def asset(name: str) -> bytes | None:
    """Give the style or the script of the pages, by its name and in one file; None for another name."""
    kind = {"live.css": "style", "live.js": "script"}.get(name)
    return None if kind is None else _asset(kind)


@cache
def _asset(kind: str) -> bytes:
    own = files("kleiber.web").joinpath("live.css" if kind == "style" else "live.js").read_text("utf-8")
    theirs = [assets.style()] if kind == "style" else [assets.script(name) for name in ("chart.js", "what_if.js")]
    return "\n".join([*(one.text for one in theirs), own]).encode()


@cache
def _address(name: str) -> str:
    return f"/{name}?{hashlib.sha256(asset(name) or b'').hexdigest()[:12]}"


def _framed(view: View | None, body: Markup, **values: str) -> str:
    given = {"title": view.title, "version": view.mark} if view else {"version": ""}
    return str(fill(FRAME, body=body, style=_address("live.css"), script=_address("live.js"), **{**given, **values}))


def _filled(template: str, view: View, **values: object) -> Markup:
    def piece(name: str) -> Markup:
        return Markup(view.pieces.get(name, ""))

    def listed(name: str) -> Markup:
        return Markup("\n").join(Markup(view.pieces[one]) for one in view.lists.get(name, []))

    def table(name: str, what: str) -> Markup:
        return fill(TRIALS, id=name, what=what, rows=listed(name))

    functions: Mapping[str, object] = {"piece": piece, "list": listed, "table": table}
    return fill(template, **{**functions, **values})
