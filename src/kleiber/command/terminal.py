"""What the command prints: tables and findings to standard output, remarks to standard error."""

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from kleiber.metric import Metric
from kleiber.wording import SENTENCES, counted, duration, given, listed


def print_findings(findings: Any, as_json: bool, full: bool = False, plot: bool = False) -> None:
    """Print points, forecasts and the sentences that matter most, warnings to standard error; `full` is all, or JSON.

    `plot` draws each curve below its tables, in characters.
    """
    if as_json:
        print(findings.to_json())
        return
    content = findings.to_dict()
    for curve in content["curves"]:
        print(printable(f"{curve['model']}, {curve['metric']}"))
        _print_curve(curve)
        if plot and curve["points"]:
            from kleiber.command.plot import of_findings, print_plot

            target = curve["forecast"]["target"]
            scale = Metric.from_dict(curve["scale"])
            print_plot([of_findings(curve, curve["model"])], scale, None if target is None else target["loss"])
    print()
    print_edited(content["sentences"], content["warnings"], full=full, curves=content["curves"])


def print_edited(
    sentences: Sequence[str],
    warnings: Sequence[Mapping[str, Any]],
    *,
    full: bool,
    curves: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Print the sentences and warnings that are shown where nobody asks for all, and say what is left.

    `warnings` are weighed. Where several curves have the same, it is printed once and says whose it is.
    """
    kept = sentences if full else sentences[:SENTENCES]
    print_sentences(kept)
    alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for warning in warnings:
        alike.setdefault((warning["code"], warning["message"]), []).append(warning)
    said = {key: own for key, own in alike.items() if full or any(warning["shown"] for warning in own)}
    for (code, message), own in said.items():
        say(f"{code}: {_whose(own, curves)}{message}")
    left = len(sentences) - len(kept), len(alike) - len(said)
    more = [counted(k, f"more {what}") for k, what in zip(left, ("sentence", "warning"), strict=True) if k]
    if more:
        say(f"(--full prints {listed(more)})")


def _whose(warnings: Sequence[Mapping[str, Any]], curves: Sequence[Mapping[str, Any]]) -> str:
    """Say of which of several curves a warning is: by model, by metric, or by both, whatever tells them apart."""
    if len(curves) < 2 or not warnings[0].get("model"):
        return ""
    if len(warnings) == len(curves) > 2:
        return "all curves: "
    named = [key for key in ("model", "metric") if len({curve[key] for curve in curves}) > 1]
    return f"{listed([', '.join(str(warning[key]) for key in named) for warning in warnings])}: "


def _print_curve(curve: dict[str, Any]) -> None:
    scale = Metric.from_dict(curve["scale"])

    def ends(entry: dict[str, Any]) -> str:
        if entry.get("count") == 1 and not entry["loss"]["low"] < entry["loss"]["high"]:
            return "not known"  # one run says nothing of its own noise
        return scale.write_interval(entry["loss"]["low"], entry["loss"]["high"])

    def middle(entry: dict[str, Any], name: str) -> str:
        loss = entry["loss"]
        low, high = (loss["low"], loss["high"]) if loss["low"] < loss["high"] else (None, None)
        return scale.write(loss[name], low, high)

    def runs(entry: dict[str, Any]) -> str:
        left = entry["left_out"]
        if left == len(entry["values"]):
            return f"{left}, left out"
        return f"{entry['count']} + {left} left out" if left else f"{entry['count']}"

    if curve["points"]:
        points = [
            {"n": f"{p['n']:,}", "mean": middle(p, "mean"), "90 %": ends(p), "runs": runs(p)} for p in curve["points"]
        ]
        print_table(["n", "mean", "90 %", "runs"], points)
    if curve["forecast"]["at"]:
        print("forecast")
        ahead = [
            {"n": given(p["n"]), "median": middle(p, "median"), "90 %": ends(p), "grade": p["grade"]}
            for p in curve["forecast"]["at"]
        ]
        print_table(["n", "median", "90 %", "grade"], ahead)


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
        print(_wrapped(printable(sentence), sys.stdout))


def print_json(value: Any) -> None:
    """Print plain data as strict JSON."""
    print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def say(line: str) -> None:
    """Print a line to standard error."""
    print(_wrapped(printable(line), sys.stderr), file=sys.stderr)


def _wrapped(text: str, stream: Any) -> str:
    """Give a text in lines of a terminal's width that break no word; as it is where there is no terminal."""
    if not stream.isatty():
        return text
    width = max(shutil.get_terminal_size().columns, 20)
    held = re.sub(r"(\d) %", "\\1\u00a0%", text)  # a number keeps its %
    lines = [textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in held.split("\n")]
    return "\n".join("\n".join(part) for part in lines).replace("\u00a0", " ")


def made_of(
    sizes: int,
    search: Sequence[int],
    stages: Sequence[float],
    scores: int,
    pilot: Sequence[int] = (),
    searches: int = 1,
) -> str:
    """Say what the number of a study's trials is made of; `search` has those of each stage, and one that pauses counts at
    each, as do those of a `pilot`. All are those of one search, of which there are `searches` at each size.
    """
    again = f"{searches} searches x (" if searches > 1 else ""
    end = ")" if again else ""
    scored, whole = counted(scores, "score"), counted(searches * (sizes * (sum(search) + scores) + sum(pilot)), "trial")
    before = again + f"a pilot at the smallest size ({' + '.join(map(str, pilot))}) + " if pilot else ""
    if len(search) < 2:
        parts = f"({counted(search[0], 'search trial')} + {scored})" if search else scored
        return f"{before}{counted(sizes, 'size')} x {parts}{end} = {whole}"
    ends = [f"epoch {end}" for end in stages[1:]] + ["the end"]
    going = listed([f"{count} to {end}" for count, end in zip(search[1:], ends, strict=True)])
    return (
        f"{before}{counted(sizes, 'size')} x ({' + '.join(map(str, search))} search trials + {scored}){end} = {whole}: of "
        f"{counted(search[0], 'setting')} tried up to epoch {stages[0]}, the best go on, {going}, and count again"
    )


def between(span: Any, workers: int = 1) -> str:
    """Write a time with its 90 % interval, for so many workers at once."""
    middle, low, high = (duration(seconds / workers) for seconds in (span.seconds, span.low, span.high))
    if low.partition(" ")[2] == high.partition(" ")[2]:
        low = low.partition(" ")[0]
    return middle if span.low == span.high else f"{middle} (90 % interval {low} to {high})"


def printable(text: str) -> str:
    """Give a text without characters that could steer a terminal; names come from anybody's files."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
