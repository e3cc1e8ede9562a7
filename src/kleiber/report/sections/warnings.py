"""The warnings, each with its stable code and the curve that it is about."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import fill
from kleiber.report.reading import curve_name

ORDER = 60
TITLE = "Warnings"
ABOUT = "each with its code"

TEMPLATE = """
<ul class="warnings">
{% for warning in warnings %}
<li><p>{{ name(warning.message) }}</p>
<p class="about"><code>{{ name(warning.code) }}</code>{{ " " if warning.curve }}{{ name(warning.curve) }}</p></li>
{% endfor %}
</ul>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the warnings; nothing where there are none."""
    warnings = findings.get("warnings") or []
    if not warnings:
        return Markup("")
    lines = [
        {
            "message": warning["message"],
            "code": warning["code"],
            "curve": curve_name(warning) if warning.get("model") or warning.get("metric") else "",
        }
        for warning in warnings
    ]
    return fill(TEMPLATE, warnings=lines)
