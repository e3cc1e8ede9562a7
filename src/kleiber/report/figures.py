"""A figure as a page has it: legend, panels, caption, and its values, which the script shows and lets one download."""

import re
from itertools import groupby
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
{{- swatch(key) }}{{ name(key.text) }}</li>{% endfor %}</ul>
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
    """Give the values as plain data, numbers to six digits, which is more than any chart shows.

    Rows that follow each other under one name, of one kind and entry of the legend, are a group, which has these once.
    """
    rows = zip(data.rows, data.series, strict=True)
    groups = [
        [*head, [[round_(cell) for cell in row[2:]] for row, _ in part]]
        for head, part in groupby(rows, key=lambda one: (*one[0][:2], one[1]))
    ]
    shown = {"columns": data.columns, "groups": groups, "x": data.x, "y": data.y, "digits": data.digits}
    return {"file": file_name(drawing.title), **shown}


def round_(cell: object) -> object:
    """Round a number to six digits."""
    return significant(cell, 6) if isinstance(cell, float) and cell else cell


def file_name(title: str) -> str:
    """Give a name for a file from a title that may hold anything."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "chart"
