"""Run the campaign, one line a check: python -m dev.faults [--short] [--write] [CHECK ...]

--short: fewer kills, copies and repeats. --write: keep the result as docs/reliability.md. CHECK: such as R01; else all.
"""

import argparse
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dev.faults import disks, engines, kills, offline, pairs, readers, saving, signals
from dev.faults.by_test import TESTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
Check = Callable[[Path, bool], str]
"""Does what it is named for in an empty folder, in the short form or the whole, and says what was seen."""
CHECKS: tuple[tuple[str, Check], ...] = (
    ("R01", kills.random_kills),
    ("R02", kills.orphans),
    ("R03", pairs.after_a_kill),
    ("R04", pairs.two_at_once),
    ("R05", readers.copies_meanwhile),
    ("R06", disks.torn_tails),
    ("R07", disks.broken_middle),
    ("R08a", disks.small_disk),
    ("R08b", disks.limited_files),
    ("R08c", disks.full_pages),
    ("R13", disks.torn_copies),
    ("R14, L13", signals.interrupts),
    ("W04", saving.torn_checkpoints),
    ("W06", kills.any_workers_any_hash),
    ("W07", engines.killed),
    ("P01", offline.alone),
)


@dataclass(frozen=True)
class Line:
    """What came of a check."""

    check: str
    passed: bool
    seconds: float
    said: str

    def __str__(self) -> str:
        return f"{self.check:9} {self.result:9} {self.seconds:6.1f} s  {self.said}"

    @property
    def result(self) -> str:
        """The result in a word or two."""
        return "not tried" if self.passed and "not tried" in self.said else "passed" if self.passed else "FAILED"


def campaign(wanted: Sequence[str], *, short: bool) -> Iterator[Line]:
    """Do the checks of these names, all where none is given."""
    for name, check in CHECKS:
        if not wanted or set(name.split(", ")) & set(wanted):
            yield done(name, check, short=short)
    named = {name: tests for name, tests in TESTS.items() if not wanted or name in wanted}
    if named:
        yield from by_test(named)


def done(name: str, check: Check, *, short: bool) -> Line:
    """Do a check in a folder of its own."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kleiber-faults-") as folder:
        try:
            passed, said = True, check(Path(folder), short)
        except Exception as error:  # whatever a check meets is its result
            passed, said = False, f"{type(error).__name__}: {error}"
    return Line(name, passed, time.monotonic() - began, " ".join(said.split()))


def by_test(named: dict[str, tuple[str, tuple[str, ...]]]) -> Iterator[Line]:
    """Run the tests that hold checks, each once, and give a line for each check."""
    nodes = sorted({node for _, tests in named.values() for node in tests})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.xml"
        line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={file}", *nodes]
        ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
        if not file.is_file():
            raise SystemExit(ended.stdout + ended.stderr)
        cases = [
            (f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}", case)
            for case in ElementTree.parse(file).iter("testcase")
        ]
    for name, (what, tests) in named.items():
        mine = [case for node, case in cases if any(_of(node, test) for test in tests)]
        wrong = [case.get("name") for case in mine if case.find("failure") is not None or case.find("error") is not None]
        skipped = sum(case.find("skipped") is not None for case in mine)
        held = f"{len(mine) - skipped} of {len(mine)} tests" if skipped < len(mine) else "not tried on this machine"
        said = f"{what}: {held}"
        said += f"; wrong: {', '.join(map(str, wrong))}" if wrong else ""
        yield Line(name, bool(mine) and not wrong, sum(float(case.get("time", 0)) for case in mine), said)


def _of(node: str, test: str) -> bool:
    """Say whether a test, by its module's path and its name, is one that is named as pytest does, or is in that file."""
    file, _, name = test.partition("::")
    module = file.removesuffix(".py")
    return node == f"{module}::{name}" or node.startswith(
        (f"{module}::{name}[",) if name else (f"{module}::", f"{module}/")
    )


def page(lines: Sequence[Line], seconds: float) -> str:
    """Give the page of a campaign's result."""
    head = (ROOT / "dev" / "faults" / "page.md").read_text()
    where = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()}, two cores"
    passed = sum(line.result == "passed" for line in lines)
    when = f"{datetime.now(UTC):%Y-%m-%d}, {where}: {passed} of {len(lines)} checks passed in "
    rows = [f"| {line.check} | {line.result} | {line.said.replace('|', '/')} |" for line in lines]
    return (
        head
        + f"\n{when}{seconds / 60:.0f} minutes.\n\n| check | result | what was seen |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


def main() -> int:
    """Run the campaign, and give how many checks failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    asked = parser.parse_args()
    began, lines = time.monotonic(), []
    for line in campaign(asked.checks, short=asked.short):
        print(line, flush=True)
        lines.append(line)
    if asked.write:
        PAGE.write_text(page(lines, time.monotonic() - began), encoding="utf-8")
    return sum(not line.passed for line in lines)


if __name__ == "__main__":
    sys.exit(main())
