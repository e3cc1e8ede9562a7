"""What a study holds on disk: its rows in the ledger, and the files beside it that are its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kleiber.study.store import Store

TEXTS = ("params", "validation", "test", "history", "versions", "message")  # the columns that take room
BESIDE = 400  # bytes, about, of the other columns of an attempt with its trial, and of their indexes
ROWS = (
    f"SELECT COUNT(*) * {BESIDE} + TOTAL({' + '.join(f'COALESCE(LENGTH({column}), 0)' for column in TEXTS)}) AS bytes"
    " FROM attempts a JOIN trials t ON t.study = a.study AND t.id = a.trial WHERE a.study = ?"
)


def disk(store: Store, study: int) -> dict[str, int]:
    """Give the bytes of a study by kind: its `rows` in the ledger (about), its `log`, its `weights` and `paused` trials."""
    return {"rows": int(store.rows(ROWS, study)[0]["bytes"])} | {
        kind: sum(file.stat().st_size for file in files if file.is_file()) for kind, files in files_of(store, study).items()
    }


def files_of(store: Store, study: int) -> dict[str, list[Path]]:
    """Give the files beside a ledger that are a study's own, if they are there, by kind."""
    trials = [row["id"] for row in store.rows("SELECT id FROM trials WHERE study = ?", study)]
    return {
        "log": [Path(f"{store.path}.{study}.log")],
        "weights": [Path(f"{store.path}.weights") / f"{trial[:16]}.safetensors" for trial in trials],
        "paused": [Path(f"{store.path}.stages") / f"{trial[:32]}.pt" for trial in trials],
    }


@contextmanager
def removing(store: Store, study: int) -> Iterator[None]:
    """Remove the log and the paused trials of a study once that is gone; weights were asked for, and stay."""
    files = files_of(store, study)
    yield
    for file in (*files["log"], *files["paused"]):
        file.unlink(missing_ok=True)
