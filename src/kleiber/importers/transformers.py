"""Hugging Face Trainer: `trainer_state.json`, the root's, else that of the largest `checkpoint-N`; else `all_results.json`.

n is not stored; it follows from the closing entry: samples a second x seconds / epochs. A training loss of NaN is written
as 0.0 or as a mean, and grad_norm says so. `training_args.bin` is a pickle, and is not opened.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "Hugging Face Trainer"
STATE, RESULTS = "trainer_state.json", "all_results.json"
MOST = 300_000  # entries of a history
CHECKPOINT = re.compile(r"checkpoint-(\d+)")
ASIDE = re.compile(r"(runtime|per_second|total_flos|learning_rate|grad_norm|^epoch|^step)$")


def places(tree: _safe.Tree) -> list[Path]:
    """Give one state for each run: the root's, else that of its largest checkpoint."""
    found: dict[Path, tuple[float, Path]] = {}
    for path in _safe.named(tree, STATE):
        match = CHECKPOINT.fullmatch(path.parent.name)
        root, rank = (path.parent.parent, float(match[1])) if match else (path.parent, math.inf)
        found[root] = max(found.get(root, (-1.0, path)), (rank, path))
    closed = [folder / RESULTS for folder in tree.named.get(RESULTS, ()) if folder not in found]
    return [*(path for _, path in found.values()), *closed]


def _closed(path: Path) -> Run:
    """Give the run of which nothing but the final results was saved."""
    run, given = Run(path.parent.name, str(path.parent), state="finished"), _safe.json_object(path)
    run.params = flat({key: value for key, value in given.items() if key == "train_samples"})
    for name, value in given.items():
        if (found := number(value)) is not None and not ASIDE.search(name) and "samples" not in name:
            run.add(name, number(given.get("epoch")) or 0.0, found, number(given.get("epoch")))
    return run


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a state, or of final results alone."""
    if path.name == RESULTS:
        yield _closed(path)
        return
    state = _safe.json_object(path)
    root = path.parent.parent if CHECKPOINT.fullmatch(path.parent.name) else path.parent
    run = Run(root.name, str(root))
    entries = state.get("log_history")
    if not isinstance(entries, list) or len(entries) > MOST:
        raise KleiberError(f"{path}: log_history is no list of at most {MOST:,} entries")
    history = [entry for entry in entries if isinstance(entry, dict)]
    closing = next((entry for entry in reversed(history) if "train_runtime" in entry), None)
    run.state = "finished" if closing else ""
    run.params = flat({k: v for k, v in _safe.json_object(root / RESULTS).items() if k == "train_samples"})
    last = -1.0
    masked = False
    for entry in history:
        step, epoch = number(entry.get("step")) or 0.0, number(entry.get("epoch"))
        lost = number(entry.get("grad_norm"))
        masked = ("loss" in entry and lost is not None and not math.isfinite(lost)) or (masked and "loss" not in entry)
        for name, value in entry.items():
            found = number(value)
            if found is None or ASIDE.search(name) or entry is closing:
                continue
            run.add(name, step, math.nan if masked and name == "loss" else found, epoch)
        last = max(last, step)
    if masked:
        run.marks.append("masked")
        for name, series in run.series.items():
            if name.startswith("eval_"):
                series.value[-1] = math.nan
    best = number(state.get("best_global_step"))
    run.kept = ("step", best) if best else None
    if closing is not None:
        run.counted = _examples(closing, state)
    yield run


def _examples(closing: dict[str, Any], state: dict[str, Any]) -> tuple[float, str] | None:
    """Work out n from the rate and the time of the last call, None where rounding or a limit of steps leaves it open.

    Rate x time are the examples of the steps that this call says it ran: after a resume those since then, in earlier
    versions those of the whole plan, also where a run stopped early. So n = rate x time / epochs x steps / steps run.
    """
    rate, seconds = number(closing.get("train_samples_per_second")), number(closing.get("train_runtime"))
    epoch, step = number(closing.get("epoch")), number(closing.get("step"))
    pace = number(closing.get("train_steps_per_second"))
    if not rate or not seconds or not epoch or not step or not pace or not number(state.get("num_train_epochs")):
        return None
    if abs(epoch - round(epoch)) > 1e-6:
        return None
    run, off = pace * seconds, 0.0005 * seconds + pace * 0.00005
    if abs(run - step) > off:
        if off >= 0.5:
            return None
        epoch *= round(run) / step
    n = rate * seconds / epoch
    off = 0.0005 * seconds / epoch + n * 0.00005 / seconds
    if off >= 0.5 or abs(n - round(n)) > max(off, 1e-6) + 1e-3:
        return None
    return float(round(n)), "samples a second x seconds / epochs of the closing entry"


read = reader("transformers")
