"""From a name or a path to a `Dataset`: find the plug-in, read, make disjoint, split off, fingerprint."""

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kleiber import plugins
from kleiber.datasets._arrays import given, in_memory
from kleiber.datasets._dataset import Dataset, Part, Raw, fingerprint
from kleiber.datasets._disjoint import make_disjoint, notes
from kleiber.datasets._near import without_near_copies
from kleiber.datasets._several import TABLES, holds_tables, is_pattern
from kleiber.datasets._split import split_off
from kleiber.datasets.hugging_face import is_saved
from kleiber.errors import KleiberError

_ARCHIVES = (".tar.gz", ".tgz", ".tar")
_TEXTS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_DEFAULT_SHARE = 0.2
SHARED = (
    plugins.Option("path", "str", None, "Where a named set lies, instead of where kleiber looks for it."),
    plugins.Option(
        "validation", "float", _DEFAULT_SHARE, "Share of the examples to split off, where there is no such set."
    ),
    plugins.Option("test", "float", _DEFAULT_SHARE, "Share of the examples to split off, where there is no such set."),
    plugins.Option(
        "allow_overlap", "bool", False, "Whether train may hold many examples of validation or test: they leave train."
    ),
    plugins.Option(
        "near_copies",
        '"count", "drop" or "ignore"',
        None,
        "What becomes of train images and texts that are almost those of validation or test. By default they are counted "
        "where that takes up to 5 seconds, and elsewhere kleiber says that it did not look.",
    ),
)  # options of any source


def kind_of(source: str) -> str | None:
    """Give the name of kleiber's own loader that reads a source; None for another's loader, and for no such place."""
    place = Path(source).expanduser()
    if plugins.is_own("datasets", source):
        return source
    try:
        return _kind_of_path(place) if source and (place.exists() or is_pattern(place)) else None
    except (KleiberError, OSError):
        return None


def load_dataset(source: str | Raw, *, seed: int, options: Mapping[str, Any] | None = None) -> Dataset:
    """Give the data set of a plug-in's name, of a folder or archive of images, of a table's file, or of what was read.

    A name of this folder comes before a file or folder of the same name (write `./digits` for that). What is missing of
    validation and test set is split off the train examples, stratified by class, whole groups on one side, by `seed`.

    Options for any source: `path` (where a named set lies), `validation` and `test` (share of the train examples to
    split off, default 0.2; only where the source has no such set), `allow_overlap` (see `_disjoint.py`), `near_copies`
    (see `_near.py`).
    All others are those of the plug-in's `load`. Raises `KleiberError` for a source or an option that does not exist.
    """
    rest = dict(options or {})
    shares = {label: rest.pop(label, None) for label in ("test", "validation")}
    allow_overlap = rest.pop("allow_overlap", False)
    if not isinstance(allow_overlap, bool):
        raise KleiberError(f"[data] allow_overlap must be true or false, not {allow_overlap!r}")
    near_copies = rest.pop("near_copies", None)
    raw = source if isinstance(source, Raw) else _found(source, rest)
    clean, counts = make_disjoint(raw, allow_overlap=allow_overlap)
    missing = _missing_shares(clean, shares)
    parts, near, alike = without_near_copies(split_off(clean, missing, seed=seed), near_copies)
    _refuse_untrained_classes(clean, parts)
    lacking = [f"{raw.missing}, which the estimator gets as NaN"] if raw.missing else []
    return Dataset(
        name=raw.name,
        task=raw.task,
        classes=raw.classes,
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        fingerprint=fingerprint(raw.task, raw.classes, parts),
        duplicates={**counts, **near},
        split_off=tuple(missing),
        unit=raw.unit,
        missing=raw.missing,
        notes=(*raw.notes, *lacking, *notes(counts), *alike, *_absent_classes(clean, parts)),
    )


def _found(source: str, options: dict[str, Any]) -> Raw:
    load, path = _reader(source, options.pop("path", None))
    return _read(source, load, path=path, options=options)


def _reader(source: str, path: Any) -> tuple[Callable[..., Raw], Path | None]:
    """Give the `load` that reads a source, and the path to give it."""
    if path is not None and not isinstance(path, str | Path):
        raise KleiberError(f"[data] path must be the path of a folder or file, not {path!r}")
    place, names = Path(source).expanduser(), plugins.names("datasets")
    reference = place.suffix.startswith(".py") or (":" in source and not place.exists())
    if source in names or reference:
        plugin = plugins.load("datasets", source)
    elif place.exists() or is_pattern(place):
        if path is not None:
            raise KleiberError(f"{source} is a path already; remove path from [data], which is for named sets")
        plugin, path = plugins.load("datasets", _kind_of_path(place)), place
    else:
        raise KleiberError(
            f"[data] source: there is no file or folder {source!r}, and no data set of that name{_near(source, names)}. "
            f"There are {', '.join(names)}; code of your own is given as 'package.module:load' or 'path/to/file.py:load'"
        )
    load = getattr(plugin, "load", plugin)
    if not callable(load):
        raise KleiberError(
            f"{source} is no data set: name a function load(path, **options) that gives a kleiber.datasets.Raw"
        )
    return load, None if path is None else Path(path).expanduser()


def _near(source: str, names: Sequence[str]) -> str:
    place = Path(source).expanduser()
    beside = [str(each) for each in place.parent.iterdir()] if place.parent.is_dir() else []
    close = difflib.get_close_matches(source, [*names, *beside], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _kind_of_path(place: Path) -> str:
    name = place.name.lower()
    if name.endswith(_TEXTS) or (place.is_dir() and _holds_texts(place)):
        return "text"
    if place.is_dir() and is_saved(place):
        return "hugging_face"
    if name.endswith(TABLES) or (place.is_dir() and holds_tables(place)):
        return "table"
    if place.is_dir() or name.endswith(_ARCHIVES):
        return "image_folder"
    raise KleiberError(
        f"{place}: a data set is a folder of images or texts, an archive of images ({', '.join(_ARCHIVES)}), a table "
        f"({', '.join(TABLES)}), or JSON lines ({', '.join(_TEXTS[:2])})"
    )


def _holds_texts(folder: Path) -> bool:
    """Say whether a folder holds texts by class: `<class>.txt`, or `<class>/*.txt`."""
    return any(True for _ in folder.glob("*.txt")) or any(True for _ in folder.glob("*/*.txt"))


def _read(source: str, load: Callable[..., Raw], *, path: Path | None, options: dict[str, Any]) -> Raw:
    parameters = list(inspect.signature(load).parameters.values())
    pathless = not parameters or isinstance(load, type)  # a function of no path, or a data module's class
    if pathless and path is not None:
        raise KleiberError(f"{source} takes no path; remove path from [data]")
    parameters = parameters if pathless else parameters[1:]
    known = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    if len(known) == len(parameters) and (unknown := sorted(options.keys() - set(known))):
        raise KleiberError(
            f"{source}: unknown option {', '.join(map(repr, unknown))}; there are "
            f"{', '.join([*(option.name for option in SHARED), *known])}"
        )
    raw: Any = load(**options) if pathless else load(path, **options)
    if in_memory(raw):  # what `data=` takes, a function may give
        try:
            raw = given(raw).raw
        except KleiberError as error:
            raise KleiberError(f"{source}: {error}") from error
    if not isinstance(raw, Raw):
        raise KleiberError(
            f"{source}: load gives a {type(raw).__name__}; it must give a kleiber.datasets.Raw, or data such as (X, y)"
        )
    return raw


def _missing_shares(raw: Raw, shares: Mapping[str, Any]) -> dict[str, float]:
    """Give the shares to split off; one for a part that the source has is a mistake, and said."""
    for label in raw.parts().keys() & {label for label, share in shares.items() if share is not None}:
        raise KleiberError(f"{raw.name} has its own {label} set: remove {label} = {shares[label]!r} from [data]")
    missing = [label for label in shares if label not in raw.parts()]
    return {label: _DEFAULT_SHARE if shares[label] is None else shares[label] for label in missing}


def _refuse_untrained_classes(raw: Raw, parts: Mapping[str, Part]) -> None:
    if raw.task == "classification" and (absent := _classes_without(raw, parts["train"])):
        raise KleiberError(f"{raw.name}: class {absent[0]!r} has no example in train; add some, or leave the class out")


def _absent_classes(raw: Raw, parts: Mapping[str, Part]) -> tuple[str, ...]:
    if raw.task == "regression":
        return ()
    absent = {label: _classes_without(raw, parts[label]) for label in ("validation", "test")}
    return tuple(f"the {label} set has no example of {', '.join(names)}" for label, names in absent.items() if names)


def _classes_without(raw: Raw, part: Part) -> list[str]:
    counts = np.bincount(part.y, minlength=len(raw.classes))
    return [raw.classes[i] for i in np.flatnonzero(counts == 0)]
