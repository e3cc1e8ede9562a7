"""The 1,797 handwritten digits that come with scikit-learn: 8x8 grey images, 10 classes, nearly balanced.

Source: E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
its test part; scikit-learn carries it as `sklearn.datasets.load_digits`. No official split: it is split by the study's
seed. Licence: CC BY 4.0. The pixels 0 to 16 are stretched to 0 to 255, one value to one.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from kleiber.datasets._dataset import Part, Raw
from kleiber.errors import KleiberError


def load(path: Path | None = None) -> Raw:
    """Give the digits, `x` `(1797, 8, 8, 1)`; they come with the package, so a path is an error."""
    if path is not None:
        raise KleiberError(f"digits come with scikit-learn: leave the path {path} out")
    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    return Raw(
        name="digits",
        task="classification",
        classes=tuple(str(digit) for digit in range(10)),
        train=Part(pixels, bunch.target.astype(np.int64)),
    )
