"""The table of codes in docs/codes.md holds every code that the source can give, and no other."""

import ast
import re
from pathlib import Path

from kleiber.forecasting.cautions import FIRST

ROOT = Path(__file__).resolve().parents[1]
MAKERS = {"Caution": "warning", "Refusal": "refusal", "_warning": "warning", "Stop": "stop"}


def given():
    """Give (code, kind) of every call that makes a warning or a refusal."""
    for path in sorted((ROOT / "src" / "kleiber").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in MAKERS and node.args:
                    assert isinstance(node.args[0], ast.Constant), f"{path.name}, line {node.lineno}: a code is a literal"
                    yield node.args[0].value, MAKERS[name]


def told():
    """Give (code, kind) of every row of the tables in docs/codes.md."""
    kind = ""
    for line in (ROOT / "docs" / "codes.md").read_text().splitlines():
        if line.startswith("## "):
            kind = "stop" if "stop" in line else "refusal" if "efus" in line else "warning"
        if row := re.match(r"\| `([\w-]+)` \|", line):
            yield row[1], kind


def test_every_code_is_in_the_table_and_the_table_has_no_other():
    rows = list(told())
    assert len(rows) == len(set(rows))
    assert set(rows) == set(given())


def test_what_is_said_first_is_a_warning_that_there_is():
    assert set(FIRST) <= {code for code, kind in given() if kind == "warning"}
