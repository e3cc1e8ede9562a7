"""Learn the calibration that kleiber ships, and those that its benchmark needs: `make calibrate`, some five minutes.

Reads the public curves from KLEIBER_BENCH (default ../shared/bench). Writes src/kleiber/forecasting/calibration.json,
learnt from all curves, and benchmarks/held_out/<name>.json, each learnt without what it is named after: one fold of LCDB's
data sets (LCDB-0 to LCDB-4) or one domain of scaling curves. `--only NAME,...` learns some of them ("shipped" is the
first).
"""

import argparse
import datetime
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from dev.learning.coverage import spread
from dev.learning.curves import FOLDS, Cut, all_cuts, fold_of
from dev.learning.kinds import learn_kinds
from dev.learning.model import learn
from dev.learning.tables import Table, tabulate
from numpy.typing import NDArray

from kleiber import plugins

ROOT = Path(__file__).resolve().parents[1]
BENCH = Path(os.environ.get("KLEIBER_BENCH", ROOT.parent / "shared" / "bench"))
SEED = 20261124
RIDGE, POINT, STEPS = 3e-3, 1.0, 60
SCALING, SIMULATED = 450.0, 2.0  # weight of one domain of scaling curves, and of one simulated curve; of one of LCDB: 1
JUDGED = {"lcdb": (6000, 9.0), "scaling": (400, 1.0), "simulated": (1500, 1.0)}  # cuts at most, and their weight
STUDY, BARE, KIND = 12.0, 0.1, 4.0  # where kinds are learnt: of a study, a curve of LCDB without errors, a scaling curve
DOMAINS = ("IC", "DD", "LM", "NMT", "BB")


def main() -> None:
    """Tabulate the curves once, then learn each table from its share of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names to learn, with commas between; default all")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = options.only.split(",") if options.only else ["shipped", *(f"LCDB-{k}" for k in range(FOLDS)), *DOMAINS]
    laws = tuple(plugins.names("laws"))
    cuts = all_cuts(BENCH, np.random.default_rng(SEED))
    print(f"{len(cuts)} cuts, laws {', '.join(laws)}", flush=True)
    table = tabulate(cuts, laws, options.workers)
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("fork")) as pool:
        for learning in [pool.submit(one, name, cuts, table, laws) for name in names]:
            learning.result()


def one(name: str, cuts: list[Cut], table: Table, laws: tuple[str, ...]) -> None:
    """Learn and write one table: weights and widths by likelihood, then the spread by coverage."""
    weight = weights(cuts, name)
    print(f"{name}: {int((weight > 0).sum())} cuts", flush=True)
    model = learn(
        table, weight, laws, ridge=RIDGE, point=POINT, steps=STEPS, say=lambda text: print(f"{name}{text}", flush=True)
    )
    index, share = judged(cuts, weight)
    real = np.array([cuts[i].source != "simulated" for i in index])
    wide = spread(model, table, index, share, real)
    kinds = learn_kinds(model, wide, table, kind_weights(cuts, name), lambda text: print(f"{name}{text}", flush=True))
    write(name, model.calibration(provenance(cuts, weight, name), wide, *kinds).to_dict())


def judged(cuts: list[Cut], weight: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the cuts by which the spread is judged, and their weights: each source has a total, domains of one are alike."""
    chance = np.random.default_rng(SEED)
    found, shares = [], []
    for source, (count, total) in JUDGED.items():
        used = np.flatnonzero((weight > 0) & np.array([cut.source == source for cut in cuts]))
        pick = chance.choice(used, min(count, len(used)), replace=False)
        groups = [cuts[i].group if source == "scaling" else "" for i in pick]
        alike = 1.0 / np.array([groups.count(group) for group in groups])
        found.append(pick)
        shares.append(total * alike / alike.sum())
    return np.concatenate(found), np.concatenate(shares)


def weights(cuts: list[Cut], without: str) -> NDArray[np.float64]:
    """Give the weight of each cut: 0 for what is held out, the domains of scaling curves alike."""
    groups = np.array([cut.group for cut in cuts])
    found = np.array([{"simulated": SIMULATED, "study": 0.0}.get(cut.source, cut.weight) for cut in cuts])
    for domain in DOMAINS:
        found[groups == domain] = 0.0 if domain == without else SCALING / np.sqrt(np.sum(groups == domain) * 40.0)
    if without.startswith("LCDB-"):
        folds = np.array([fold_of(cut.group) if cut.source == "lcdb" else -1 for cut in cuts])
        found[folds == int(without[5:])] = 0.0
    return found


def kind_weights(cuts: list[Cut], without: str) -> NDArray[np.float64]:
    """Give the weight of each cut where the kinds of curve are learnt: studies, and real curves with what is held out.

    Nothing but its errors tells a curve of LCDB from a single run of a study, so those without errors count less.
    """
    held = weights(cuts, without) > 0
    found = np.zeros(len(cuts))
    for i in np.flatnonzero(held | np.array([cut.source == "study" for cut in cuts])):
        found[i] = {"lcdb": BARE if cuts[i].se is None else 1.0, "study": STUDY}.get(cuts[i].source, 0.0)
    scaling = np.array([cut.source == "scaling" for cut in cuts])
    return np.where(scaling, KIND * weights(cuts, without), found * np.array([cut.weight for cut in cuts]))


def provenance(cuts: list[Cut], weight: NDArray[np.float64], name: str) -> dict[str, object]:
    """Say what a table was learnt from, how and when."""
    used = [cut for cut, w in zip(cuts, weight, strict=True) if w > 0]
    return {
        "learnt": "by dev/calibrate.py: log-likelihood and point error of rows not seen, then coverage, then kinds",
        "without": None if name == "shipped" else name,
        "lcdb": f"LCDB 1.1, {len({c.group for c in used if c.source == 'lcdb'})} data sets, "
        f"{sum(c.source == 'lcdb' for c in used)} cuts",
        "scaling": f"Alabdulmohsin et al. 2022 and double descent: {sum(c.source == 'scaling' for c in used)} cuts",
        "simulated": f"{sum(c.source == 'simulated' for c in used)} curves, and {sum(c.source == 'study' for c in cuts)} "
        "for the clean kind",
        "seed": SEED,
        "date": datetime.date.today().isoformat(),
    }


def write(name: str, content: dict[str, object]) -> None:
    """Write a table where kleiber, or its benchmark, looks for it."""
    path = ROOT / ("src/kleiber/forecasting/calibration.json" if name == "shipped" else f"benchmarks/held_out/{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(ROOT)}", flush=True)


if __name__ == "__main__":
    main()
