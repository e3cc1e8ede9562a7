"""What the command prints: tables and findings to standard output, remarks to standard error."""

import json
import sys
from collections.abc import Sequence
from typing import Any


def print_findings(findings: Any, as_json: bool) -> None:
    """Print points, forecasts and sentences of findings, warnings to standard error; or all of it as JSON."""
    if as_json:
        print(findings.to_json())
        return
    content = findings.to_dict()
    for curve in content["curves"]:
        print(printable(f"{curve['model']}, {curve['metric']}"))
        points = [{"n": p["n"], "mean": f"{p['mean']:.4g}", "90 %": _range(p), "runs": p["count"]} for p in curve["points"]]
        print_table(["n", "mean", "90 %", "runs"], points)
        if curve["forecast"]["status"] == "ok":
            ahead = [
                {"n": f"{p['n']:g}", "median": f"{p['median']:.4g}", "90 %": _range(p)}
                for p in curve["forecast"]["at"]
                if not p["withheld"]
            ]
            if ahead:
                print("forecast")
                print_table(["n", "median", "90 %"], ahead)
    print()
    print_sentences(content["sentences"])
    for warning in content["warnings"]:
        say(f"{warning['code']}: {warning['message']}")


def _range(point: dict[str, Any]) -> str:
    if point.get("count") == 1:
        return "unknown"  # one run says nothing of its own noise
    return f"{point['low']:.4g} to {point['high']:.4g}"


def print_table(head: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as a table, each column as wide as its widest cell."""
    cells = [[printable(cell(row[key])) for key in head] for row in rows]
    widths = [max(len(title), *(len(row[i]) for row in cells), 0) for i, title in enumerate(head)]
    for line in [list(head), *cells]:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def cell(value: Any) -> str:
    """Give a value as the text of a table's cell."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return f"{value}"
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def print_sentences(sentences: Sequence[str]) -> None:
    """Print sentences, one a line."""
    for sentence in sentences:
        print(printable(sentence))


def print_json(value: Any) -> None:
    """Print plain data as strict JSON."""
    print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def say(line: str) -> None:
    """Print a line to standard error."""
    print(printable(line), file=sys.stderr)


def printable(text: str) -> str:
    """Give a text without characters that could steer a terminal; names come from anybody's files."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
