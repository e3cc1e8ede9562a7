"""Tables and figure of docs/origin.md from the ledgers of its studies.

    python docs/make_origin.py cifar.db cifar20.db fashion.db extra.db

writes docs/origin.csv and docs/origin.png, and prints the tables as Markdown.
"""

import csv
import json
import sqlite3
import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import kleiber
from kleiber import importers
from kleiber.curve import Curve, curves_of, make_curve, sizes

DECAY = "fixed-decay-0.001"
HERE = Path(__file__).parent
PORT = {200: 2.077, 400: 1.959, 800: 1.780, 3200: 1.653}  # test cross-entropy of a faithful port of the notebook
COLOURS = ("#1b5e9b", "#b5460f", "#3d7a3d")


def curve_of(ledger: str, study: str, metric: str = "loss") -> Curve:
    return next(c for c in curves_of(importers.read(Path(ledger), study=study)) if c.metric == metric)


def up_to(curve: Curve, largest: float) -> Curve:
    kept = [i for i, n in enumerate(curve.n) if n <= largest]
    return make_curve(
        curve.n[kept],
        curve.loss[kept],
        replicate=[curve.replicate[i] for i in kept],
        seed=[curve.seed[i] for i in kept],
        chance=curve.chance,
        n_test=curve.n_test,
        metric=curve.metric,
        model=curve.model,
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


def of_sizes(ledger: str, study: str) -> list[list[str]]:
    loss, error = sizes(curve_of(ledger, study)), sizes(curve_of(ledger, study, "error"))
    rows = []
    for i, n in enumerate(loss.n):
        sd = f"{loss.sd[i]:.3f}" if loss.sd[i] is not None else ""
        against = f"{loss.mean[i] / PORT[int(n)] - 1:+.1%}" if int(n) in PORT and "fashion" not in study else ""
        rows.append([f"{n:,.0f}", f"{loss.mean[i]:.3f}", sd, f"{1 - error.mean[i]:.1%}", str(loss.count[i]), against])
    return rows


def forecast_row(ledger: str, study: str) -> list[str]:
    whole = curve_of(ledger, study)
    forecast = kleiber.forecast(up_to(whole, 1600))
    low, high = forecast.quantile(6400, [0.05, 0.95])
    measured = sizes(whole)
    truth = float(measured.mean[list(measured.n).index(6400)])
    runs = [loss for n, loss in zip(whole.n, whole.loss, strict=True) if n == 6400]
    inside = sum(low <= loss <= high for loss in runs)
    median = forecast.median(6400)
    return [
        study,
        f"{median:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{truth:.3f}",
        f"{median / truth - 1:+.1%}",
        f"{inside} of {len(runs)}",
    ]


def exponent_row(ledger: str, study: str) -> list[str]:
    curve = curve_of(ledger, study)
    forecast = kleiber.forecast(curve)
    b, c, (line, _, off) = forecast.exponent, forecast.floor, straight(curve)
    return [
        study,
        f"{b.median:.3f} ({b.low:.3f} to {b.high:.3f})",
        f"{c.median:.3f} ({c.low:.3f} to {c.high:.3f})",
        f"{line:.3f}",
        f"{off:.4f}",
    ]


def winners(ledger: str, study: str) -> list[list[str]]:
    found = importers.read(Path(ledger), study=study).study["winners"]
    return [
        [
            f"{w['n']:,}",
            *(f"{w['params'][key]:.3g}" for key in ("lr", "momentum", "weight_decay", "conv1", "conv2")),
            w["ended"],
        ]
        for w in found
    ]


def draw(cifar: str, fashion: str, extra: str) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    panels = (
        (
            axes[0],
            "CIFAR-10 (JPEG), LeNet",
            [(cifar, "origin-fixed", "fixed, decay 0.1"), (extra, DECAY, "fixed, decay 0.001"), (cifar, "origin", "tuned")],
        ),
        (axes[1], "Fashion-MNIST, tuned", [(fashion, f"fashion-{net}", net) for net in ("linear", "mlp", "lenet")]),
    )
    for ax, title, curves in panels:
        for (ledger, study, label), colour in zip(curves, COLOURS, strict=False):
            found = sizes(curve_of(ledger, study))
            exponent, factor, off = straight(curve_of(ledger, study))
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


def export(ledgers: list[str]) -> None:
    """Keep every score trial as a small table: study, n, replicate, test loss and error."""
    with (HERE / "origin.csv").open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["study", "search_trials", "n", "replicate", "loss", "error"])
        for ledger in ledgers:
            with sqlite3.connect(ledger) as db:
                names = [name for (name,) in db.execute("SELECT name FROM studies ORDER BY id")]
            for name in names:
                if "20" in ledger and name != "origin":
                    continue
                found = importers.read(Path(ledger), study=name)
                trials = found.study["search"]["trials_per_size"]
                by_run: dict[tuple[float, str], dict[str, float]] = {}
                for row in found.rows:
                    by_run.setdefault((row.n, row.replicate), {})[row.metric] = row.loss
                for (n, replicate), m in by_run.items():
                    writer.writerow([name, trials, int(n), replicate, f"{m['loss']:.5f}", f"{m['error']:.5f}"])


def main(cifar: str, cifar20: str, fashion: str, extra: str) -> None:
    head = ["n", "test loss", "sd", "accuracy", "score trials", "against the port"]
    for ledger, study in ((cifar, "origin-fixed"), (extra, DECAY), (cifar, "origin"), (cifar20, "origin")):
        trials = importers.read(Path(ledger), study=study).study["search"]["trials_per_size"]
        table(f"**{study}, {trials} search trials**", head, of_sizes(ledger, study))
    table(
        "**Winners of `origin`**",
        ["n", "lr", "momentum", "weight decay", "conv1", "conv2", "ended"],
        winners(cifar, "origin"),
    )
    studies = [
        (cifar, "origin-fixed"),
        (extra, DECAY),
        (cifar, "origin"),
        *((fashion, f"fashion-{net}") for net in ("linear", "mlp", "lenet")),
    ]
    table(
        "**Law and straightness**",
        ["study", "exponent b (90 %)", "floor c (90 %)", "slope of the line", "RMS off the line"],
        [exponent_row(*s) for s in studies],
    )
    table(
        "**Forecast of n = 6,400 from sizes up to 1,600**",
        ["study", "median", "90 % interval of a new run", "measured", "off by", "runs inside"],
        [forecast_row(*s) for s in studies],
    )
    for net in ("linear", "mlp", "lenet"):
        table(f"**fashion-{net}**", head[:-1], [row[:-1] for row in of_sizes(fashion, f"fashion-{net}")])
    export([cifar, cifar20, fashion, extra])
    draw(cifar, fashion, extra)
    print(json.dumps({"wrote": ["origin.csv", "origin.png"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
