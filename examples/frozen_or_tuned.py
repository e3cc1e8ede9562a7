"""A pretrained backbone left as it is, or trained whole: the same study by two trainers, and from which size on which pays.

pip install 'kleiber[features]'
python make_photos.py photos
python frozen_or_tuned.py photos
"""

import sys

import kleiber

SIZES = [50, 100, 200, 400]
TRAINERS = {"frozen": "features", "tuned": "finetune"}


def study(folder, name, sizes=SIZES):
    """Give the study of a folder of photos; all but the trainer and its settings is the same for both."""
    training = {"pixels": 64} | ({"epochs": 6, "patience": 6} if name == "tuned" else {})
    return kleiber.Study(
        name=name,
        data={"source": str(folder), "test": 0.2, "validation": 0.1},
        trainer=TRAINERS[name],
        module="efficientnet-lite0",
        sizes=sizes,
        replicates=2,
        metric="error",
        training=training,
    )


def main(folder, ledgers=".", sizes=SIZES):
    """Run both where they have not run yet, and compare them; give the comparison."""
    for name in TRAINERS:
        kleiber.run_study(study(folder, name, sizes), f"{ledgers}/{name}.db")
    curves = {name: kleiber.forecast(f"{ledgers}/{name}.db", metric="error").curve for name in TRAINERS}
    found = kleiber.compare(curves)
    print(found)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
