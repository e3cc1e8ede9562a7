"""Tables and figure of docs/origin.md from the runs in docs/origin.csv.

    python docs/make_origin.py [LEDGER ...]

takes the score trials of the ledgers' studies into docs/origin.csv, in place of what it had of these studies; then writes
docs/origin.png and prints the tables as Markdown, and the winners of the ledgers' searches.
"""

import csv
import sqlite3
import sys
from math import log
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import kleiber
from kleiber import importers
from kleiber.curves.curve import Curve, make_curve, sizes

DECAY, EARLY = "fixed-decay-0.001", "origin-early-stop"
FASHION = ("fashion-linear", "fashion-mlp", "fashion-lenet")
HERE = Path(__file__).parent
TABLE = HERE / "origin.csv"
PORT = {200: 2.077, 400: 1.959, 800: 1.780, 1600: 1.574}  # test cross-entropy of a faithful port of the notebook
COLOURS = ("#1b5e9b", "#b5460f", "#3d7a3d")

Row = dict[str, str]


def runs() -> list[Row]:
    with TABLE.open(newline="") as stream:
        return list(csv.DictReader(stream))


def take_in(ledgers: list[str]) -> None:
    """Put every score trial of the ledgers into the table: study, n, replicate, test loss and error."""
    rows = runs()
    for ledger in ledgers:
        with sqlite3.connect(ledger) as db:
            names = [name for (name,) in db.execute("SELECT name FROM studies ORDER BY id")]
        for name in names:
            found = importers.read(Path(ledger), study=name)
            by_run: dict[tuple[float, str], dict[str, float]] = {}
            for row in found.rows:
                by_run.setdefault((row.n, row.replicate), {})[row.metric] = row.loss
            trials = str(found.study["search"]["trials_per_size"])
            rows = [row for row in rows if row["study"] != name] + [
                {"study": name, "search_trials": trials, "n": f"{n:.0f}", "replicate": replicate}
                | {metric: f"{m[metric]:.5f}" for metric in ("loss", "error")}
                for (n, replicate), m in sorted(by_run.items())
            ]
    with TABLE.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def curve_of(study: str, metric: str = "loss", largest: float = np.inf, trials: str | None = None) -> Curve:
    rows = [r for r in runs() if r["study"] == study and float(r["n"]) <= largest and trials in (None, r["search_trials"])]
    return make_curve(
        [float(row["n"]) for row in rows],
        [float(row[metric]) for row in rows],
        replicate=[row["replicate"] for row in rows],
        chance=log(10) if metric == "loss" else 0.9,
        n_test=10_000,
        metric=metric,
        model=study,
    )


def straight(curve: Curve) -> tuple[float, float, float]:
    """Give exponent, factor and RMS of the log residuals of the best straight log-log line through the size means."""
    found = sizes(curve)
    slope, level = np.polyfit(np.log(found.n), np.log(found.mean), 1)
    off = np.sqrt(np.mean((np.log(found.mean) - level - slope * np.log(found.n)) ** 2))
    return -slope, float(np.exp(level)), float(off)


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def of_sizes(study: str, trials: str | None = None) -> list[list[str]]:
    loss, error = (sizes(curve_of(study, metric, trials=trials)) for metric in ("loss", "error"))
    rows = []
    for i, n in enumerate(loss.n):
        sd = f"{loss.sd[i]:.3f}" if loss.sd[i] is not None else ""
        against = f"{100 * (loss.mean[i] / PORT[int(n)] - 1):+.1f} %" if int(n) in PORT and "fashion" not in study else ""
        rows.append(
            [f"{n:,.0f}", f"{loss.mean[i]:.3f}", sd, f"{100 * (1 - error.mean[i]):.1f} %", str(loss.count[i]), against]
        )
    return rows


def forecast_row(study: str, seen: float, at: float) -> list[str]:
    whole = curve_of(study)
    forecast = kleiber.forecast(curve_of(study, largest=seen))
    low, high = forecast.quantile(at, [0.05, 0.95])
    measured = sizes(whole)
    truth = float(measured.mean[list(measured.n).index(at)])
    found = [loss for n, loss in zip(whole.n, whole.loss, strict=True) if n == at]
    median = forecast.median(at)
    return [
        study,
        f"{seen:,.0f}",
        f"{at:,.0f}",
        f"{median:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{truth:.3f}",
        f"{100 * (median / truth - 1):+.1f} %",
        f"{sum(low <= loss <= high for loss in found)} of {len(found)}",
    ]


def exponent_row(study: str) -> list[str]:
    curve = curve_of(study)
    forecast = kleiber.forecast(curve)
    b, c, (line, _, off) = forecast.exponent, forecast.floor, straight(curve)
    return [
        study,
        f"{b.median:.3f} ({b.low:.3f} to {b.high:.3f})",
        f"{c.median:.3f} ({c.low:.3f} to {c.high:.3f})",
        f"{line:.3f}",
        f"{off:.4f}",
    ]


def winners(ledger: str) -> list[list[str]]:
    found = importers.read(Path(ledger)).study["winners"]
    keys = ("lr", "momentum", "weight_decay", "conv1", "conv2")
    return [[f"{w['n']:,}", *(f"{w['params'][key]:.3g}" for key in keys)] for w in found]


def draw() -> None:
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    panels = (
        (
            axes[0],
            "CIFAR-10 (JPEG), LeNet",
            [("origin-fixed", "fixed, decay 0.1"), (DECAY, "fixed, decay 0.001"), ("origin", "tuned")],
        ),
        (axes[1], "Fashion-MNIST, tuned", [(name, name.removeprefix("fashion-")) for name in FASHION]),
    )
    for ax, title, curves in panels:
        for (study, label), colour in zip(curves, COLOURS, strict=False):
            found = sizes(curve_of(study))
            exponent, factor, off = straight(curve_of(study))
            sd = [s or 0.0 for s in found.sd]
            said = f"{label}: slope {-exponent:+.3f}, RMS off the line {off:.3f}"
            ax.errorbar(found.n, found.mean, yerr=sd, fmt="o", color=colour, markersize=5, capsize=2, label=said)
            ax.plot(found.n, factor * found.n**-exponent, color=colour, linewidth=1)
        ax.set(xscale="log", yscale="log", title=title, xlabel="training images n", ylabel="test cross-entropy (nats)")
        ax.legend(frameon=False, fontsize=9, loc="lower left")
        ax.set_xticks(found.n, [f"{n:,.0f}" for n in found.n], rotation=45)
        ax.minorticks_off()
        low, high = ax.get_ylim()
        ticks = [t for t in (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2) if low <= t <= high]
        ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "origin.png", dpi=130)


def main(ledgers: list[str]) -> None:
    if ledgers:
        take_in(ledgers)
    head = ["n", "test loss", "sd", "accuracy", "score trials", "against the port"]
    for study, trials in (("origin-fixed", None), (DECAY, None), ("origin", None), (EARLY, "8"), (EARLY, "20")):
        table(f"**{study}{'' if trials is None else f', {trials} search trials'}**", head, of_sizes(study, trials))
    for ledger in ledgers:
        table("**Winners**", ["n", "lr", "momentum", "weight decay", "conv1", "conv2"], winners(ledger))
    studies = ("origin-fixed", DECAY, "origin", *FASHION)
    table(
        "**Law and straightness**",
        ["study", "exponent b (90 %)", "floor c (90 %)", "slope of the line", "RMS off the line"],
        [exponent_row(study) for study in studies],
    )
    table(
        "**Forecasts**",
        ["study", "sizes up to", "asked", "median", "90 % interval of a new run", "measured", "off by", "runs inside"],
        [forecast_row(study, 1600, 6400) for study in studies] + [forecast_row("origin", 3200, 12800)],
    )
    for study in FASHION:
        table(f"**{study}**", head[:-1], [row[:-1] for row in of_sizes(study)])
    draw()


if __name__ == "__main__":
    main(sys.argv[1:])
