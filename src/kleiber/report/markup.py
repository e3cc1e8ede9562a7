"""Filling a section's template: Jinja2 with autoescape, the number formats as filters, and the one form of a table.

A template sees only what it is given. Every value is escaped unless it is `Markup` that was made here.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from kleiber.report import numbers

_TABLE = """
<div class="wide" role="region" aria-label="{{ table.caption | shown }}" tabindex="0">
<table{% if table.words %} class="{% for i in table.words | sort %}w{{ i }} {% endfor %}"{% endif %}>
<caption>{{ name(table.caption) }}</caption>
<thead><tr>{% for head in table.heads %}<th scope="col">{{ head | shown }}{% endfor %}</thead>
<tbody>{% for row in table.rows %}
<tr>{% for cell in row %}
{% if loop.first %}<th scope="row">{{ name(cell) }}
{%- else %}<td>{{ name(cell) }}{% endif %}
{% endfor %}
{% endfor %}
</tbody></table></div>
"""
"""Cells and rows end where the next begin, as HTML has it: their end tags would be a tenth of a page."""

_WARNED = """
<ul class="warnings">
{% for warning in warnings %}
<li>{{ name(warning.message | together) }} <code>{{ name(warning.code) }}</code></li>
{% endfor %}
</ul>
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be shown: the columns counted in `words`, of the first seven, hold text, the others numbers."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    words: frozenset[int] = frozenset()


def fill(template: str, **values: Any) -> Markup:
    """Fill a template with values; what comes out is safe to put into the page."""
    return Markup(_compiled(template).render(**values))


def island(identifier: str, value: object) -> Markup:
    """Give plain data as JSON in the page that cannot end or change the script element around it.

    `<`, `>`, `&` and everything beyond ASCII (so U+2028 and U+2029 too) are written as escapes of JSON. Raises `ValueError`
    for a number that is not finite: `reading.read` has made null of those.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup('<script type="application/json" id="{}">{}</script>').format(identifier, Markup(text))


def warned(warnings: Sequence[Mapping[str, Any]]) -> Markup:
    """Give warnings as a list, each with its code; nothing where there are none."""
    return fill(_WARNED, warnings=warnings) if warnings else Markup("")


def name(value: object) -> Markup:
    """Give a text from a user, isolated so that its writing direction ends where it ends."""
    if isinstance(value, Markup):
        return value
    text = numbers.shown(value)
    plain = all(ord(character) < 0x590 for character in text)
    return Markup("{}" if plain else "<bdi>{}</bdi>").format(text)


def table(value: Table) -> Markup:
    """Give a table as HTML, with its caption, scopes, and a frame that scrolls where the page is narrow."""
    return fill(_TABLE, table=value)


@functools.cache
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


@functools.cache
def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "shown": numbers.shown,
        "size": numbers.size,
        "rough": numbers.rough_size,
        "fixed": numbers.fixed,
        "percent": numbers.percent,
        "plain": numbers.plain,
        "together": numbers.together,
    }
    environment.globals |= {"name": name, "table": table}
    return environment
