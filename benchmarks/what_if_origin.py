"""The origin's own trials for `benchmarks/what_if.py`: a ledger with the small sizes, and a line a run at the large one."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kleiber import Study, preset, run_study
from kleiber.answers.settings.surface import Trial
from kleiber.importers._searched import searched
from kleiber.records import Purpose, State
from kleiber.records import Trial as Planned
from kleiber.seeds import derive_seed
from kleiber.study.hand import job_maker
from kleiber.study.prepare import planned, prepared
from kleiber.study.schedule import SEARCH_REPLICATE
from kleiber.study.search import ask
from kleiber.trainers import perform_together

SMALL = "small"


@dataclass(frozen=True, slots=True)
class Run:
    """What is trained, and where it is kept: `count` trials at each of `sizes`, and `bases` settings changed at `large`."""

    folder: Path
    sizes: tuple[int, ...]
    large: int
    count: int
    bases: int

    def train(self) -> None:
        """Train what the folder lacks, the small sizes first, then one base after the other."""
        self.folder.mkdir(parents=True, exist_ok=True)
        run_study(self._study(SMALL, list(self.sizes)), self._ledger)
        study = self._study("large", [self.large])
        dataset, plan = planned(study)
        rung = plan.rungs[self.large, SEARCH_REPLICATE]
        job = job_maker(study, prepared(dataset), "cpu", self._ledger)
        known = {line["key"] for line in self._lines()}
        for number, (key, params, seed) in enumerate(self._settings()):
            if key in known:
                continue
            drawn = Planned(plan.context, Purpose.SEARCH, rung, {**study.params, **params}, seed, number)
            (found,) = perform_together([job(drawn)])
            loss = found.validation.get("loss") if found.state is State.OK else None
            line = {"key": key, "state": found.state, "loss": loss, "seconds": found.seconds, "message": found.message}
            with self._runs.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
                stream.flush()
                os.fsync(stream.fileno())

    def trials(self) -> tuple[list[Trial], dict[str, Any]]:
        """Give the trials of the small sizes, and the space that they were drawn from."""
        found = searched(self._ledger, SMALL)
        return [Trial(*row) for row in found.rows], dict(found.space)

    def changes(self) -> Iterator[tuple[str, dict[str, Any], Any, float]]:
        """Give each change that was measured: name, base, value, and the change of ln loss; what diverged is left out."""
        loss = self._losses()
        for key, params, _ in self._settings():
            place, name = key.split()
            before, after = loss.get(f"{place} base"), loss.get(key)
            if name not in ("base", "again") and before and after:
                base = self._chosen()[int(place)]
                yield name, base, params[name], float(np.log(after / before))

    def noise(self) -> float:
        """Give the standard deviation of one run's ln loss, from the bases that were trained twice; NaN if none was."""
        loss = self._losses()
        pairs = [(loss.get(f"{place} base"), loss.get(f"{place} again")) for place in range(self.bases)]
        apart = [float(np.log(one / other)) for one, other in pairs if one and other]
        return float(np.sqrt(np.mean(np.square(apart)) / 2)) if apart else float("nan")

    @property
    def _ledger(self) -> Path:
        return self.folder / "small.db"

    @property
    def _runs(self) -> Path:
        return self.folder / "large.jsonl"

    def _study(self, name: str, sizes: list[int]) -> Study:
        search = {**preset("origin").search.model_dump(), "trials": self.count, "stages": [], "pilot": 0}
        return preset("origin", name=name, sizes=sizes, replicates=1, search=search)

    def _lines(self) -> list[dict[str, Any]]:
        if not self._runs.is_file():
            return []
        return [json.loads(line) for line in self._runs.read_text(encoding="utf-8").splitlines()]

    def _losses(self) -> dict[str, float]:
        return {line["key"]: line["loss"] for line in self._lines() if line["loss"] is not None}

    def _chosen(self) -> list[dict[str, Any]]:
        """Give the bases: the best of the largest small size, spread over its better quarter."""
        trials, space = self.trials()
        best = sorted((one for one in trials if one.n == self.sizes[-1]), key=lambda one: one.loss)
        return [{name: one.params[name] for name in space} for one in best[: self.bases]]

    def _settings(self) -> Iterator[tuple[str, dict[str, Any], int]]:
        """Give key, hyper-parameters and seed of each run at the large size, base by base."""
        space = self._study("large", [self.large]).space
        for place, base in enumerate(self._chosen()):
            other = ask(space, "random", seed=derive_seed(0, "change", place), count=1)[0]
            changed = {name: {**base, name: other[name]} for name in space}
            for name, params in {"base": base, "again": base, **changed}.items():
                yield f"{place} {name}", params, derive_seed(0, "large", place, name)
