"""A figure as a page has it: legend, panels, caption, and its values, which the script shows and lets one download."""

import re
from typing import Any

from markupsafe import Markup

from kleiber.report.charts import svg, swatch
from kleiber.report.drawing import Data, Drawing
from kleiber.report.markup import fill, island
from kleiber.report.numbers import significant

_FIGURE = """
<figure class="chart" id="{{ identifier }}">
{% if drawing.keys %}
<ul class="keys">{% for key in drawing.keys %}<li{% if key.series %} data-key="{{ key.series }}"{% endif %}>
{{- swatch(key) }}<span>{{ name(key.text) }}</span></li>{% endfor %}</ul>
{% endif %}
<div class="panels">{{ pictures }}</div>
{% if caption or drawing.notes %}
<figcaption>{{ caption }}{% for note in drawing.notes %} {{ note }}{% endfor %}</figcaption>
{% endif %}
{{ values }}
</figure>
"""


def figure(drawing: Drawing, identifier: str, caption: str = "") -> Markup:
    """Give a figure; `identifier` is unique in its page, and the script `chart.js` makes it answer a reader."""
    values = Markup("") if drawing.data is None else island(f"{identifier}-values", _plain(drawing, drawing.data))
    return fill(
        _FIGURE,
        drawing=drawing,
        identifier=identifier,
        caption=caption,
        swatch=swatch,
        pictures=svg(drawing, identifier),
        values=values,
    )


def _plain(drawing: Drawing, data: Data) -> dict[str, Any]:
    """Give the values as plain data, numbers to seven digits, which is more than any chart shows."""
    rows = [[round_(cell) for cell in row] for row in data.rows]
    shown = {"columns": data.columns, "rows": rows, "series": data.series, "x": data.x, "y": data.y, "digits": data.digits}
    return {"file": file_name(drawing.title), **shown}


def round_(cell: object) -> object:
    """Round a number to seven digits."""
    return significant(cell, 7) if isinstance(cell, float) and cell else cell


def file_name(title: str) -> str:
    """Give a name for a file from a title that may hold anything."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "chart"
