"""Write ledgers of earlier versions by the code that wrote them, as SQL: python -m dev.earlier_ledgers [VERSION ...]

For each version a study is run by the last commit that wrote it, and its ledger kept in tests/study/ledgers. When the
version of the ledger is raised, the commit before joins `WRITERS`. Needs the repository's history.
"""

import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "study" / "ledgers"
WRITERS = {1: "fadbd12", 2: "24c19c3", 3: "39a2c3b", 4: "01e1b0d"}
STUDY = """
try:
    from kleiber import Study, run_study
except ImportError:
    from kleiber.run import run_study
    from kleiber.study import Study

lines = ["n,replicate,lr,loss,test_loss"]
for n in (20, 40, 80, 160):
    for replicate in range(9):
        for lr in (0.01, 0.1):
            loss = 2.0 * n**-0.3 + 0.1 + abs(lr - 0.1) + 0.002 * ((replicate * 7 + n) % 5)
            lines.append(f"{n},{replicate},{lr},{loss},{loss + 0.01}")
open("t.csv", "w").write("\\n".join(lines) + "\\n")
study = Study(name="s", data={"source": "blank", "examples": 400}, trainer="replay", sizes=[20, 40, 80, 160], replicates=2,
              training={"table": "t.csv"}, search={"trials": 2, "space": {"lr": [0.01, 0.1]}})
run_study(study, "k.db")
"""


def write(version: int) -> Path:
    """Run the study by the code of a version, and give the file that its ledger was written to."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        packed = subprocess.run(
            ["git", "archive", WRITERS[version], "src"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
        subprocess.run([sys.executable, "-c", STUDY], cwd=folder, env=environment, check=True)
        with closing(sqlite3.connect(folder / "k.db")) as db:
            found, application = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
            assert found == version, f"{WRITERS[version]} writes version {found}"
            dump = [f"PRAGMA user_version = {found};", f"PRAGMA application_id = {application};", *db.iterdump()]
    file = FOLDER / f"version-{version}.sql"
    file.write_text("\n".join(dump) + "\n", encoding="utf-8")
    return file


def main(versions: Sequence[int]) -> None:
    """Write the ledgers of these versions, of all where none is given."""
    for version in versions or WRITERS:
        print(write(version).relative_to(ROOT))


if __name__ == "__main__":
    main([int(version) for version in sys.argv[1:]])
