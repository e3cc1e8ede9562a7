"""The nouns of the folder: `Part` (examples and targets), `Raw` (what a plug-in gives), `Dataset` (what a study uses).

A saved `Dataset` is a folder of `.npy` files and one JSON file; opening it maps the arrays, so that the workers of
other processes share the pages.
"""

import hashlib
import json
import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets import _besides
from kleiber.datasets._missing import missing_in
from kleiber.errors import KleiberError, MachineError

Task = Literal["classification", "regression"]

PARTS = ("train", "validation", "test")
ARRAYS = ("x", "y", "rows")
_SCHEMA = "kleiber-dataset/1"
_TARGETS = {"classification": np.dtype(np.int64), "regression": np.dtype(np.float64)}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Examples and their targets, in step; the arrays are read-only.

    `x`: `(m, height, width, channels)` uint8 images, `(m, d)` float32 features, or `(m,)` texts as UTF-8 bytes.
    `y`: `(m,)` int64 index into the classes, or `(m,)` float64 target of a regression.
    `rows`: `(m,)` int64 place of each example in the part that its source has, from 0 and in the source's order.
    `keys`: what the source calls each example, `(m,)` by kind of name (`file` of an image, `line` of a table); not saved.
    `weights`: `(m,)` what each example counts for a size, such as its tokens; empty where each counts one.
    `sources`: labels `(m,)` by the name of a column, by which a test set's results are told apart.
    Raises `KleiberError` for other shapes and dtypes, and for `x` and `y` of different length.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    keys: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    weights: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    sources: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind = self.x.dtype.name if self.x.dtype.kind != "S" else "text"
        if (self.x.ndim, kind) not in ((4, "uint8"), (2, "float32"), (1, "text")):
            raise KleiberError(
                "examples are (m, height, width, channels) uint8, (m, d) float32 or (m,) UTF-8 bytes, "
                f"not {self.x.shape} {self.x.dtype}"
            )
        if self.y.ndim != 1 or self.y.dtype.name not in ("int64", "float64"):
            raise KleiberError(f"targets are (m,) int64 or float64, not {self.y.shape} {self.y.dtype}")
        if len(self.x) != len(self.y):
            raise KleiberError(f"{len(self.x)} examples, but {len(self.y)} targets")
        rows = self.rows if len(self.rows) == len(self.x) else np.arange(len(self.x), dtype=np.int64)
        if len(self.weights) not in (0, len(self.y)):
            raise KleiberError(f"{len(self.y)} examples, but {len(self.weights)} weights")
        object.__setattr__(self, "rows", _read_only(rows))
        object.__setattr__(self, "x", _read_only(self.x))
        object.__setattr__(self, "y", _read_only(self.y))

    def __len__(self) -> int:
        return len(self.y)

    @property
    def texts(self) -> list[str] | None:
        """Give the examples as texts; None where they are none."""
        return [each.decode() for each in self.x.tolist()] if self.x.dtype.kind == "S" else None

    def take(self, index: NDArray[Any]) -> "Part":
        """Give the examples of an index `(k,)` or a mask `(m,)`, copied."""
        keys = {name: values[index] for name, values in self.keys.items()}
        weights = self.weights[index] if len(self.weights) else self.weights
        sources = {name: labels[index] for name, labels in self.sources.items()}
        return Part(self.x[index], self.y[index], self.rows[index], keys, weights, sources)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Raw:
    """What a plug-in's `load` gives: the examples as their source has them, not yet split or made disjoint.

    `name`: what results call the data. `groups`: labels `(m,)` of the train examples (all images of a patient, say),
    of which no split may separate two. `notes`: sentences that belong beside any result on this data. `unit`: what sizes
    count where train has weights, such as "tokens". `missing`: where features lack values, which are NaN; else found here.
    A missing `validation` or `test` is split off `train` by `load_dataset`.
    """

    name: str
    task: Task
    classes: tuple[str, ...]
    train: Part
    validation: Part | None = None
    test: Part | None = None
    groups: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()
    unit: str = ""
    missing: str = ""

    def __post_init__(self) -> None:
        if self.task not in _TARGETS:
            raise KleiberError(f"{self.name}: task {self.task!r}; there are 'classification' and 'regression'")
        if self.groups is not None and self.groups.shape != (len(self.train),):
            raise KleiberError(f"{self.name}: {self.groups.shape} groups for {len(self.train)} train examples")
        for label, part in self.parts().items():
            self._check(label, part)
        found = [missing_in(part.x, f"{self.name}, {label},") for label, part in self.parts().items()]
        object.__setattr__(self, "missing", self.missing or "; ".join(filter(None, found)))

    def parts(self) -> dict[str, Part]:
        """Give the parts that the source has, by name."""
        found = {"train": self.train, "validation": self.validation, "test": self.test}
        return {label: part for label, part in found.items() if part is not None}

    def _check(self, label: str, part: Part) -> None:
        place = f"{self.name}, {label}"
        if len(part) == 0:
            raise KleiberError(f"{place}: no examples")
        if part.y.dtype != _TARGETS[self.task]:
            raise KleiberError(f"{place}: targets of a {self.task} are {_TARGETS[self.task]}, not {part.y.dtype}")
        if part.x.shape[1:] != self.train.x.shape[1:] or part.x.dtype.kind != self.train.x.dtype.kind:
            raise KleiberError(
                f"{place}: examples of shape {part.x.shape[1:]}, but those of train have {self.train.x.shape[1:]}"
            )
        if self.task == "classification" and (part.y.min() < 0 or part.y.max() >= len(self.classes)):
            raise KleiberError(f"{place}: a class index outside 0 to {len(self.classes) - 1}")
        for what, values in (("example", part.x), ("target", part.y)):
            wrong = np.isinf(values) | (np.isnan(values) & (what == "target")) if values.dtype.kind == "f" else np.zeros(0)
            if wrong.any():
                row = int(np.argwhere(wrong)[0][0])
                raise KleiberError(f"{place}: {what} {row} is not finite; remove it or fill it in")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """A pool to train from, a validation set and a test set: disjoint by content, the last two fixed for a study.

    `fingerprint`: sha256, in hex, of task, classes, and each part's shapes, dtypes, examples and targets in order.
    `split_off`: the parts that were split off the source's train examples, whose `rows` count there. `unit`: what sizes
    count, such as "tokens"; empty for examples. `missing`: where features lack values, which are NaN; not saved.
    `duplicates`: counts of what was equal by content, by kind (see `_disjoint.py`); `notes` says them in sentences.
    """

    name: str
    task: Task
    classes: tuple[str, ...]
    train: Part
    validation: Part
    test: Part
    fingerprint: str
    duplicates: Mapping[str, int]
    notes: tuple[str, ...]
    split_off: tuple[str, ...] = ()
    unit: str = ""
    missing: str = ""

    @property
    def chance(self) -> dict[str, float]:
        """Give the loss of guessing, by metric, measured on the validation targets.

        Classification: `loss`, the mean negative log of the train class frequencies (nats), and `error`, that of always
        naming the most frequent class of train. Regression: `loss`, the mean squared error of always saying the mean of
        train, and `rmse`, its root. Empty where all targets are equal, since nothing can be guessed wrong there.
        """
        train, validation = self.train.y, self.validation.y
        if (train == train[0]).all():
            return {}
        if self.task == "regression":
            loss = float(np.mean((validation - train.mean()) ** 2))
            return {"loss": loss, "rmse": math.sqrt(loss)}
        frequency = np.bincount(train, minlength=len(self.classes)) / len(train)
        return {
            "loss": float(-np.log(frequency[validation]).mean()),
            "error": float(np.mean(validation != frequency.argmax())),
        }

    def save(self, folder: str | Path) -> Path:
        """Write the data as a folder that `Dataset.open` maps, and give its path.

        The folder appears whole or not at all. One that already holds this data is left as it is; one that holds
        anything else raises `KleiberError`. Raises `MachineError` where it cannot be written.
        """
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise KleiberError(f"{folder} is a file; a data set is saved as a folder, give another name")
        if folder.exists() and any(folder.iterdir()):
            if _read_description(folder)["fingerprint"] != self.fingerprint:
                raise KleiberError(f"{folder} holds another data set; give another folder, or remove that one")
            return folder
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            try:
                self._write(draft)
                if folder.exists():
                    folder.rmdir()  # empty, or it fails; some systems rename onto nothing that exists
                draft.replace(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as error:
            # Another process may have put the same data there in the meantime.
            if (folder / "dataset.json").is_file() and _read_description(folder)["fingerprint"] == self.fingerprint:
                return folder
            raise MachineError(f"cannot write the data set to {folder}: {error}") from error
        return folder

    @staticmethod
    def open(folder: str | Path) -> "Dataset":
        """Give the saved data set of a folder, its arrays mapped read-only from the files.

        Raises `KleiberError` where the folder is no saved data set, or is damaged.
        """
        folder = Path(folder)
        description = _read_description(folder)
        parts: dict[str, Part] = {}
        for label in PARTS:
            try:
                x, y, rows = (np.load(folder / f"{label}-{array}.npy", "r", allow_pickle=False) for array in ARRAYS)
            except (OSError, ValueError) as error:
                raise KleiberError(f"{folder} is damaged: {label}: {error}; save the data set again") from error
            if [list(x.shape), str(x.dtype), str(y.dtype)] != description["parts"][label]:
                raise KleiberError(f"{folder} is damaged: {label} is not as dataset.json says; save the data set again")
            besides: dict[str, Any] = {}
            if label == "train":
                besides = {"weights": _besides.read_weights(folder, description)}
            elif label == "test":
                besides = {"sources": _besides.read_sources(folder, description)}
            parts[label] = Part(x, y, rows, **besides)
        return Dataset(
            name=description["name"],
            task=description["task"],
            classes=tuple(description["classes"]),
            fingerprint=description["fingerprint"],
            duplicates=description["duplicates"],
            notes=tuple(description["notes"]),
            split_off=tuple(description.get("split_off", ())),
            unit=description.get("unit", ""),
            train=parts["train"],
            validation=parts["validation"],
            test=parts["test"],
        )

    def _write(self, folder: Path) -> None:
        parts = {label: getattr(self, label) for label in PARTS}
        for label, part in parts.items():
            for array in ARRAYS:
                np.save(folder / f"{label}-{array}.npy", getattr(part, array), allow_pickle=False)
        description = {
            "schema": _SCHEMA,
            "name": self.name,
            "task": self.task,
            "classes": list(self.classes),
            "fingerprint": self.fingerprint,
            "duplicates": dict(self.duplicates),
            "notes": list(self.notes),
            "split_off": list(self.split_off),
            "unit": self.unit,
            **_besides.write(folder, self.train.weights, self.test.sources),
            "parts": {label: [list(p.x.shape), str(p.x.dtype), str(p.y.dtype)] for label, p in parts.items()},
        }
        text = json.dumps(description, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "dataset.json").write_text(text, encoding="utf-8")


def fingerprint(task: str, classes: tuple[str, ...], parts: Mapping[str, Part]) -> str:
    """Give the sha256, in hex, of all that a result can depend on.

    One pixel, one target, another order, class name or dtype changes it; the byte order of the machine does not.
    """
    digest = hashlib.sha256(json.dumps([task, list(classes)]).encode())
    for label in PARTS:
        for axis, array in (("x", parts[label].x), ("y", parts[label].y)):
            portable = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            digest.update(json.dumps([label, axis, portable.dtype.str, list(portable.shape)]).encode())
            digest.update(portable.data)
    _besides.add_to(digest.update, parts["train"].weights, parts["test"].sources)
    return digest.hexdigest()


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _read_description(folder: Path) -> dict[str, Any]:
    try:
        description: dict[str, Any] = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KleiberError(f"{folder} is no saved data set: dataset.json: {error}") from error
    if not isinstance(description, dict) or description.get("schema") != _SCHEMA:
        raise KleiberError(f"{folder} is no saved data set of this version: dataset.json has no schema {_SCHEMA!r}")
    return description
