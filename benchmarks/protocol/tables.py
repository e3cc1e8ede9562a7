"""The result as Markdown: errors by domain, shares of the best baseline, and how honest the intervals are."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.protocol.scores import Score, resampled

OURS = "kleiber"
GRADES = "## By grade"  # heads a part of the page, which `benchmarks.grades` writes
CONDITIONAL = "## By group of curves"  # and the last, which `benchmarks.conditional` writes
Results = Mapping[str, Mapping[str, Sequence[Score]]]  # domain, forecaster

STATISTICS: dict[str, Callable[[Sequence[Score]], float]] = {
    "RMSLE mean": lambda scores: float(np.mean([s.rmsle for s in scores])),
    "RMSLE median": lambda scores: float(np.median([s.rmsle for s in scores])),
    "MAE mean": lambda scores: float(np.mean([s.mae for s in scores])),
    "MAE median": lambda scores: float(np.median([s.mae for s in scores])),
}


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Give a Markdown table whose columns line up, the first `left` of them to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * w if i < left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    lines = []
    for row in [header, rule, *rows]:
        cells = [c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def errors_table(results: Results) -> str:
    rows = []
    for domain, found in results.items():
        for name, scores in found.items():
            seconds = [s.seconds for s in scores]
            times = [f"{np.median(seconds):.3f}", f"{np.max(seconds):.3f}"]
            values = [f"{statistic(scores):.4f}" for statistic in STATISTICS.values()]
            rows.append([f"{domain} ({len(scores)})", name, *values, *times])
    return table(["domain (curves)", "forecaster", *STATISTICS, "s median", "s max"], rows, left=2)


def best_baseline(found: Mapping[str, Sequence[Score]], statistic: Callable[[Sequence[Score]], float]) -> str:
    """Give the name of the baseline with the least value of a statistic."""
    return min((name for name in found if name != OURS), key=lambda name: statistic(found[name]))


def shares_table(results: Results) -> str:
    """Give our value divided by that of the best baseline of the same run, for each statistic by itself."""
    rows = []
    for domain, found in results.items():
        cells = [share(found, statistic, best_baseline(found, statistic)) for statistic in STATISTICS.values()]
        last = share(found, STATISTICS["MAE mean"], "last_value") if "last_value" in found else "not run"
        rows.append([domain, *cells, last])
    return table(["domain", *STATISTICS, "MAE mean, of last_value's"], rows)


def share(found: Mapping[str, Sequence[Score]], statistic: Callable[[Sequence[Score]], float], name: str) -> str:
    return f"{statistic(found[OURS]) / statistic(found[name]):.2f} of {name}"


def intervals_table(results: Results) -> str:
    rows = []
    for domain, found in results.items():
        scores = found[OURS]
        given = [s.predictive for s in scores if s.predictive is not None]
        refused = sum(s.refused for s in scores)
        learnt = sum(s.table is not None for s in scores)
        likelihood = f"{np.mean([p.log_likelihood for p in given]):.3f}" if given else "none"
        spans = [coverage([p.inside50 for p in given]), coverage([p.inside90 for p in given])]
        rows.append([domain, str(len(scores)), str(refused), str(learnt), likelihood, *spans])
    header = ["domain", "curves", "refused", "held-out table", "log-likelihood"]
    return table([*header, "50 % interval covers", "90 % interval covers"], rows)


def coverage(shares: Sequence[float]) -> str:
    """Give the mean over the curves of the share inside, with its bootstrap interval."""
    if not shares:
        return "none"
    low, high = resampled(shares)
    return f"{np.mean(shares):.3f} ({low:.3f} to {high:.3f})"


def page(results: Results, how: Sequence[str]) -> str:
    """Give the whole page: how it was run, then the tables that the run allows."""
    parts = [
        "# How well it extrapolates",
        "\n".join(f"- {line}" for line in how),
        "Fitted on the observed sizes of a curve, scored on the later ones, which are not seen before. RMSLE is the root "
        "mean square of the error of log loss, over the unseen sizes of a curve; MAE the mean absolute error. A "
        "prediction that is not finite or not positive counts as the last observed loss.",
        "## Errors",
        errors_table(results),
    ]
    ours = all(OURS in found for found in results.values())
    if ours and all(len(found) > 1 for found in results.values()):
        parts += ["## As a share of the best baseline", shares_table(results)]
    if ours:
        parts += [
            "## Intervals",
            "A refused forecast counts as the last observed loss above and is left out here. Coverage weighs each curve "
            "equally and comes with the 95 % interval of a bootstrap over curves, too narrow where curves share a data "
            "set. Log-likelihood: the mean over curves of the mean log density of an unseen loss (DD: losses in units of "
            "the largest observed). `held-out table` counts the curves forecast with what was learnt without their own "
            "fold or domain; the others used what the library comes with.",
            intervals_table(results),
        ]
    return "\n\n".join(parts) + "\n"


def write_page(path: Path, text: str) -> None:
    """Write the page anew; its last parts stay."""
    _, heading, rest = _parts(path, GRADES, CONDITIONAL)
    path.write_text(text + (f"\n{heading}{rest}" if rest else ""))


def write_grades(path: Path, text: str) -> None:
    """Write the part by grade anew; the rest stays."""
    page, _, rest = _parts(path, GRADES)
    _, heading, after = rest.partition(CONDITIONAL)
    path.write_text(f"{page.rstrip()}\n\n{GRADES}\n\n{text}" + (f"\n{heading}{after}" if after else ""))


def write_conditional(path: Path, text: str) -> None:
    """Write the last part of the page anew; the rest stays."""
    page, _, _ = _parts(path, CONDITIONAL)
    path.write_text(f"{page.rstrip()}\n\n{CONDITIONAL}\n\n{text}")


def _parts(path: Path, *headings: str) -> tuple[str, str, str]:
    """Give a page before the first of some headings that it has, that heading, and the rest."""
    text = path.read_text() if path.exists() else ""
    found = [heading for heading in headings if heading in text]
    return text.partition(min(found, key=text.index)) if found else (text, "", "")
