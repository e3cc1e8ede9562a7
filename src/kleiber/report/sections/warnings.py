"""The warnings that threaten no other section, each with its stable code and the curve that it is about."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import warned
from kleiber.report.reading import curve_name, warnings_at

ORDER = 60
TITLE = "Other warnings"
ABOUT = "those that stand beside no curve and no search"


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the warnings; nothing where there are none."""
    return warned([_named(one) for one in warnings_at(findings, "warnings")])


def _named(warning: Mapping[str, Any]) -> dict[str, Any]:
    whose = curve_name(warning) if warning.get("model") or warning.get("metric") else ""
    return {"message": f"{whose}: {warning['message']}" if whose else warning["message"], "code": warning["code"]}
