"""How much faster one call for many curves is than a call for each: `python -m benchmarks.batch_speed`.

Last run 2026-11-29, one of two cores that eight people used: 8 sizes 3.30, 12 sizes 3.92, 25 sizes 3.53, 50 sizes 3.69
times as fast (before curves were judged together 2.58, 2.50, 2.01 and 1.68 on the same machine, with 200 curves).

Simulated power laws with floor, 2 % noise, one run a size; single calls and the batch in turn, three times, medians. It is
processor time, which tells the same on a machine that others use.
"""

import argparse
import statistics
import time

import numpy as np

import kleiber


def curves(count: int, sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    chance = np.random.default_rng(sizes)
    n = np.unique(np.round(np.geomspace(100, 1e5, sizes))).astype(float)
    return [(n, (0.1 + 0.9 * (n / 100) ** -0.3) * (1 + 0.02 * chance.normal(size=len(n)))) for _ in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--curves", type=int, default=1000)
    count = parser.parse_args().curves
    for sizes in (8, 12, 25, 50):
        cases, single, batch = curves(count, sizes), [], []
        kleiber.forecast_many(cases[:2])
        for _ in range(3):
            start = time.process_time()
            for n, loss in cases:
                kleiber.forecast(n, loss)
            middle = time.process_time()
            kleiber.forecast_many(cases)
            single.append((middle - start) / count * 1e3)
            batch.append((time.process_time() - middle) / count * 1e3)
        ratio = statistics.median(s / b for s, b in zip(single, batch, strict=True))
        print(
            f"{sizes} sizes: {statistics.median(single):.2f} ms a call, {statistics.median(batch):.2f} ms a curve in one "
            f"call of {count}, ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
