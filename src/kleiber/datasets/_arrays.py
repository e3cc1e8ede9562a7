"""Data that are in memory: arrays, texts, frames, tensors, PyTorch's datasets and data modules become the `Raw` of a file.

What is given is `(X, y)`, or three of them for train, validation and test, or a dict with `train` and options. A PyTorch
dataset stands in place of an `(X, y)`; its examples are read once, in their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._data_module import is_data_module, parts_of
from kleiber.datasets._dataset import PARTS, Part, Raw
from kleiber.datasets._frames import OPTIONS as FRAME_OPTIONS
from kleiber.datasets._frames import Columns, is_frame, pairs_of
from kleiber.datasets._missing import missing_in
from kleiber.datasets._pixels import examples_of, plain_array
from kleiber.datasets._sources import groups_of, sources_of
from kleiber.datasets._targets import encode
from kleiber.datasets._texts import are_texts, encoded
from kleiber.datasets._weights import UNIT, weights_of
from kleiber.errors import KleiberError

OPTIONS = ("name", "task", "groups", "weights", "unit", "by")  # of a dict, besides the parts and what any source takes
SHARED = ("validation", "test", "allow_overlap", "near_copies")
HOW = (
    'data=(X, y), data=((X, y), (X_val, y_val), (X_test, y_test)), data={"train": (X, y), "test": (X_test, y_test)}, or '
    'data={"train": frame, "target": "its column"}'
)
FEW = 4  # examples that a class of whole numbers has on the mean, or they may be amounts


@dataclass(frozen=True, slots=True)
class Given:
    """Data in memory: `raw`, and the options of any source that came with them."""

    raw: Raw
    options: Mapping[str, Any]


def in_memory(value: Any) -> bool:
    """Say whether a value is data, and no name, path or table of options."""
    if isinstance(value, Mapping):
        return "train" in value
    if isinstance(value, list | tuple):
        return not value or not all(isinstance(each, str) for each in value)
    return not isinstance(value, str) and (_is_dataset(value) or is_data_module(value) or hasattr(value, "shape"))


def given(value: Any) -> Given:
    """Give data in memory as a `Raw`; raises `KleiberError`, which never prints an array, for what is none."""
    entries = dict(value) if isinstance(value, Mapping) else _parts(value)
    notes: tuple[str, ...] = ()
    lacking: list[str] = []
    if framed := is_frame(entries.get("train")):
        entries, notes, lacking = _paired(entries)
    if unknown := sorted(entries.keys() - {*PARTS, *OPTIONS, *SHARED}):
        known = ", ".join((*PARTS, *OPTIONS, "allow_overlap", "near_copies"))
        raise KleiberError(f"data: unknown key {', '.join(map(repr, unknown))}; there are {known}")
    arrays = {}
    for label in PARTS:
        if label in entries and not isinstance(entries[label], int | float):
            arrays[label] = _pair(value := entries.pop(label), label)
            lacking += [] if framed else [missing_in(arrays[label][0], f"X of {label}", columns=_names(value))]
    task, classes, targets = _encoded({label: y for label, (_, y) in arrays.items()}, entries.get("task"))
    parts = {label: Part(x, targets[label]) for label, (x, _) in arrays.items()}
    unit = entries.get("unit", "")
    if (weights := entries.get("weights")) is not None:
        counted = weights_of(*_beside(weights, len(parts["train"]), "weights"), "data: weights")
        parts["train"], unit = replace(parts["train"], weights=counted), str(unit or UNIT)
    elif unit:
        raise KleiberError("data: unit names what weights count, and there are none; give weights, or remove unit")
    judged = "test" if "test" in parts else "train"
    parts[judged] = replace(parts[judged], sources=_sources(entries.get("by", {}), parts[judged], judged))
    whole = task == "classification" and arrays["train"][1].dtype.kind in "iu"
    groups = entries.get("groups")
    raw = Raw(
        name=str(entries.get("name", "arrays")),
        task=task,
        classes=classes,
        groups=None if groups is None else groups_of(*_beside(groups, len(parts["train"]), "groups"), "data: groups"),
        unit=unit,
        missing="; ".join(filter(None, lacking)),
        notes=(*notes, *([f"y holds whole numbers, taken as {len(classes)} classes"] if whole else [])),
        **parts,
    )
    return Given(raw, {key: entries[key] for key in SHARED if key in entries})


def _beside(values: Any, count: int, what: str, label: str = "train") -> tuple[list[Any], list[str]]:
    """Give one cell for each example of a part, and where each stands."""
    found = plain_array(values, what)
    if found.shape != (count,):
        raise KleiberError(
            f"data: {what} has shape {found.shape}; it must have one for each of the {count:,} {label} examples"
        )
    return found.tolist(), [f"example {i:,}" for i in range(count)]


def _sources(by: Any, part: Part, label: str) -> dict[str, NDArray[Any]]:
    """Give the labels of the part that becomes, or holds, the test set."""
    if not isinstance(by, Mapping):
        raise KleiberError('data: by must name a column, as in "by": {"source": labels} with a label for each example')
    return {
        str(name): sources_of(*_beside(labels, len(part), f"by {name!r}", label), f"data: by {name!r}")
        for name, labels in by.items()
    }


def _names(pair: Any) -> list[str]:
    """Give the names of the columns of X, where it is a frame."""
    return list(getattr(pair[0], "columns", ())) if _is_pair(pair) else []


def _paired(entries: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...], list[str]]:
    """Turn the frames among entries into pairs, by the options that name their columns.

    What was chosen is said, and where values are missing.
    """
    frames = {label: entries[label] for label in PARTS if is_frame(entries.get(label))}
    names = dict(entries.get("names", {}))
    for label, frame in frames.items():
        if hasattr(frame, "to_polars"):
            names |= {key: each.names for key, each in frame.features.items() if hasattr(each, "names")}
            frames[label] = frame.to_polars()
    options = {key: entries[key] for key in FRAME_OPTIONS if key in entries}
    rest = {key: each for key, each in entries.items() if key not in (*frames, *FRAME_OPTIONS, "names")}
    found = pairs_of(frames, Columns(**options, names=names), str(entries.get("name", "data")))
    notes, missing = found.pop("notes"), found.pop("missing")
    return {**rest, **found}, notes, missing


def _parts(value: Any) -> dict[str, Any]:
    if is_data_module(value):
        return parts_of(value)
    if _is_dataset(value) or hasattr(value, "to_polars"):
        return {"train": value}
    if hasattr(value, "shape"):
        target = f"{type(value).__module__.partition('.')[0]} data" if hasattr(value, "columns") else "an array"
        raise KleiberError(f"data: {target} of shape {tuple(value.shape)} without targets. Give {HOW}")
    if not hasattr(value, "__len__"):
        raise KleiberError(
            f"data: a {type(value).__name__} has no length, so no subset can be drawn of it. Read it into a list. "
            f"Give {HOW}"
        )
    if len(value) == 3 and all(_is_pair(each) or _is_dataset(each) for each in value):
        return dict(zip(PARTS, value, strict=True))
    if _is_pair(value):
        if all(_is_pair(each) or _is_dataset(each) for each in value):
            raise KleiberError(f"data: two parts, the second of which may be validation or test. Give {HOW}")
        return {"train": value}
    raise KleiberError(
        f"data: {len(value)} things are given ({', '.join(type(each).__name__ for each in value)}). Give {HOW}"
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _is_dataset(value: Any) -> bool:
    """Say whether a value gives examples one by one, as PyTorch's datasets do."""
    plain = isinstance(value, str | bytes | Mapping | list | tuple) or hasattr(value, "shape")
    return not plain and hasattr(value, "__getitem__") and hasattr(value, "__len__")


def _pair(value: Any, label: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give examples and targets of a part."""
    if _is_dataset(value):
        value = _read(value, label)
    elif not _is_pair(value):
        raise KleiberError(f"data: {label} is a {type(value).__name__}; it must be a pair (X, y) or a PyTorch dataset")
    x, y = _examples(value[0], label), _column(value[1], f"y of {label}")
    if not len(x):
        raise KleiberError(f"data: {label} has no examples; give some")
    if len(x) != len(y):
        raise KleiberError(f"data: X of {label} has {len(x):,} examples, but y has {len(y):,} targets")
    return x, y


def _examples(values: Any, label: str) -> NDArray[Any]:
    if getattr(getattr(values, "dtype", None), "kind", "") == "S":  # of a frame, encoded already
        return np.asarray(values)
    if are_texts(values):
        texts = list(values)
        return encoded(texts, [f"data: X of {label}, text {i:,}" for i in range(len(texts))])
    return examples_of(values, f"X of {label}")


def _read(dataset: Any, label: str) -> tuple[Any, Any]:
    """Read a dataset once, in its order."""
    if not len(dataset):
        raise KleiberError(f"data: {label} has no examples")
    examples: Sequence[Any] = [_example(dataset, i, label) for i in range(len(dataset))]
    if not all(_is_pair(each) for each in examples):
        kind = type(examples[0]).__name__
        raise KleiberError(f"data: an example of {label} is a {kind}; it must be a pair (x, y). Give arrays: data=(X, y)")
    targets = np.array([_target(y, i, label) for i, (_, y) in enumerate(examples)])
    if isinstance(examples[0][0], str):
        return [x for x, _ in examples], targets
    first = [plain_array(x, f"an example of {label}") for x, _ in examples]
    shapes = {each.shape for each in first}
    if len(shapes) > 1:
        two = " and ".join(map(str, sorted(shapes)[:2]))
        raise KleiberError(f"data: the examples of {label} have shapes {two}; resize them all to one")
    stacked = np.stack(first)
    tensors = hasattr(examples[0][0], "detach")
    if tensors and stacked.ndim == 4:  # PyTorch has channels first
        stacked = np.moveaxis(stacked, 1, -1)
    return stacked, targets


def _example(dataset: Any, i: int, label: str) -> Any:
    try:
        return dataset[i]
    except Exception as error:  # anybody's code
        raise KleiberError(
            f"data: {type(dataset).__name__} raised {type(error).__name__} for example {i:,} of {label}: {error}. Mend the "
            "data set, or leave the example out"
        ) from error


def _target(y: Any, i: int, label: str) -> Any:
    if not hasattr(y, "item"):
        return y
    try:
        return y.item()
    except (ValueError, RuntimeError) as error:
        raise KleiberError(
            f"data: the target of example {i:,} of {label} has shape {tuple(y.shape)}; it must be one number or class"
        ) from error


def _column(y: Any, place: str) -> NDArray[Any]:
    found = plain_array(y, place)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        how = "; for one-hot rows give y.argmax(axis=1)" if found.ndim == 2 else ""
        raise KleiberError(f"data: {place} has shape {found.shape}; it must have one target for each example, (m,){how}")
    missing = [i for i, each in enumerate(found.tolist()) if each is None or each != each]
    if missing:
        raise KleiberError(f"data: {place} has {len(missing):,} missing targets, the first at {missing[0]:,}; remove them")
    return found


def _encoded(targets: Mapping[str, NDArray[Any]], task: Any) -> tuple[Any, tuple[str, ...], dict[str, NDArray[Any]]]:
    """Give task, classes and targets of all parts together: text and whole numbers of few values are classes."""
    train = targets["train"]
    distinct = len(set(train.tolist()))
    if task is None and train.dtype.kind == "b":
        task = "classification"
    if task is None and train.dtype.kind in "iu" and len(train) >= FEW * distinct:
        task = "classification"
    whole = train.dtype.kind in "iu" or (train.dtype.kind == "f" and bool((train == np.round(train)).all()))
    if task is None and whole:
        lines = " or ".join(f'data={{"train": (X, y), "task": "{name}"}}' for name in ("classification", "regression"))
        raise KleiberError(f"data: y holds {distinct:,} whole numbers, which could be classes or amounts. Write  {lines}")
    together = np.concatenate([y.astype(object) for y in targets.values()]).tolist()
    spelled = [str(int(each)) if isinstance(each, bool) else str(each) for each in together]
    kind, classes, y = encode(spelled, range(len(spelled)), place="data: y", task=task)
    ends = np.cumsum([len(each) for each in targets.values()])[:-1]
    return kind, classes, dict(zip(targets, np.split(y, ends), strict=True))
