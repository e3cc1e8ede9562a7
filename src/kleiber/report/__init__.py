"""Telling: what was found, as one HTML file and as a figure for a paper.

`write_report(findings, path)` gives the page, `write_figure(findings, path)` the picture, `figure(curve)` the Axes.
The findings are a dictionary of plain values and the only thing that anything here sees.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kleiber.errors import KleiberError
from kleiber.plugins import load_attribute

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class HasDict(Protocol):
    """What `analyse` gives: an object whose `to_dict()` is the findings as plain values."""

    def to_dict(self) -> dict[str, Any]:
        """Give the findings as plain values."""
        ...


def write_report(
    findings: HasDict | Mapping[str, Any], path: str | Path, *, title: str = "", note: str = "", date: str = ""
) -> Path:
    """Write the findings as one self-contained HTML file and give its path; the same arguments give the same bytes.

    `title` stands in place of the findings' own; `note` and `date` stand beside the source of the data.
    Raises `KleiberError` where the findings are of another schema or the folder is missing, `MachineError` where the
    file cannot be written.
    """
    heading = load_attribute("kleiber.report.page:Heading")(title, note, date)
    written: Path = load_attribute("kleiber.report.page:write_page")(findings, Path(path), heading)
    return written


def write_figure(findings: HasDict | Mapping[str, Any], path: str | Path) -> Path:
    """Write the learning curves on log-log and on plain axes, as .png, .svg or .pdf by the ending of the path.

    Several curves get a row of panels each. Needs matplotlib (extra `plot`); raises `KleiberError` without it.
    """
    written: Path = _paper("write_figure")(findings, Path(path))
    return written


def figure(curve: Mapping[str, Any], ax: "Axes | None" = None, *, log: bool = True) -> "Axes":
    """Draw one curve of the findings (`findings["curves"][i]`) into the given or new Axes, and return the Axes.

    `log=False` gives plain axes. Needs matplotlib (extra `plot`); raises `KleiberError` without it.
    """
    axes: Axes = _paper("draw")(curve, ax, log=log)
    return axes


def _paper(name: str) -> Any:
    try:
        return load_attribute(f"kleiber.report.paper:{name}")
    except KleiberError as error:
        if "matplotlib" not in str(error):
            raise
        raise KleiberError("the figure needs matplotlib, which is not installed: pip install 'kleiber[plot]'") from error


__all__ = ["HasDict", "figure", "write_figure", "write_report"]
