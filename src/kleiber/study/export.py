"""Which examples a study trains, validates and tests on, as files that people and other programs read."""

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber import ladder
from kleiber.datasets import Dataset, Part
from kleiber.errors import KleiberError
from kleiber.study.prepare import planned
from kleiber.study.schedule import SEARCH_REPLICATE, Schedule, score_seeds
from kleiber.study.study import Study
from kleiber.wording import counted, unit_of

SCHEMA = "kleiber-subsets/1"
CALLED = {"file": "path from the folder of the data", "line": "line in the table's file"}  # keys that sources have


def export_subsets(study: Study, folder: str | Path) -> list[Path]:
    """Write which examples each subset, the validation set and the test set have, and give the files, README.txt the last.

    `train-n0200-replicate1.csv` has the examples of size 200 in replicate 1, in the order in which they are added: a
    smaller subset is the beginning of a larger one. An image is named by its file, a row of a table by its number and
    line, an example of arrays by its index. `manifest.json` has sizes, seeds and hashes.
    Raises `KleiberError` where the folder holds the subsets of other data.
    """
    dataset, plan = planned(study)
    folder = Path(folder)
    head = {"schema": SCHEMA, "study": study.name, "seed": study.seed, "fingerprint": dataset.fingerprint}
    _refuse_others(folder, head)
    folder.mkdir(parents=True, exist_ok=True)
    subsets = _subsets(folder, dataset, plan)
    sets = [
        {
            "file": _write(folder / f"{label}.csv", dataset, getattr(dataset, label)),
            "part": label,
            "n": len(part),
            "examples": len(part),
        }
        for label, part in (("validation", dataset.validation), ("test", dataset.test))
    ]
    for entry in (*subsets, *sets):
        entry["sha256"] = hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
    source = study.written.shown(study.data.source)
    manifest = {**head, "source": source, "task": dataset.task, "classes": list(dataset.classes)}
    manifest |= {"unit_of_n": unit_of(dataset.unit), "files": subsets + sets}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.txt").write_text(_readme(dataset, source, subsets, study), encoding="utf-8")
    return [folder / name for name in (*(entry["file"] for entry in subsets + sets), "manifest.json", "README.txt")]


def _subsets(folder: Path, dataset: Dataset, plan: Schedule) -> list[dict[str, Any]]:
    """Write a file for each rung, and give its entry of the manifest."""
    seed, digits, entries = plan.study.seed, len(str(len(dataset.train))), []
    orders: dict[int, NDArray[np.int64]] = {}
    for n, replicate in sorted(plan.rungs, key=lambda key: (key[1] > 0, abs(key[1]), key[0])):
        if replicate not in orders:
            orders[replicate] = ladder.order(dataset.train.y, stratified=plan.stratified, seed=seed, replicate=replicate)
        search = SEARCH_REPLICATE - replicate if replicate <= SEARCH_REPLICATE else None
        again = f"-search{search}" if search else ""
        name = f"train-n{n:0{digits}d}-replicate{max(replicate, SEARCH_REPLICATE)}{again}.csv"
        chosen = ladder.first(orders[replicate], n, dataset.train.weights)
        _write(folder / name, dataset, dataset.train.take(chosen))
        entries.append(
            {
                "file": name,
                "part": "train",
                "n": n,
                "examples": len(chosen),
                "replicate": replicate,
                "purpose": "score" if search is None else "search",
                **({"search": search} if search is not None and len(plan.searches) > 1 else {}),
                "seeds": [] if search is not None else _seeds(plan, n, replicate),
                "subset": plan.rungs[n, replicate].subset,
            }
        )
    return entries


def _seeds(plan: Schedule, n: int, replicate: int) -> list[int]:
    """Give the seeds of the scores on a subset, those of the first search's winner first."""
    return [seed for search in plan.searches for seed in score_seeds(plan.study, n, replicate, search)]


def _write(file: Path, dataset: Dataset, part: Part) -> str:
    """Write what the source calls the examples of a part, with their targets."""
    columns = {**({} if "file" in part.keys else {"row": part.rows}), **part.keys}
    targets = part.y if dataset.task == "regression" else np.array(dataset.classes, dtype=object)[part.y]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*columns, "target"])
        writer.writerows(zip(*(values.tolist() for values in columns.values()), targets.tolist(), strict=True))
    return file.name


def _refuse_others(folder: Path, head: dict[str, Any]) -> None:
    if folder.exists() and not folder.is_dir():
        raise KleiberError(f"{folder} is a file; name a folder for the subsets")
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    if found and any(found.get(key) != head[key] for key in ("schema", "seed", "fingerprint")):
        raise KleiberError(
            f"{folder} holds the subsets of other data or of another seed; name another folder, or remove it"
        )


def _readme(dataset: Dataset, source: str, subsets: Sequence[dict[str, Any]], study: Study) -> str:
    keys = dataset.train.keys
    example = next((entry for entry in subsets if entry["purpose"] == "score"), subsets[0])["file"]
    columns = [] if "file" in keys else [f"  row     place among the training examples of {source}, from 0"]
    columns += [f"  {name:<7} {CALLED.get(name, 'what the data call the example')}" for name in keys]
    own = [label for label in ("validation", "test") if label not in dataset.split_off]
    if own and "file" not in keys:
        files = " and ".join(f"{label}.csv" for label in own)
        columns.append(f"          In {files} it counts in that set of the data.")
    lines = [
        f"Subsets of {source}, as the study {study.name!r} of kleiber trains on them (seed {study.seed}).",
        "",
        "Train on:",
        *(f"  {entry['file']}   {_for(entry, study, dataset.unit)}" for entry in subsets),
        "Compare settings on:",
        f"  validation.csv   {len(dataset.validation):,} examples, the same for every size",
        "Measure the result on:",
        f"  test.csv   {len(dataset.test):,} examples, the same for every size; use them for nothing else",
        "",
        "Within a replicate a smaller subset is the beginning of each larger one.",
        "",
        "Columns:",
        *columns,
        "  target  what is to be learnt",
        "",
        "In Python:",
        "",
        "    import pandas as pd",
        f'    rows = pd.read_csv("{example}")',
        *(f"    {line}" for line in _use(dataset, source)),
        "",
        "manifest.json has the same for programs, with the seed of each training run and the hash of each file.",
    ]
    return "\n".join(lines) + "\n"


def _for(entry: dict[str, Any], study: Study, unit: str) -> str:
    held = f"{entry['n']:,} {unit_of(unit)}" + (f" in {counted(entry['examples'], 'example')}" if unit else "")
    if entry["purpose"] == "search":
        again = f" {entry['search'] + 1} of {study.searches}" if study.searches > 1 else ""
        return f"{held}, for the search{again} of hyper-parameters"
    return f"{held}, replicate {entry['replicate']} of {study.replicates}"


def _use(dataset: Dataset, source: str) -> list[str]:
    if "file" in dataset.train.keys:
        return ["from pathlib import Path", f'files = [Path("{source}") / file for file in rows["file"]]']
    if "line" in dataset.train.keys and not source.endswith(".parquet"):
        return [f'examples = pd.read_csv("{source}", sep=None, engine="python").iloc[rows["row"]]']
    return ['examples, targets = X[rows["row"]], y[rows["row"]]   # X, y: all training examples']
