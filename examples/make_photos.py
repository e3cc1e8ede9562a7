"""A folder of photos to practise on: 6,000 vehicles of CIFAR-10, or the 5,000 digits that come with a package.

python make_photos.py photos            # CIFAR-10, where KLEIBER_DATA has it, or else fetched from its own address
python make_photos.py photos mnist5k    # without a network: handwritten digits (extra demo)

Writes photos/train/<class>/0001.png and so on, as a folder of your own would lie. The order is fixed.
"""

import sys
from pathlib import Path

from PIL import Image

from kleiber.datasets import load_dataset

VEHICLES = ("airplane", "automobile", "ship", "truck")


def main(folder, source="cifar10", each=1500):
    """Write at most `each` photos of each class, in the order of the data set."""
    dataset = load_dataset(source, seed=0, options={"validation": 0.01, "test": 0.01} if source == "mnist5k" else None)
    for label, name in enumerate(dataset.classes):
        if source == "cifar10" and name not in VEHICLES:
            continue
        place = Path(folder) / "train" / name
        place.mkdir(parents=True, exist_ok=True)
        chosen = dataset.train.x[dataset.train.y == label][: int(each)]
        for i, pixels in enumerate(chosen, start=1):
            Image.fromarray(pixels.squeeze()).save(place / f"{i:04}.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
