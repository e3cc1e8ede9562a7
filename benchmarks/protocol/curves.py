"""The curves of the benchmark, read from where they lie: observed sizes and losses, and what comes after them."""

import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FILES = {
    "scaling_curves.csv.gz": ("IC", "NMT", "LM", "BB", "DD"),
    "lcdb.csv.gz": ("LCDB/8", "LCDB/16"),
}
DOMAINS = tuple(domain for domains in FILES.values() for domain in domains)


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkCurve:
    """Observed `n` and `loss` `(m,)` by rising n, standard errors `se` if known, unseen losses `loss_at` at `at` `(k,)`."""

    domain: str
    name: str
    n: Array
    loss: Array
    se: Array | None
    at: Array
    loss_at: Array


def folder() -> Path:
    """Give where the data lie: KLEIBER_BENCH, else ../shared/bench beside the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "bench"
    return Path(os.environ.get("KLEIBER_BENCH", beside))


def data_file(name: str) -> Path:
    """Give a file of the folder; where it is missing, say that the benchmark is skipped, and end it with 0."""
    path = folder() / name
    if not path.is_file():
        print(f"skipped: there is no {name} in the folder that KLEIBER_BENCH names, {folder()}")
        raise SystemExit(0)
    return path


def read(where: Path, domains: Sequence[str]) -> tuple[dict[str, list[BenchmarkCurve]], list[str]]:
    """Give the curves of each domain asked for, in the files' order, and a sentence for what is missing."""
    found: dict[str, list[BenchmarkCurve]] = {}
    skipped = []
    for name, held in FILES.items():
        wanted = [domain for domain in held if domain in domains]
        if wanted and not (where / name).is_file():
            skipped.append(f"{', '.join(wanted)}: skipped, there is no {name} in the folder that KLEIBER_BENCH names")
        elif wanted:
            curves = read_file(where / name)
            present = {curve.domain for curve in curves}
            skipped += [f"{domain}: skipped, {name} has none of its curves" for domain in wanted if domain not in present]
            found |= {domain: [c for c in curves if c.domain == domain] for domain in wanted if domain in present}
    return {domain: found[domain] for domain in domains if domain in found}, skipped


def read_file(path: Path) -> list[BenchmarkCurve]:
    rows = defaultdict(list)
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["domain"], row["curve"]].append(row)
    return [make_curve(domain, name, found) for (domain, name), found in rows.items()]


def make_curve(domain: str, name: str, rows: Iterable[dict[str, str]]) -> BenchmarkCurve:
    """Give one curve of its rows, which are observed where `observed` is 1."""
    rows = sorted(rows, key=lambda row: float(row["n"]))
    seen = [row for row in rows if row["observed"] == "1"]
    unseen = [row for row in rows if row["observed"] != "1"]
    return BenchmarkCurve(
        domain=domain,
        name=name,
        n=column(seen, "n"),
        loss=column(seen, "loss"),
        se=column(seen, "stderr") if seen and "stderr" in seen[0] else None,
        at=column(unseen, "n"),
        loss_at=column(unseen, "loss"),
    )


def column(rows: list[dict[str, str]], name: str) -> Array:
    return np.array([float(row[name]) for row in rows])


def thinned(curves: list[BenchmarkCurve], count: int | None) -> list[BenchmarkCurve]:
    """Give at most `count` of the curves, evenly spread over the list; all without a count."""
    if count is None or count >= len(curves):
        return curves
    return [curves[i * len(curves) // count] for i in range(count)]
