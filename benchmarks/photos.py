"""A folder of 1,500 photos to a forecast by the trainer features: how long, and how well is 6,000 and 12,000 forecast?

Result, 2026-11-29, CIFAR-10 (JPEG), two cores of an AMD EPYC that had other work too. From folder to forecast: 63 s of the
wall and 42 s of the processor at a load of 6; 504 and 82 s at a load of 16, with the same errors. Besides the 1,500 photos
500 are looked at for validation and 1,000 as test.

         n  error (means of three runs)
       100  0.438
       200  0.379
       400  0.349
       800  0.316
     1,500  0.301
     6,000  forecast 0.259, 90 % interval 0.231 to 0.286, made before looking; measured 0.258
    12,000  forecast 0.245, 90 % interval 0.208 to 0.280, made before looking; measured 0.247
"""

import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import kleiber

ARCHIVE = Path(os.environ.get("KLEIBER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "cifar10"
SIZES = [100, 200, 400, 800, 1500]
LATER = [6000, 12000]
PARTS = {"validation": 50, "test": 100}  # images of each class


def folder_of(place: Path, pool: int) -> Path:
    """Write a folder with `pool` training images, and validation and test images that are the same for each pool."""
    with tarfile.open(ARCHIVE / "cifar10-jpeg.tar.gz") as archive:
        for member in archive:
            _, part, label, name = (*member.name.split("/"), "", "", "")[:4]
            number = int(name[:4]) if name else -1
            if part == "train" and 0 <= number < pool // 10:
                where = "train"
            elif part == "test" and 0 <= number < sum(PARTS.values()):
                where = "validation" if number < PARTS["validation"] else "test"
            else:
                continue
            file = place / where / label / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(archive.extractfile(member).read())
    return place


def study(folder: Path, sizes) -> kleiber.Study:
    return kleiber.Study(
        data=str(folder), trainer="features", module="efficientnet-lite0", sizes=sizes, metric="error", replicates=3
    )


def errors(ledger, n):
    return [row["test"]["error"] for row in ledger.export("study") if row["n"] == n]


def main() -> None:
    """Time folder to forecast, then measure what was forecast."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = f"{name}/cache"
        small = folder_of(Path(name) / "small", 1500)
        started, processor = time.perf_counter(), time.process_time()
        ledger = kleiber.run_study(study(small, SIZES), Path(name) / "small.db")
        fc = kleiber.forecast(Path(name) / "small.db", metric="error")
        took = time.perf_counter() - started, time.process_time() - processor
        print(f"folder to forecast: {took[0]:.0f} s of the wall, {took[1]:.0f} s of the processor", flush=True)
        for n in SIZES:
            print(f"n = {n:6,}: error {sum(errors(ledger, n)) / 3:.3f}", flush=True)
        for n in LATER:
            print(f"n = {n:6,}: forecast {fc.median(n):.3f}, 90 % {fc.quantile(n, 0.05):.3f} to {fc.quantile(n, 0.95):.3f}")
        sys.stdout.flush()
        large = folder_of(Path(name) / "large", LATER[-1])
        ledger = kleiber.run_study(study(large, LATER), Path(name) / "large.db")
        for n in LATER:
            print(f"n = {n:6,}: measured {sum(errors(ledger, n)) / 3:.3f}", flush=True)


if __name__ == "__main__":
    main()
