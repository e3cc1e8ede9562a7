"""The first look on CIFAR-10: seconds, how straight its line is, and its forecast of the largest size from small ones.

    python -m benchmarks.preview

The sizes are those of the preset `origin` up to 12,800. The line is least squares of log loss on log n over size means; the
forecast is that of 12,800 from the runs up to 3,200, beside what was measured.

Result of 2026-11-26, two cores of an AMD EPYC, PyTorch not used (the same on a slower x86_64 in 57.2 s, the data in 25.3):

    CIFAR-10 (JPEG): data in 10.7 s, the look in 14.3 s, 17 runs, {'width': 1.0, 'ridge': 1.0}
    loss: 200 1.7186, 400 1.5814, 800 1.4200, 1,600 1.2930, 3,200 1.1875, 6,400 1.0805, 12,800 0.9962
    log-log r2 0.99892
    12,800 from sizes up to 3,200: 0.9831 (90 % interval 0.9408 to 1.0514), measured 0.9962: -1.32%; 25.0 s in all
"""

import time

import numpy as np

from kleiber import forecast, preset
from kleiber.command.first_look import columns
from kleiber.study.prepare import prepare
from kleiber.study.preview import preview

UP_TO, FROM = 12_800, 3200


def main() -> None:
    """Print what the first look took and what it is worth."""
    started = time.monotonic()
    dataset, plan = prepare(preset("origin", max_n=UP_TO))
    loaded = time.monotonic() - started
    look = preview(plan, dataset)
    table = {key: np.array(values) for key, values in columns(look).items()}
    means = np.array([table["loss"][table["n"] == n].mean() for n in look.sizes])
    r = np.corrcoef(np.log(look.sizes), np.log(means))[0, 1]
    print(f"{dataset.name}: data in {loaded:.1f} s, the look in {look.seconds:.1f} s, {len(look.rows)} runs, {look.chosen}")
    print("loss:", ", ".join(f"{n:,} {mean:.4f}" for n, mean in zip(look.sizes, means, strict=True)))
    print(f"log-log r2 {r**2:.5f}")
    seen = table["n"] <= FROM
    fc = forecast(table["n"][seen], table["loss"][seen], replicate=table["replicate"][seen])
    low, high = fc.quantile(UP_TO, [0.05, 0.95])
    median, measured = fc.median(UP_TO), means[-1]
    print(
        f"{UP_TO:,} from sizes up to {FROM:,}: {median:.4f} (90 % interval {low:.4f} to {high:.4f}), measured "
        f"{measured:.4f}: {median / measured - 1:+.2%}; {time.monotonic() - started:.1f} s in all"
    )


if __name__ == "__main__":
    main()
