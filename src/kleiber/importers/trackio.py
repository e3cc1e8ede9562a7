"""Trackio: `PROJECT.db`, an SQLite file with rows of JSON; "NaN" and "Infinity" stand there as texts.

Rows are in the order of their ids, for the times are those of a batch. A run is known by its id: names are not unique.
"""

from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "Trackio"


def places(tree: _safe.Tree) -> list[Path]:
    """Give the databases of projects."""
    files = [folder / name for folder, names in tree.items() for name in names if name.endswith(".db")]
    return [path for path in files if _safe.tables_in(path) >= {"metrics", "configs"} and _is_project(path)]


def _is_project(path: Path) -> bool:
    with _safe.database(path) as opened:
        columns = {name for (name,) in opened.execute("SELECT name FROM pragma_table_info('metrics')")}
    return columns >= {"run_name", "step", "metrics"}


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the runs of a project."""
    with _safe.database(path) as opened:
        columns = {name for (name,) in opened.execute("SELECT name FROM pragma_table_info('metrics')")}
        key = "run_id" if "run_id" in columns else "run_name"
        every = opened.execute(f"SELECT {key}, MAX(run_name) FROM metrics GROUP BY {key} ORDER BY MIN(id)").fetchall()
        for identity, name in every:
            run = Run(str(name), path.name, group=path.stem)
            for step, text in opened.execute(f"SELECT step, metrics FROM metrics WHERE {key} = ? ORDER BY id", (identity,)):
                row = _safe.parsed(text, path)
                told = flat(row) if isinstance(row, dict) else {}
                epoch = number(told.pop("epoch", None))
                for metric, value in told.items():
                    if (found := number(value)) is not None:
                        run.add(metric, step, found, epoch)
            for (text,) in opened.execute(f"SELECT config FROM configs WHERE {key} = ?", (identity,)):
                config = _safe.parsed(text, path)
                run.params = flat({k: v for k, v in config.items() if not str(k).startswith("_")})
            yield run


read = reader("trackio")
