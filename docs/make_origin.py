"""Tables and figure of docs/origin.md from the runs in docs/origin_runs.csv.

    python docs/make_origin.py [LEDGER ...]
    python docs/make_origin.py --forecast STUDY LEDGER

takes the score trials of the ledgers' studies into docs/origin_runs.csv, in place of what it had of these studies; then
prints the tables as Markdown and writes docs/origin.png. With `--forecast` it puts into docs/origin_forecasts.csv what
sizes up to 1,600, 3,200 and 6,400 of a study in a ledger, `origin` or `origin-pilot`, say of larger ones. So it is to be
called before these have been run.
"""

import csv
import shutil
import sys
import tempfile
from dataclasses import dataclass
from math import log
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from scipy import stats

import kleiber
from kleiber.curves.curve import Curve, make_curve
from kleiber.curves.sources import curves_from

Array = NDArray[np.float64]
Row = dict[str, str]

HERE = Path(__file__).parent
RUNS, FORECASTS = HERE / "origin_runs.csv", HERE / "origin_forecasts.csv"
FIXED, DECAY, TUNED = "origin-fixed", "fixed-decay-0.001", "origin"
BLUE, RED, GREEN, GREY = "#1b5e9b", "#b5460f", "#3d7a3d", "#6b6b6b"
FASHION = ("fashion-linear", "fashion-mlp", "fashion-lenet")
PILOT = "origin-pilot"  # the preset as it is now, from another seed
STUDIES = (FIXED, DECAY, TUNED, PILOT, *FASHION)
SEEDS = {TUNED: 0, PILOT: 3}
FORETOLD = {TUNED: ("first", RED, 1.07), PILOT: ("second", GREEN, 1.14)}
PORT = {200: 2.077, 400: 1.959, 800: 1.780, 1600: 1.574}  # test cross-entropy of a faithful port of the notebook
SEEN, ASKED = (1600, 3200, 6400), (12800, 25600, 40000)
LEVEL, POWER = 0.95, 0.80  # of the tests: two-sided at 10 %, and the chance to see the least effect that is told


@dataclass(frozen=True)
class Line:
    """A straight log-log line through the means of the sizes, ln loss = level - slope ln n, and what bends off it.

    `off` is the root mean square of the residuals, `bend` by how much the slope at the largest size is larger than that at
    the smallest, by a parabola; each with its 90 % interval. `least` is the least bend that the test finds with probability
    .8. Scatter is that of the sizes about the parabola, so the luck of each size's search is in it.
    """

    slope: float
    slope_low: float
    slope_high: float
    level: float
    off: float
    off_low: float
    off_high: float
    bend: float
    bend_low: float
    bend_high: float
    least: float
    p: float


def runs() -> list[Row]:
    """Give the rows of the table of runs."""
    with RUNS.open(newline="") as stream:
        return list(csv.DictReader(stream))


def take_in(ledgers: list[Path]) -> None:
    """Put every score trial of the ledgers into the table: study, search, n, replicate, test loss and error."""
    rows = runs() if RUNS.exists() else []
    for path in ledgers:
        with kleiber.Ledger(path) as ledger:
            for name in ledger.names():
                scores = [row for row in ledger.export(name) if row["purpose"] == "score" and row["state"] == "ok"]
                rows = [row for row in rows if row["study"] != name] + [
                    {
                        "study": name,
                        "search": str(row["search"] + 1),
                        "n": str(row["n"]),
                        "replicate": str(row["replicate"]),
                    }
                    | {metric: f"{row['test'][metric]:.5f}" for metric in ("loss", "error")}
                    for row in sorted(scores, key=lambda row: (row["n"], row["search"], row["replicate"]))
                ]
    write(RUNS, rows)


def write(path: Path, rows: list[Row]) -> None:
    """Write rows as a table."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def losses(study: str, metric: str = "loss") -> dict[int, list[float]]:
    """Give a study's values by size."""
    found: dict[int, list[float]] = {}
    for row in runs():
        if row["study"] == study:
            found.setdefault(int(row["n"]), []).append(float(row[metric]))
    return dict(sorted(found.items()))


def curve_of(study: str) -> Curve:
    """Give the curve of a study's losses."""
    rows = [row for row in runs() if row["study"] == study]
    return make_curve(
        [float(row["n"]) for row in rows],
        [float(row["loss"]) for row in rows],
        replicate=[f"{row['search']}.{row['replicate']}" for row in rows],
        chance=log(10),
        n_test=10_000,
        metric="loss",
        model=study,
    )


def fitted(study: str) -> Line:
    """Fit the line and the parabola to a study's means of sizes by least squares, each size counting the same."""
    found = losses(study)
    x, y = np.log(list(found)), np.array([log(np.mean(values)) for values in found.values()])
    return line(x, y)


def line(x: Array, y: Array) -> Line:
    """Fit ln loss `y (m,)` at ln n `x (m,)`."""
    m = len(x)
    slope, level = np.polyfit(x, y, 1)
    off = y - level - slope * x
    squares = float(off @ off)
    error = np.sqrt(squares / (m - 2) / np.sum((x - x.mean()) ** 2))
    reach = stats.t.ppf(LEVEL, m - 2) * error
    design = np.stack([np.ones(m), x - x.mean(), (x - x.mean()) ** 2], axis=1)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    left = y - design @ coefficients
    spread = np.sqrt(left @ left / (m - 3) * np.linalg.inv(design.T @ design)[2, 2])
    bend, sd = -2 * coefficients[2] * np.ptp(x), 2 * spread * np.ptp(x)
    t, beyond = stats.t.ppf(LEVEL, m - 3), stats.t.ppf(POWER, m - 3)
    return Line(
        slope=-slope,
        slope_low=-slope - reach,
        slope_high=-slope + reach,
        level=level,
        off=np.sqrt(squares / m),
        off_low=np.sqrt(squares / m * (m - 2) / stats.chi2.ppf(LEVEL, m - 2)),
        off_high=np.sqrt(squares / m * (m - 2) / stats.chi2.ppf(1 - LEVEL, m - 2)),
        bend=bend,
        bend_low=bend - t * sd,
        bend_high=bend + t * sd,
        least=(t + beyond) * sd,
        p=float(2 * stats.t.sf(abs(bend) / sd, m - 3)),
    )


def straighter(one: Line, other: Line, m: int) -> str:
    """Say which of two lines through m sizes each is the straighter, by an F-test of their residual variances."""
    ratio = (other.off / one.off) ** 2
    p = 2 * min(stats.f.sf(ratio, m - 2, m - 2), stats.f.cdf(ratio, m - 2, m - 2))
    least = np.sqrt(stats.f.ppf(LEVEL, m - 2, m - 2) * stats.f.ppf(POWER, m - 2, m - 2))
    low, high = np.sqrt(ratio / stats.f.ppf([LEVEL, 1 - LEVEL], m - 2, m - 2))
    return (
        f"RMS off the line, fixed over tuned: {np.sqrt(ratio):.2f} (90 % interval {low:.2f} to {high:.2f}; "
        f"F-test p = {p:.3f}; a ratio of {least:.1f} would be seen with probability .8)"
    )


def forecast_rows(study: str, ledger: Path) -> list[Row]:
    """Forecast the sizes asked for from the smaller ones of a ledger's study, as if no other had been run."""
    found = []
    options = {"name": study, "data": "cifar10", "seed": SEEDS[study], "searches": 2}
    for seen in SEEN:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "origin.db"
            shutil.copy(ledger, copy)
            kleiber.run_study(kleiber.preset("origin", max_n=seen, **options), copy).close()  # all of it is measured
            curve = next(curve for curve in curves_from(copy) if curve.metric == "loss")
        forecast = kleiber.forecast(curve)
        for n in ASKED:
            low, middle, high = forecast.quantile(n, [0.05, 0.5, 0.95])
            said = {"median": f"{middle:.4f}", "low": f"{low:.4f}", "high": f"{high:.4f}"}
            found.append({"study": study, "seen": str(seen), "n": str(n)} | said)
    return [row for row in foretold() if row["study"] != study] + found


def foretold() -> list[Row]:
    """Give the forecasts that were made before looking."""
    with FORECASTS.open(newline="") as stream:
        return list(csv.DictReader(stream))


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print a table as Markdown."""
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def of_sizes(study: str) -> list[list[str]]:
    """Give a study's sizes: mean test loss, what its searches came to, standard deviation within them, accuracy."""
    errors, own, rows = losses(study, "error"), [row for row in runs() if row["study"] == study], []
    for n, values in losses(study).items():
        by_search: dict[str, list[float]] = {}
        for row in own:
            if int(row["n"]) == n:
                by_search.setdefault(row["search"], []).append(float(row["loss"]))
        within = np.sqrt(np.mean([np.var(each, ddof=1) for each in by_search.values()]))
        searches = ", ".join(f"{np.mean(each):.3f}" for each in by_search.values())
        port = f"{100 * (np.mean(values) / PORT[n] - 1):+.1f} %" if n in PORT and study not in FASHION else ""
        accuracy = f"{100 * (1 - np.mean(errors[n])):.1f} %"
        rows.append([f"{n:,}", f"{np.mean(values):.3f}", searches, f"{within:.3f}", accuracy, port])
    return rows


def law_row(study: str) -> list[str]:
    """Give a study's exponent and floor as kleiber tells them, and its line."""
    forecast, fit = kleiber.forecast(curve_of(study)), fitted(study)
    b, c = forecast.exponent, forecast.floor
    return [
        study,
        f"{b.median:.3f} ({b.low:.3f} to {b.high:.3f})",
        f"{c.median:.3f} ({c.low:.3f} to {c.high:.3f})",
        f"{fit.slope:.3f} ({fit.slope_low:.3f} to {fit.slope_high:.3f})",
        f"{fit.off:.4f} ({fit.off_low:.4f} to {fit.off_high:.4f})",
        f"{fit.bend:+.3f} ({fit.bend_low:+.3f} to {fit.bend_high:+.3f}), p = {fit.p:.2f}",
        f"{fit.least:.3f}",
    ]


def forecast_table(study: str) -> list[list[str]]:
    """Give each forecast of a study that was made before looking, beside what came."""
    measured, rows = losses(study), []
    for row in foretold():
        low, high, values = float(row["low"]), float(row["high"]), measured.get(int(row["n"]), [])
        if not values or row["study"] != study:
            continue
        mean = float(np.mean(values))
        rows.append(
            [
                f"{int(row['seen']):,}",
                f"{int(row['n']):,}",
                f"{float(row['median']):.3f} ({low:.3f} to {high:.3f})",
                f"{mean:.3f}",
                f"{100 * (float(row['median']) / mean - 1):+.1f} %",
                f"{sum(low <= value <= high for value in values)} of {len(values)}",
                "yes" if low <= mean <= high else "no",
            ]
        )
    return rows


def draw() -> None:
    """Draw the two pictures of the article, and Fashion-MNIST beside them."""
    figure, axes = plt.subplots(1, 3, figsize=(13.5, 4.8), layout="constrained")
    drawn(axes[0], [(FIXED, "decay 0.1, as in the article", GREY), (DECAY, "decay 0.001", RED)])
    drawn(axes[1], [(TUNED, "tuned at each size", BLUE), (PILOT, "again, with a pilot", GREEN)])
    axes[1].plot(list(PORT), list(PORT.values()), "x", color=GREY, label="the article's own loop, run again")
    for row in foretold():
        if row["seen"] == str(SEEN[-1]):
            n, low, middle, high = (float(row[key]) for key in ("n", "low", "median", "high"))
            name, colour, place = FORETOLD[row["study"]]
            label = f"{name} forecast from n = 6,400, made before" if n == ASKED[0] else None
            axes[1].errorbar(
                n * place, middle, yerr=[[middle - low], [high - middle]], fmt="_", color=colour, capsize=3, label=label
            )
    colours = (BLUE, RED, GREEN)
    drawn(axes[2], [(s, s.removeprefix("fashion-"), c) for s, c in zip(FASHION, colours, strict=True)])
    titles = ("Experiment 1: one fixed setting", "Experiment 2: a search at each size", "Fashion-MNIST, tuned")
    for ax, title in zip(axes, titles, strict=True):
        ax.set(title=title, xlabel="training images")
    bottom = min(ax.get_ylim()[0] for ax in axes[:2])
    for ax in axes[:2]:
        ax.set_ylim(bottom, 2.5)
    axes[0].set_ylabel("test cross-entropy (nats)")
    for ax in axes:
        ax.legend(frameon=False, fontsize=8, loc="lower left")
        low, high = ax.get_ylim()
        ticks = [t for t in (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.3) if low <= t <= high]
        ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
        ax.minorticks_off()
    figure.savefig(HERE / "origin.png", dpi=130)


def drawn(ax: Axes, curves: list[tuple[str, str, str]]) -> None:
    """Draw the means of sizes of some studies with their lines on log-log axes."""
    for study, label, colour in curves:
        found, fit = losses(study), fitted(study)
        n = np.array(list(found), dtype=float)
        means, sd = (np.array([how(values) for values in found.values()]) for how in (np.mean, np.std))
        said = f"{label}: slope {-fit.slope:.3f}, {fit.off:.3f} off the line"
        ax.errorbar(n, means, yerr=sd, fmt="o", color=colour, markersize=5, capsize=2, label=said)
        ax.plot(n, np.exp(fit.level - fit.slope * np.log(n)), color=colour, linewidth=1)
    ax.set(xscale="log", yscale="log")
    ax.set_xticks(n, [f"{size:,.0f}" for size in n], rotation=45)
    ax.spines[["top", "right"]].set_visible(False)


def main(arguments: list[str]) -> None:
    """Take the ledgers in, print the tables and draw."""
    if arguments[:1] == ["--forecast"]:
        write(FORECASTS, forecast_rows(arguments[1], Path(arguments[2])))
        return
    ledgers = [Path(name) for name in arguments]
    if ledgers:
        take_in(ledgers)
    for study in STUDIES:
        table(f"**{study}**", ["n", "test loss", "of each search", "sd", "accuracy", "against the port"], of_sizes(study))
    head = ["study", "exponent b", "floor c", "slope of the line", "RMS off the line", "bend", "least bend seen"]
    table("**Laws and lines**", head, [law_row(study) for study in STUDIES])
    for study in SEEDS:
        print(f"{study}: {straighter(fitted(study), fitted(DECAY), len(losses(study)))}")
    head = ["sizes up to", "asked", "forecast (90 % of a new run)", "measured", "off by", "runs inside", "mean inside"]
    for study in SEEDS:
        table(f"**Forecasts of {study} made before looking**", head, forecast_table(study))
    draw()


if __name__ == "__main__":
    main(sys.argv[1:])
