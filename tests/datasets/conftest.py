import gzip
import io
import os
import struct
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kleiber.datasets import Part, Raw


@pytest.fixture
def real_data() -> Path:
    """The folder of the real data sets, beside the checkout unless KLEIBER_DATA says otherwise."""
    named = os.environ.get("KLEIBER_DATA")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folders = [Path(folder) for folder in named.split(os.pathsep)] if named else [beside]
    for folder in folders:
        if (folder / "fashion-mnist").is_dir():
            return folder
    pytest.skip(f"the real data sets are not in {folders}")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def write_images(rng: np.random.Generator) -> Callable[..., None]:
    """Writes one random image for each path of a list, below a folder."""

    def write(folder: Path, names: list[str], *, shape: tuple[int, ...] = (6, 5, 3)) -> None:
        for name in names:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(file)

    return write


@pytest.fixture
def make_raw(rng: np.random.Generator) -> Callable[..., Raw]:
    """Makes a `Raw` of random features: `make_raw(train=[0, 0, 1], test=[1, 0])`, a class index for each example."""

    def make(classes: int = 2, **parts: list[int]) -> Raw:
        made = {
            label: Part(rng.normal(size=(len(y), 3)).astype(np.float32), np.array(y, dtype=np.int64))
            for label, y in parts.items()
        }
        names = tuple(f"class{i}" for i in range(classes))
        return Raw(name="made", task="classification", classes=names, **made)

    return make


@pytest.fixture
def pack() -> Callable[[Path, Path], Path]:
    """Packs a folder into a tar.gz, below one folder of the same name."""

    def pack_folder(folder: Path, archive: Path) -> Path:
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(folder, arcname=folder.name)
        return archive

    return pack_folder


@pytest.fixture
def old_pickle() -> Callable[[np.ndarray, list[int]], bytes]:
    """Spells a CIFAR batch as Python 2 did: protocol 2, byte strings, numpy's old module names."""

    def text(value: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(value)) + value  # BINSTRING, which Python 3 no longer writes

    def spell(data: np.ndarray, labels: list[int]) -> bytes:
        rows, columns = data.shape
        array = (
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
            b"(K\x01" + b"J" + struct.pack("<i", rows) + b"J" + struct.pack("<i", columns) + b"\x86"
            b"cnumpy\ndtype\n" + text(b"u1") + b"K\x00K\x01\x87R"
            b"(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
            b"\x89" + text(data.tobytes()) + b"tb"
        )
        listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
        return b"\x80\x02}(" + text(b"data") + array + text(b"labels") + listed + b"u."

    return spell


@pytest.fixture
def write_idx() -> Callable[[Path, np.ndarray], None]:
    """Writes bytes as an idx file, gzipped where the name ends in .gz."""

    def write(file: Path, values: np.ndarray) -> None:
        head = b"\0\0\x08" + bytes([values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
        content = head + values.astype(np.uint8).tobytes()
        file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)

    return write


@pytest.fixture
def tar_of() -> Callable[[Path, Mapping[str, bytes]], Path]:
    """Writes an archive of given members, whatever their names."""

    def write(archive: Path, members: Mapping[str, bytes]) -> Path:
        with tarfile.open(archive, "w:gz") as tar:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return archive

    return write
