"""The floors of ARCHITECTURE.md: imports run down, and the run half and the infer half never meet below the report.

A folder is one row. A file at the top is ground that both halves stand on.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "kleiber"
RUN = {
    "study": 5,
    "trainers": 3,
    "nets": 2, "datasets": 2, "executors": 2, "presets": 2,
}  # fmt: skip
INFER = {
    "findings": 7,
    "answers.compare": 6, "answers.plan": 6, "answers.next": 6,
    "answers.classes": 6, "answers.settings": 6, "answers.tuning": 5, "answers": 5,
    "forecasting": 4,
    "fitting": 3, "curves": 3,
    "laws": 2, "importers": 2,
}  # fmt: skip
BOTH = {
    "__main__": 10,
    "__init__": 9, "command": 9, "web": 9,
    "report": 8, "estimators": 8,
    "ladder": 1, "halving": 1, "space": 1, "plugins": 1, "ledger_file": 1,
    "records": 0, "wording": 0, "seeds": 0, "plain": 0, "metric": 0, "errors": 0,
}  # fmt: skip
FLOOR = {**RUN, **INFER, **BOTH}
FILES = sorted(SOURCE.rglob("*.py"))


def room(module):
    """Give the room of a dotted name below kleiber: the longest one that it begins with."""
    parts = module.split(".")
    rooms = (".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((name for name in rooms if name in FLOOR), None)


def dotted(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(here, there):
    """Say what is wrong with an import between two rooms."""
    if FLOOR[there] > FLOOR[here]:
        yield f"{here} (floor {FLOOR[here]}) imports {there} (floor {FLOOR[there]}): imports run down"
    if (here in RUN and there in INFER) or (here in INFER and there in RUN):
        yield f"{here} imports {there}: the run half and the infer half meet in the ledger's file alone"


@pytest.mark.parametrize("path", FILES, ids=dotted)
def test_imports_run_down_and_the_halves_never_meet(path):
    here = room(dotted(path))
    assert here is not None, f"{dotted(path)} has no row in the table"
    for name in imports(path):
        there = room(name.removeprefix("kleiber.")) if name.startswith("kleiber.") else None
        if there is not None and there != here:
            assert not list(faults(here, there))


def test_the_test_sees_an_import_that_runs_up_and_one_across():
    assert list(faults("forecasting", "findings"))
    assert list(faults("study", "forecasting"))
    assert list(faults("curves", "trainers"))
    assert not list(faults("findings", "forecasting"))


def test_the_table_has_a_row_for_each_room_and_no_other():
    folders = {".".join(path.parent.relative_to(SOURCE).parts) for path in FILES} - {""}
    rooms = {room(dotted(path)) for path in FILES}
    assert set(FLOOR) == rooms
    assert all(room(folder) is not None for folder in folders)


def test_no_rooms_go_round_in_a_circle():
    arrows = {name: set() for name in FLOOR}
    for path in FILES:
        here = room(dotted(path))
        named = (room(name.removeprefix("kleiber.")) for name in imports(path) if name.startswith("kleiber."))
        arrows[here] |= {there for there in named if there not in (None, here)}
    while arrows:
        ends = {name for name, out in arrows.items() if not out & set(arrows)}
        assert ends, f"these import each other: {', '.join(sorted(arrows))}"
        arrows = {name: out for name, out in arrows.items() if name not in ends}


def test_importing_kleiber_imports_no_library():
    heavy = "'numpy', 'scipy', 'torch', 'optuna', 'pydantic', 'jinja2', 'rich', 'typer', 'PIL', 'polars'"
    code = f"import sys, kleiber; print([m for m in ({heavy}) if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_tree_of_the_architecture_page_is_that_of_the_files():
    page = (SOURCE.parents[1] / "ARCHITECTURE.md").read_text()
    tree = page.split("src/kleiber/\n")[1].split("```")[0]
    folders = {name.strip("/").replace("/", ".") for name in re.findall(r"(?<![\w/])[a-z]+(?:/[a-z]+)?/(?!\w)", tree)}
    there = {".".join(path.parent.relative_to(SOURCE).parts) for path in FILES} - {"", "trainers._engine"}
    assert {name for name in folders if name != "sections"} | {"report.sections"} == there
    for floor, line in re.findall(r"(?m)(?:^  |\| )(\d) ([^|\n]+)", tree):
        for name in re.findall(r"([a-z]+(?:/[a-z]+)?)/", line):
            if name != "sections":
                assert FLOOR[name.replace("/", ".")] == int(floor), name
    ground = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    assert set(" ".join(re.findall(r"(?m)^  [01] (.+?)   ", tree)).split()) == ground


def test_each_file_that_the_table_of_changes_names_is_there():
    page = (SOURCE.parents[1] / "ARCHITECTURE.md").read_text()
    table = page.split("## To add or change X, touch Y")[1].split("\n## ")[0]
    named = set(re.findall(r"`([a-z_/]+\.py)`", table))
    files = [str(path.relative_to(SOURCE)) for path in FILES]
    assert named
    assert not {name for name in named if not any(file == name or file.endswith(f"/{name}") for file in files)}


def test_no_file_is_longer_than_three_hundred_lines():
    long = {dotted(path): lines for path in FILES if (lines := len(path.read_text().splitlines())) > 300}
    assert not long, "take them apart where they hold two ideas, or name them with a reason in ARCHITECTURE.md"


def test_each_folder_says_in_its_first_line_what_flows_and_a_stage_holds_no_code():
    for path in SOURCE.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path
    stages = ("command", "findings", "answers", "study", "forecasting", "fitting", "curves")
    for path in (found for stage in stages for found in (SOURCE / stage).rglob("__init__.py")):
        assert len(ast.parse(path.read_text()).body) == 1, f"{path} holds code"
