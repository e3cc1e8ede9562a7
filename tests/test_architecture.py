"""The import table of ARCHITECTURE.md: imports point down, and the run half and the infer half never meet below 8."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "kleiber"
RUN = {
    "run": 6, "cost": 6, "affordable": 6, "preview": 6, "schedule": 5, "study": 5, "presets": 5,
    "trainers": 4, "search": 4, "nets": 4,
    "datasets": 3, "ladder": 3, "ledger": 3, "salvage": 4, "executors": 3, "records": 2,
}  # fmt: skip
INFER = {
    "analyse": 7, "findings": 6, "compare": 6, "comparison_sentences": 6, "model_pair": 6, "coupled": 5, "paired": 5,
    "decide": 6, "advice": 6, "scenarios": 6, "sensitivity": 6,
    "design": 6, "budget": 6, "question": 6, "stopping": 6, "convergence": 6, "need": 5,
    "turning": 6,
    "economics": 2, "exponents": 5, "equal_exponents": 4, "power_profile": 2, "selection": 6, "metric_map": 6,
    "sentences": 6, "backtest": 6, "forecast": 5, "inference": 4, "soundness": 4, "regions": 4,
    "posterior": 4, "weights": 4, "regression": 4, "observations": 4, "grid": 4, "sources": 4, "fit": 4, "polish": 4,
    "least_squares": 4, "calibration": 3, "curve": 3, "laws": 3, "importers": 3, "kernels": 2, "mixture": 2, "copies": 2,
}  # fmt: skip
BOTH = {
    "__init__": 9,
    "__main__": 10,
    "cli": 9,
    "commands": 9,
    "options": 9,
    "first_look": 9,
    "before_run": 9,
    "progress": 8,
    "terminal": 8,
    "report": 8,
    "halving": 2,
    "space": 2,
    "plugins": 1,
    "plain": 0,
    "errors": 0,
    "seeds": 0,
}
LEVEL = {**RUN, **INFER, **BOTH}


def room(path):
    relative = path.relative_to(SOURCE)
    return relative.parts[0].removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down_and_the_halves_never_meet(path):
    here = room(path)
    assert here in LEVEL, f"{here} has no place in the import table"
    for name in imports(path):
        if not name.startswith("kleiber."):
            continue
        there = name.split(".")[1]
        if there not in LEVEL or there == here:
            continue
        assert LEVEL[there] <= LEVEL[here], f"{here} ({LEVEL[here]}) imports {there} ({LEVEL[there]})"
        assert not (here in RUN and there in INFER), f"the run half's {here} imports the infer half's {there}"
        assert not (here in INFER and there in RUN), f"the infer half's {here} imports the run half's {there}"


def test_the_table_has_no_room_that_is_not_there():
    rooms = {room(path) for path in SOURCE.rglob("*.py")}
    assert set(LEVEL) == rooms


def test_importing_kleiber_costs_numpy_and_scipy_alone():
    import subprocess
    import sys

    heavy = "'torch', 'optuna', 'pydantic', 'jinja2', 'rich', 'typer', 'PIL', 'pebble', 'matplotlib', 'polars'"
    code = f"import sys, kleiber; print([m for m in ({heavy}) if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
