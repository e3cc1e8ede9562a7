"""Fashion-MNIST: 60,000 train and 10,000 test images of clothes, 28x28 grey, 10 balanced classes.

Source: H. Xiao, K. Rasul, R. Vollgraf (2017), arXiv 1708.07747; MIT licence. Read from the four idx files, gzipped or
not, in the folder itself, in `raw` or in torchvision's `FashionMNIST/raw`. No official validation set: it is split off
train by the study's seed.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._fetch import Remote, find
from kleiber.errors import KleiberError

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
MOST = 512 << 20  # bytes of an idx file, unpacked
STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

_ADDRESS = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
REMOTES = tuple(Remote(f"{_ADDRESS}{stem}.gz", "md5", digest) for stem, digest in zip(STEMS, _MD5, strict=True))


def load(path: Path | None = None) -> Raw:
    """Give the images, `x` `(m, 28, 28, 1)`, of the folder `path`, or of where the named set lies.

    Raises `KleiberError` where a file is missing, damaged, or no idx file of bytes.
    """
    folder = find("fashion_mnist", _holds_files, REMOTES, also=("FashionMNIST",)) if path is None else path
    train_x, train_y, test_x, test_y = (read_idx(_file(folder, stem)) for stem in STEMS)
    for label, x, y in (("train", train_x, train_y), ("t10k", test_x, test_y)):
        if x.ndim != 3 or y.shape != x.shape[:1]:
            raise KleiberError(f"{folder}: {label}: images {x.shape} and labels {y.shape} do not go together")
    return Raw(
        name="Fashion-MNIST",
        task="classification",
        classes=CLASSES,
        train=Part(train_x[..., np.newaxis], train_y.astype(np.int64)),
        test=Part(test_x[..., np.newaxis], test_y.astype(np.int64)),
    )


def read_idx(file: Path) -> NDArray[np.uint8]:
    """Give the array of an idx file of unsigned bytes, gzipped where the name ends in .gz.

    The format (Y. LeCun, MNIST): two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension
    as a big-endian 32-bit integer, then the values.
    """
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            content = stream.read(MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise KleiberError(f"{file}: {error}; fetch it again") from error
    if len(content) > MOST:
        raise KleiberError(f"{file} has more than {MOST:,} bytes, which is no idx file of small images; fetch it again")
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise KleiberError(f"{file} is no idx file of bytes: it begins with {content[:4].hex(' ') or 'nothing'}")
    dimensions, start = content[3], 4 + 4 * content[3]
    if len(content) < start:
        raise KleiberError(f"{file} ends within its head of {dimensions} dimensions; fetch it again")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise KleiberError(f"{file}: {len(content) - start:,} values, but its head says {shape}; fetch it again")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _file(folder: Path, stem: str) -> Path:
    for place in (folder, folder / "raw", folder / "FashionMNIST" / "raw"):
        for file in (place / stem, place / f"{stem}.gz"):
            if file.is_file():
                return file
    raise KleiberError(f"{folder} has no file {stem} or {stem}.gz, nor has its folder raw; put it there")


def _holds_files(folder: Path) -> bool:
    try:
        return all(_file(folder, stem).is_file() for stem in STEMS)
    except KleiberError:
        return False
