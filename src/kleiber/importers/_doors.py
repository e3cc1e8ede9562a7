"""The sources that are no tables: which kind a file or a folder is, by looking inside, and one way to read them all.

Each kind is a file of this folder with `TITLE`, `places(tree)`, which gives what of a folder is its own,
`runs(path, tree)`,
which gives the runs of such a place, and `read = reader(KIND)`.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.importers import Table, _marks, _safe, table
from kleiber.importers._cells import ROWS, Block, Cells
from kleiber.importers._run import Asked, Run
from kleiber.importers._tracked import Tracked, Watch, tracked

KINDS = (
    "wandb", "mlflow", "trackio", "swanlab", "sacred", "clearml", "dvclive", "ray", "transformers", "lightning",
    "ultralytics", "optuna", "skorch", "fastai", "keras", "aim", "sklearn", "tensorboard",
)  # fmt: skip
"""In the order in which they are looked for; event files come last, for many of the others write them too."""
BESIDE = "tensorboard"
LAST = ("fastai", "keras")  # which a file's header alone tells, so that a folder of any other kind comes first
OWN = ("where", "best_of", "leave_out", "unit_of_n", "unit", "best", "higher_is_better")
"""What is asked of the table of the runs, and not of the tracker."""


class Source(NamedTuple):
    """What a path holds: the kind, the places of it that are read, and what is said of others beside."""

    kind: str
    places: list[Path]
    tree: _safe.Tree
    notes: tuple[str, ...] = ()


def kind_of(path: Path, asked: str | None = None) -> Source | None:
    """Say what a file or folder holds, None where it is none of ours; `asked` names the kind.

    Raises `KleiberError` where there are several kinds, and where there is none of the kind that is asked for.
    """
    if asked is not None and asked not in KINDS:
        raise KleiberError(f"kind={asked!r}: there are {', '.join(sorted(KINDS))}")
    tree = _safe.tree_of(path)
    if asked is not None:
        places = _module(asked).places(tree)
        if not places:
            raise KleiberError(f"{path} holds nothing of {_module(asked).TITLE}")
        return Source(asked, places, tree)
    found = {kind: places for kind in KINDS if (places := _module(kind).places(tree))}
    if not path.is_dir():
        found = {kind: places for kind, places in found.items() if kind not in LAST}
    first = [kind for kind in found if kind not in (BESIDE, *LAST)] or [kind for kind in found if kind != BESIDE][:1]
    first = first or list(found)
    if len(first) > 1:
        held = ", ".join(f"{_module(kind).TITLE} ({len(found[kind])})" for kind in first)
        raise KleiberError(f"{path} holds runs of several kinds: {held}. Write --from {first[0]}, or name a folder inside")
    if not first:
        return None
    kind = first[0]
    beside = len(found.get(BESIDE, ())) if kind != BESIDE else 0
    others = f"{beside} folders of event files beside were not read; --from {BESIDE} reads them."
    return Source(kind, found[kind], tree, (others,) if beside else ())


def _module(kind: str) -> Any:
    return plugins.load("importers", kind)


def columns_of(source: Source, path: Path, asked: Asked, watch: Watch | None = None) -> Tracked:
    """Give the runs of a source as columns."""
    module = _module(source.kind)
    found = tracked(_runs(module, source), asked, path.name or str(path), module.TITLE, watch, len(source.places))
    found.notes += [*source.notes, *said(found)]
    return found


def said(found: Tracked) -> list[str]:
    """Give the sentences on what was noticed."""
    return _marks.sentences(found.marks)


def _runs(module: Any, source: Source) -> Iterator[Run]:
    """Give the runs of all places; one that cannot be read is a run that says so."""
    for path in source.places:
        try:
            yield from module.runs(path, source.tree)
        except (KleiberError, OSError) as error:
            if len(source.places) == 1:
                raise error if isinstance(error, KleiberError) else KleiberError(f"cannot read {path}: {error}") from error
            yield Run(path.stem if path.is_file() else path.name, str(path), state=str(error), marks=["unread"])


def table_of(found: Tracked, path: Path, options: Mapping[str, Any]) -> Table:
    """Read the columns of runs as any table is read, with the notes on both."""
    name = path.name or str(path)
    given = {key: value for key, value in options.items() if value is not None}
    if found.higher is not None:
        given.setdefault("higher_is_better", found.higher)
    if found.unit_of_n is not None:
        given.setdefault("unit_of_n", found.unit_of_n)
    read = table.read(_cells(found.columns, name), **given)
    notes = [f"{name}: {note}" for note in found.notes]
    read = replace(read, notes=_unsaid(read.notes), counted=_unsaid(read.counted))
    counted = [
        f"{name}: {note}"
        for note in found.notes
        if "left out" in note or note.startswith(("1 run of", "each run counts", "n is"))
    ]
    return replace(read, notes=(*notes, *read.notes), counted=(*counted, *read.counted))


def _unsaid(notes: Sequence[str]) -> tuple[str, ...]:
    """Leave out what the notes on the runs have said: that a run is a repeat, and which ones diverged."""
    known = re.compile(r".*: (the column 'run' was read as 'replicate'|\d+ unfinished runs .*: \d+ diverged)\.")
    return tuple(note for note in notes if not known.fullmatch(note))


def _cells(columns: Mapping[str, list[Any]], place: str) -> Cells:
    """Give columns as the cells of a table, whose rows are runs."""
    held = list(columns.values())

    def blocks(wanted: Any) -> Iterator[Block]:
        for start in range(0, len(held[0]), ROWS):
            part = [held[i][start : start + ROWS] for i in wanted]
            yield Block(range(start + 1, start + 1 + len(held[0][start : start + ROWS])), part)

    return Cells(place, tuple(columns), blocks, "run")


def path_of(source: Any) -> Path:
    """Give the path of a source; raises `KleiberError` where there is no file or folder of it."""
    if not isinstance(source, str | os.PathLike):
        raise KleiberError(f"a {type(source).__name__} is no path of a file or folder of runs")
    path = Path(source)
    if not path.exists():
        raise KleiberError(f"there is no file or folder {path}")
    return path


def reader(kind: str) -> Callable[..., Table]:
    """Give the function that reads sources of a kind."""

    def read(
        source: Any,
        *,
        asked: Asked | None = None,
        watch: Watch | None = None,
        options: Mapping[str, Any] | None = None,
        found: Source | None = None,
    ) -> Table:
        """Read the runs below a path as a table, one row a run.

        `asked` says which parameters are size, seed and model, which metric is read and which value of its history
        counts; `watch` is told how far it is; `options` are those of a table; `found` is what was seen already.
        Raises `KleiberError` where there are none.
        """
        path = path_of(source)
        source = found or kind_of(path, kind)
        assert source is not None
        return table_of(columns_of(source, path, asked or Asked(), watch), path, options or {})

    return read
