"""CIFAR-10: 50,000 train and 10,000 test photographs, 32x32 RGB, 10 balanced classes.

Source: A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, University of Toronto. Read from
the official Python batches (the folder `cifar-10-batches-py`, which torchvision has too, or cifar-10-python.tar.gz), or
from an image folder `{train,test}/<class>/` or its tar.gz. JPEG files are a lossy copy: results on them are called
"CIFAR-10 (JPEG)". No official validation set: it is split off train by the study's seed.
"""

import dataclasses
import io
import pickle
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._archive import members
from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._fetch import Remote, find
from kleiber.datasets._images import SUFFIXES
from kleiber.datasets.image_folder import load as load_folder
from kleiber.errors import KleiberError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
REMOTES = (Remote("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", "md5", "c58f30108f718f92721af3b95e74349a"),)

_TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
_BATCHES = (*_TRAIN, "test_batch")
_ARCHIVES = (".tar.gz", ".tgz", ".tar")
_COUNTS = {"train": 50_000, "test": 10_000}


def load(path: Path | None = None) -> Raw:
    """Give the images, `x` `(m, 32, 32, 3)`, of a folder or archive, or of where the named set lies.

    Raises `KleiberError` where the place holds none of the layouts above, and for a damaged file.
    """
    given = (
        find("cifar10", _holds_images, REMOTES, also=("cifar-10-batches-py", REMOTES[0].file_name))
        if path is None
        else path
    )
    place = _inner(given)
    if place is None:
        raise KleiberError(
            f"{given} holds no CIFAR-10: neither {_TRAIN[0]} and the other batches, nor {REMOTES[0].file_name}, nor "
            "train/ with class folders, nor a tar.gz of these"
        )
    suffix = _image_suffix(place)
    raw = _from_batches(place) if suffix is None else _from_images(place, suffix)
    off = [
        f"{label} examples: {len(part):,} instead of the canonical {_COUNTS[label]:,}"
        for label, part in raw.parts().items()
        if label in _COUNTS and len(part) != _COUNTS[label]
    ]
    return dataclasses.replace(raw, notes=(*raw.notes, *off))


def _holds_images(path: Path) -> bool:
    return _inner(path) is not None


def _inner(path: Path) -> Path | None:
    """Give the folder of batches, the image folder or the archive that lies at or in a place; None where none does."""
    if path.is_file():
        return path if path.name.endswith(_ARCHIVES) else None
    for folder in (path, path / "cifar-10-batches-py", path / "cifar10"):
        if (folder / _TRAIN[0]).is_file() or (folder / "train").is_dir():
            return folder
    named = path / REMOTES[0].file_name
    archives = [named] if named.is_file() else sorted(p for p in path.glob("*") if p.name.endswith(_ARCHIVES))
    return archives[0] if len(archives) == 1 else None


def _image_suffix(place: Path) -> str | None:
    """Give the suffix of the first image of a folder or archive; None where it holds the batches."""
    if place.is_dir():
        names: Iterable[PurePosixPath] = (PurePosixPath(p.name) for p in (place / "train").rglob("*"))
        if (place / _TRAIN[0]).is_file():
            return None
    else:
        names = (name for name, _ in members(place))
    for name in names:
        if name.name in _BATCHES:
            return None
        if name.suffix.lower() in SUFFIXES:
            return name.suffix.lower()
    raise KleiberError(f"{place} holds neither the CIFAR-10 batches nor images")


def _from_images(place: Path, suffix: str) -> Raw:
    raw = load_folder(place, mode="RGB")
    if raw.classes != CLASSES:
        raise KleiberError(f"{place}: the class folders are {', '.join(raw.classes)}; CIFAR-10 has {', '.join(CLASSES)}")
    lossy = suffix in (".jpg", ".jpeg")
    note = ("the images are JPEG files, a lossy copy of CIFAR-10",) if lossy else ()
    return dataclasses.replace(raw, name="CIFAR-10 (JPEG)" if lossy else "CIFAR-10", notes=(*note, *raw.notes))


def _from_batches(place: Path) -> Raw:
    files: dict[str, bytes] = {}
    if place.is_dir():
        files = {name: (place / name).read_bytes() for name in _BATCHES if (place / name).is_file()}
    else:
        files = {name.name: content for name, content in members(place) if name.name in _BATCHES}
    if missing := [name for name in _BATCHES if name not in files]:
        raise KleiberError(f"{place} has no {missing[0]}; unpack cifar-10-python.tar.gz anew")
    batches = {name: _batch(files[name], f"{place}: {name}") for name in _BATCHES}
    train = [batches[name] for name in _TRAIN]
    return Raw(
        name="CIFAR-10",
        task="classification",
        classes=CLASSES,
        train=Part(np.concatenate([x for x, _ in train]), np.concatenate([y for _, y in train])),
        test=Part(*batches["test_batch"]),
    )


def _batch(content: bytes, place: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Give images `(m, 32, 32, 3)` and labels `(m,)` of a batch: a dictionary with `data` `(m, 3072)` and `labels`."""
    try:
        batch = _BatchUnpickler(io.BytesIO(content), encoding="latin1").load()
        data, labels = batch["data"], np.array(batch["labels"], dtype=np.int64)
    except KleiberError as error:
        raise KleiberError(f"{place}: {error}") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to spell
        raise KleiberError(f"{place} is damaged ({type(error).__name__}: {error}); unpack the archive anew") from error
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape != (len(labels), 3072) or labels.ndim != 1:
        raise KleiberError(f"{place}: rows of 3,072 bytes and as many labels are expected; unpack the archive anew")
    if not ((labels >= 0) & (labels < len(CLASSES))).all():
        raise KleiberError(f"{place}: a label outside 0 to 9; unpack the archive anew")
    return np.ascontiguousarray(data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels


class _BatchUnpickler(pickle.Unpickler):
    """Reads the official batches, which are pickles, and nothing else: only what an array of numbers is made of."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = {
            ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
            ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): _latin1,
        }
        if (module, name) not in allowed:
            raise KleiberError(f"it asks for {module}.{name}, which no CIFAR-10 batch does; the file is not used")
        return allowed[module, name]


def _latin1(text: str, encoding: str) -> bytes:
    """Give the bytes that Python 3 writes as text into old pickles; the one use of `_codecs.encode` that is allowed."""
    if encoding != "latin1":
        raise KleiberError(f"it asks for the codec {encoding!r}, which no CIFAR-10 batch does; the file is not used")
    return text.encode("latin1")
