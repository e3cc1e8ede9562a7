"""How well does kleiber extrapolate, beside simpler ways: 928 public curves, their small sizes seen, their large ones not?

Run from the repository's root: `python -m benchmarks.extrapolation --out docs/benchmarks.md`; `--help` lists the rest.

Result of 2026-12-01, AMD EPYC, 2 cores, all curves; kleiber with tables learnt without the domain or fold that is scored.
Mean RMSLE; for LCDB its median and mean MAE; seconds a curve, forecast and 12 sizes:

    forecaster       IC    NMT     LM     BB     DD        LCDB/8       LCDB/16     s
    last_value    .0880  .0083  .0072  .0092  .1003  .1111  .0404  .1470  .0619  .000
    log_log_line  .1046  .2217  .0140  .0148  .1154  .1767  .0998  .2280  .1972  .000
    power_floor   .0725  .0482  .0011  .0100  .1109  .0931  .0365  .1140  .0468  .03
    mmf4          .0544  .0209  .0009  .0076  .1075  .0810  .0295  .1240  .0467  .06
    bnsl          .0376  .0138  .0007  .0091  .1463  .0714  .1479  .1155  .2641  .12
    m4            .0421  .0191  .0009  .0075  .0792  .0758  .0272  .1216  .0426  .10
    kleiber       .0308  .0261  .0013  .0131  .0308  .0713  .0246  .0990  .0392  .02

kleiber is the best on IC, on double descent, and in the mean error of LCDB; the last value on translation, M4 on BB.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks import baselines
from benchmarks.protocol import curves as data
from benchmarks.protocol.ours import score_ours
from benchmarks.protocol.scores import Score, score_baseline
from benchmarks.protocol.tables import OURS, page, write_page

HELD_OUT = Path(__file__).parent / "held_out"


def main(arguments: list[str] | None = None) -> None:
    """Score every forecaster on every domain asked for, and print the tables or write them to a file."""
    asked = parsed(arguments)
    curves, skipped = data.read(data.folder(), asked.domains)
    for line in skipped:
        print(line, file=sys.stderr)
    if not curves:
        sys.exit("Nothing to score. KLEIBER_BENCH says where the data lie.")
    curves = {domain: data.thinned(found, asked.curves) for domain, found in curves.items()}
    names = [*asked.baselines, *([] if asked.without_ours else [OURS])]
    results = {domain: {name: scored(name, domain, found) for name in names} for domain, found in curves.items()}
    text = page(results, how(asked, list(curves), skipped))
    if asked.scores:
        write_scores(results, asked.scores)
    if asked.out:
        write_page(asked.out, text)
    else:
        print(text)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extrapolation", description=__doc__.splitlines()[0])
    every, domains = baselines.names(), list(data.DOMAINS)
    parser.add_argument("--domains", nargs="+", choices=domains, default=domains, metavar="DOMAIN", help=", ".join(domains))
    parser.add_argument("--baselines", nargs="*", choices=every, default=every, metavar="NAME", help=", ".join(every))
    parser.add_argument("--without-ours", action="store_true", help="score the baselines only")
    parser.add_argument("--curves", type=int, metavar="K", help="at most K curves of each domain, for a quick look")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables there as Markdown, not to the screen")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="write RMSLE and MAE of every curve there as JSON")
    asked = parser.parse_args(arguments)
    if asked.curves is not None and asked.curves < 1:
        parser.error("--curves takes a number of at least 1")
    if asked.without_ours and not asked.baselines:
        parser.error("--without-ours and no baselines: there is nothing to score")
    return asked


def scored(name: str, domain: str, curves: list[data.BenchmarkCurve]) -> list[Score]:
    """Score one forecaster on the curves of one domain."""
    shown: Iterable[data.BenchmarkCurve] = track(curves, f"{domain:8}{name:13}", console=Console(stderr=True))
    return score_ours(shown, HELD_OUT) if name == OURS else score_baseline(baselines.load(name), shown)


def how(asked: argparse.Namespace, domains: list[str], skipped: list[str]) -> list[str]:
    """Give the lines that say when, where and with what this was run."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("kleiber", "numpy", "scipy"))
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    most = "" if asked.curves is None else f", at most {asked.curves} curves of each"
    return [
        f"Run on {date.today().isoformat()} by `python -m benchmarks.extrapolation`, one curve after the other.",
        f"Machine: {processor()}, {os.cpu_count()} cores (OMP_NUM_THREADS {threads}); Python {platform.python_version()}, "
        f"{packages}.",
        f"Domains: {', '.join(domains)}{most}.",
        *skipped,
    ]


def processor() -> str:
    """Give the processor's model, as far as the system tells."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def write_scores(results: dict[str, dict[str, list[Score]]], path: Path) -> None:
    """Write forecaster -> curve -> [RMSLE, MAE]."""
    found: dict[str, dict[str, list[float]]] = {}
    for by_name in results.values():
        for name, scores in by_name.items():
            found.setdefault(name, {}).update({score.curve: [score.rmsle, score.mae] for score in scores})
    path.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
