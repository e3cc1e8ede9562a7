"""Files that are torn, and disks that are full: R06, R07, R08, R13."""

import random
import resource
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from dev.faults.harness import Place, ended, settled, started

from kleiber.errors import MachineError
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger
from kleiber.study.salvage import salvage


def fill(path: Path, count: int, each: Callable[[int], None] = lambda number: None) -> int:
    """Write results into a ledger, as a study does, and give how many were acknowledged before something went wrong."""
    number = -1
    with Ledger(path) as ledger, ledger.hold("s", {"x": 1}, {}, {}) as book:
        first = len(book.done())
        for number in range(first, first + count):
            trial = Trial("c", Purpose.SEARCH, Rung(100, 0, "s"), {"lr": 0.1}, number, number)
            book.finish(book.start(trial), Measurement(State.OK, {"loss": float(number)}))
            each(number)
    return number + 1


def results(path: Path) -> int:
    """Open a ledger as a run does, and give its results; they are the first ones, without a gap."""
    with Ledger(path) as ledger, ledger.hold("s", {"x": 1}, {}, {}) as book:
        losses = sorted(measurement.validation["loss"] for measurement in book.done().values())
    assert losses == [float(number) for number in range(len(losses))], "the results are no prefix of what was written"
    return len(losses)


def torn_copies(folder: Path, short: bool) -> str:
    """Copy file and log while they are written, and cut the log at a random byte: what is there is a prefix."""
    copies, cuts = 5 if short else 50, random.Random(13)
    path, lost = folder / "k.db", []

    def copy(number: int) -> None:
        if number % 3 != 2:
            return
        torn = folder / f"copy{number}.db"
        shutil.copy(path, torn)
        log = Path(f"{path}-wal").read_bytes()
        Path(f"{torn}-wal").write_bytes(log[: cuts.randrange(len(log) + 1)])
        lost.append(number + 1 - results(torn))
        assert results(torn) == number + 1 - lost[-1], "the second opening finds less than the first"
        assert not salvage_differs(torn)

    fill(path, 3 * copies, copy)
    assert len(lost) == copies and min(lost) >= 0
    return f"{copies} copies cut at a random byte: each opens twice, whole, with the first results and no gap"


def salvage_differs(path: Path) -> bool:
    """Say whether a salvage of a whole ledger gives less than there is."""
    out = path.with_suffix(".salvaged")
    return salvage(path, out)["attempts"] < settled(path)


def torn_tails(folder: Path, short: bool) -> str:
    """Cut the last 1 to 200 bytes of the log: at most the last record is lost, and it opens twice."""
    path, worst = folder / "k.db", 0
    tails = [1, 100, 200] if short else list(range(1, 201))

    def cut(number: int) -> None:
        nonlocal worst
        if number != 9:
            return
        for bytes_off in tails:
            torn = folder / "torn.db"
            shutil.copy(path, torn)
            Path(f"{torn}-wal").write_bytes(Path(f"{path}-wal").read_bytes()[:-bytes_off])
            found = [results(torn), results(torn)]
            assert found[0] == found[1], "the second opening finds less than the first"
            worst = max(worst, 10 - found[0])
            for file in folder.glob("torn.db*"):
                file.unlink()

    fill(path, 10, cut)
    assert worst <= 1, f"{worst} results lost"
    return f"{len(tails)} tails cut off the log: at most {worst} result of 10 lost, and each opens twice"


def broken_middle(folder: Path, short: bool) -> str:
    """Overwrite 4 kB in the middle of the file: it is refused and named, not written to, and salvaged."""
    path, places = folder / "k.db", 3 if short else 20
    fill(path, 300)
    whole, refused, kept = path.read_bytes(), 0, []
    for number, seed in enumerate(range(places)):
        at = random.Random(seed).randrange(4096, len(whole) - 4096)
        path.write_bytes(broken := whole[:at] + random.Random(seed).randbytes(4096) + whole[at + 4096 :])
        for open_it in (lambda: results(path), lambda: _read(path)):
            try:
                open_it()
            except MachineError as error:
                assert "kleiber salvage" in str(error), error
                refused += 1
        assert path.read_bytes() == broken, "a damaged file was written to"
        out = folder / f"salvaged{number}.db"
        try:
            kept.append(salvage(path, out)["attempts"])
        except MachineError:  # where the list of tables itself is gone
            kept.append(0)
    assert refused == 2 * places, f"{refused} of {2 * places} openings were refused"
    return (
        f"{places} places of 4 kB overwritten. Each was refused by name, and nothing was written. "
        f"Salvage keeps {min(kept)} to {max(kept)} of 300 results"
    )


def _read(path: Path) -> None:
    with Ledger(path, create=False, read_only=True) as ledger:
        ledger.export("s")


def full_pages(folder: Path, short: bool) -> str:
    """Let SQLite itself allow no more pages, then let it."""
    path = folder / "k.db"
    fill(path, 1)
    with Ledger(path) as ledger, ledger.hold("s", {"x": 1}, {}, {}) as book:
        store = book._store
        pages = store.rows("PRAGMA page_count")[0][0] + 10
        store.rows(f"PRAGMA max_page_count = {pages}")
        number = 1
        try:
            while True:
                trial = Trial("c", Purpose.SEARCH, Rung(100, 0, "s"), {"lr": 0.1}, number, number)
                book.finish(book.start(trial), Measurement(State.OK, {"loss": float(number)}))
                number += 1
        except MachineError as error:
            assert str(path) in str(error) and "free" in str(error), error
    assert results(path) == number, f"{results(path)} results, but {number} were acknowledged"
    fill(path, 50)
    assert results(path) == number + 50
    return f"a limit on pages: {number} acknowledged results kept, the error names file and free bytes, and it goes on"


def limited_files(folder: Path, short: bool) -> str:
    """Run a study whose files may have 300 kB at most; then one without a limit."""
    place = Place(folder, 400, 0.0)
    limit = 200_000

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    code = ended(place.command("--out", "out", preexec_fn=limited))
    said, kept = place.said(), settled(place.ledger)
    assert code == 4 and f"at most {limit:,} bytes here" in said and "k.db" in said, f"exit code {code}: {said}"
    assert ended(place.command("--out", "out")) == 0, place.said()
    place.check()
    return (
        f"a limit of {limit:,} bytes a file: exit code 4. The error names limit and file. {kept} results were kept, "
        "and the study went on to its end"
    )


def small_disk(folder: Path, short: bool) -> str:
    """Run a study with its ledger on a file system of 1 MB; free some space, and go on."""
    place = Place(folder, 400, 0.0)
    (folder / "small").mkdir()
    script = textwrap.dedent(
        f"""\
        mount -t tmpfs -o size=1m tmpfs small || exit 77
        head -c 700k /dev/zero > small/ballast
        {sys.executable} -m kleiber run s.toml --ledger small/k.db --workers 2 --out out
        echo "first run ended with $?"
        {sys.executable} -m kleiber list small/k.db
        mount -o remount,size=16m small
        {sys.executable} -m kleiber run s.toml --ledger small/k.db --workers 2 --out out
        code=$?
        cp small/k.db small/k.db-wal .
        exit $code
        """
    )
    code = ended(started(["unshare", "-rm", "sh", "-c", script], cwd=folder))
    said = place.said()
    if code == 77 or "unshare" in said[:200]:
        return "not tried: this machine mounts no file system without its administrator"
    assert code == 0 and "first run ended with 4" in said, said
    assert "bytes free there" in said and "small/k.db" in said, said
    place.check()
    return (
        "a file system of 1 MB: exit code 4. The error names file and free bytes. "
        "With more space the study went on to its end"
    )
