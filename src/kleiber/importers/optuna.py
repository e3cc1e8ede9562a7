"""Optuna: the SQLite storage and the journal file, of versions 4 and 5, both without Optuna. A trial is a run.

A categorical parameter is stored as the index of its choice. A pruned trial holds the value of its last step, and counts as
unfinished. n is a parameter or an attribute that the user set.
"""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError
from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat

TITLE = "Optuna"
TABLES = {"studies", "trials", "trial_values", "trial_params", "study_directions"}
STATES = ("running", "complete", "pruned", "failed", "waiting")
LOGS = (".log", ".journal", ".jsonl", ".txt")
INF = {"INF_POS": math.inf, "INF_NEG": -math.inf}


def places(tree: _safe.Tree) -> list[Path]:
    """Give the databases and the journals of Optuna."""
    files = [folder / name for folder, names in tree.items() for name in names]
    stores = [path for path in files if path.suffix in (".db", ".sqlite", ".sqlite3", "")]
    return [
        *(path for path in stores if _safe.tables_in(path) >= TABLES),
        *(path for path in files if path.suffix in LOGS and b'"op_code":' in _safe.head(path, 200)),
    ]


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the trials of all studies."""
    if _safe.head(path, 16).startswith(b"SQLite"):
        yield from _of_database(path)
    else:
        yield from _Journal(path).runs()


def _run(study: str, number: int, state: str, directions: list[bool], values: list[float]) -> Run:
    """Give a trial: its objective values, named objective, or objective_0 and so on where there are several."""
    run = Run(f"{study} trial {number}", state="finished" if state == "complete" else state, group=study)
    names = ["objective"] if len(directions) == 1 else [f"objective_{i}" for i in range(len(directions))]
    run.higher = dict(zip(names, directions, strict=True))
    for name, value in zip(names, values, strict=False):
        run.add(name, 0.0, value)
    return run


def _choice(value: float, distribution: str) -> Any:
    """Give the choice that a categorical parameter's index stands for, any other number as it is."""
    with contextlib.suppress(KleiberError, KeyError, IndexError, TypeError, ValueError):
        found = _safe.parsed(distribution, "a distribution")
        if found["name"] == "CategoricalDistribution":
            return found["attributes"]["choices"][int(value)]
        if found["name"].startswith("Int"):
            return int(value)
    return value


def _of_database(path: Path) -> Iterator[Run]:
    with _safe.database(path) as opened:
        ask = opened.execute
        directions: dict[int, list[bool]] = {}
        for study, direction in ask("SELECT study_id, direction FROM study_directions ORDER BY study_id, objective"):
            directions.setdefault(study, []).append(direction == "MAXIMIZE")
        trials = ask(
            "SELECT t.trial_id, t.number, t.state, t.study_id, s.study_name FROM trials t JOIN studies s USING (study_id) "
            "ORDER BY t.study_id, t.number"
        ).fetchall()
        for trial, number, state, study, name in trials:
            values = ask("SELECT value, value_type FROM trial_values WHERE trial_id = ? ORDER BY objective", (trial,))
            given = [INF.get(kind, value if value is not None else math.nan) for value, kind in values]
            state = {"fail": "failed"}.get(str(state).lower(), str(state).lower())
            run = _run(name, number, state, directions.get(study, [False]), given)
            for step, value, kind in ask(
                "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values "
                "WHERE trial_id = ? ORDER BY step",
                (trial,),
            ):
                run.add("intermediate", step, INF.get(kind, value if value is not None else math.nan))
            for key, value, distribution in ask(
                "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ?", (trial,)
            ):
                run.params[key] = _choice(value, distribution)
            for key, text in ask("SELECT key, value_json FROM trial_user_attributes WHERE trial_id = ?", (trial,)):
                with contextlib.suppress(KleiberError):
                    run.params |= flat({key: _safe.parsed(text, "an attribute")})
            run.higher |= {"intermediate": directions.get(study, [False])[0]}
            yield run


class _Journal:
    """Plays a journal: one operation a line; ids are the order of what is created."""

    def __init__(self, path: Path) -> None:
        self.studies: list[dict[str, Any]] = []
        self.trials: list[dict[str, Any]] = []
        self.path = path
        for line, entry in _safe.json_lines(path):
            if not isinstance(entry, dict):
                raise KleiberError(f"{path}, line {line}: no operation of a journal")
            with contextlib.suppress(IndexError, KeyError, TypeError, AttributeError):
                self._play(entry)

    def _play(self, op: dict[str, Any]) -> None:
        code = op["op_code"]
        if code == 0:
            if all(study["name"] != op["study_name"] or study["deleted"] for study in self.studies):
                directions = [direction == 2 for direction in op["directions"]]
                self.studies.append({"name": op["study_name"], "directions": directions, "deleted": False, "kinds": {}})
        elif code == 1:
            self.studies[op["study_id"]]["deleted"] = True
        elif code == 4:
            self._create(op)
        elif code in (5, 6, 7, 8):
            self._change(self.trials[op["trial_id"]], op)

    def _create(self, op: dict[str, Any]) -> None:
        study = op["study_id"]
        trial = {"study": study, "number": sum(each["study"] == study for each in self.trials), "state": op.get("state", 0)}
        trial |= {"values": [], "steps": {}, "params": {}, "attrs": {}}
        self.trials.append(trial)
        values = op.get("values") or ([op["value"]] if op.get("value") is not None else [])
        trial["values"] = list(values)
        for name, distribution in (op.get("distributions") or {}).items():
            trial["params"][name] = _choice(float((op.get("params") or {})[name]), distribution)
        trial["attrs"] |= op.get("user_attrs") or {}
        for step, value in (op.get("intermediate_values") or {}).items():
            trial["steps"][int(step)] = value

    def _change(self, trial: dict[str, Any], op: dict[str, Any]) -> None:
        """Change a trial that has not ended; the library refuses the rest, which stays in the file."""
        if trial["state"] not in (0, 4) or self.studies[trial["study"]]["deleted"]:
            return
        code = op["op_code"]
        if code == 5:
            kinds = self.studies[trial["study"]]["kinds"]
            kind = _safe.parsed(op["distribution"], "a distribution")["name"]
            if kinds.setdefault(op["param_name"], kind) == kind:
                trial["params"][op["param_name"]] = _choice(float(op["param_value_internal"]), op["distribution"])
        elif code == 6:
            trial["state"], trial["values"] = op["state"], list(op.get("values") or trial["values"])
        elif code == 7:
            trial["steps"][int(op["step"])] = float(op["intermediate_value"])
        else:
            trial["attrs"] |= op.get("user_attr") or {}

    def runs(self) -> Iterator[Run]:
        for trial in self.trials:
            study = self.studies[trial["study"]]
            if study["deleted"]:
                continue
            state = STATES[trial["state"]]
            values = [float(value) for value in trial["values"]]
            run = _run(study["name"], trial["number"], state, study["directions"], values)
            for step in sorted(trial["steps"]):
                run.add("intermediate", step, float(trial["steps"][step]))
            run.higher |= {"intermediate": study["directions"][0]}
            run.params = {**flat(trial["params"]), **flat(trial["attrs"])}
            yield run


read = reader("optuna")
