"""SST-2 by n-grams and by a frozen backbone (wordllama): which is better from where, forecast from 3,200, then measured.

Result, 2026-11-29, two busy cores of an AMD EPYC: means of three runs; the phrases of SST-2's train part alone, a tenth of
them as test set. Processor time to the forecast: 6 s and 7 s.

                 ngrams                              wordllama
    n            forecast (90 % interval)  measured  forecast (90 % interval)  measured
       200                                    0.399                               0.325
       400                                    0.365                               0.294
       800                                    0.328                               0.272
     1,600                                    0.278                               0.259
     3,200                                    0.234                               0.256
     6,400       0.199 (0.186 to 0.213)       0.185  0.238 (0.223 to 0.255)       0.246
    12,800       0.169 (0.150 to 0.190)       0.140  0.227 (0.209 to 0.247)       0.241
    25,600       0.144 (0.120 to 0.173)       0.108  0.217 (0.196 to 0.241)       0.235
    51,200       0.124 (0.096 to 0.163)       0.081  0.208 (0.184 to 0.237)       0.235

The backbone is better up to 1,600 phrases, n-grams from 3,200 on, as the comparison from 3,200 says.
The n-grams' error falls faster than forecast: none of their 4 sizes, but all 4 of wordllama's, lie in their 90 % interval.
The phrases are parts of the same sentences, so that the larger the training set, the more of a test phrase it has seen.
"""

import gzip
import os
import tempfile
import time
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import kleiber

DATA = Path(os.environ.get("KLEIBER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "sst2"
SIZES = [200, 400, 800, 1600, 3200]
LATER = [6400, 12800, 25600, 51200]
MODELS = {"ngrams": ("sklearn", f"{Path(__file__).resolve()}:ngrams"), "wordllama": ("features", "wordllama")}


def ngrams():
    """Give a logistic regression on words and pairs of words."""
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10.0, max_iter=1000))


def study(file: Path, name: str, sizes) -> kleiber.Study:
    trainer, module = MODELS[name]
    data = {
        "source": "text",
        "path": str(file),
        "text": "sentence",
        "task": "classification",
        "test": 0.1,
        "validation": 0.1,
    }
    return kleiber.Study(name=name, data=data, trainer=trainer, module=module, sizes=sizes, metric="error", replicates=3)


def main() -> None:
    """Forecast from 3,200 phrases, compare, and then measure."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        file = Path(folder) / "sst2.tsv"
        file.write_bytes(gzip.decompress((DATA / "train.tsv.gz").read_bytes()))
        forecasts = {}
        for name in MODELS:
            started = time.process_time()
            kleiber.run_study(study(file, name, SIZES), f"{folder}/{name}.db")
            forecasts[name] = kleiber.forecast(f"{folder}/{name}.db", metric="error")
            print(f"{name}: {time.process_time() - started:.0f} s of the processor to its forecast", flush=True)
        print(kleiber.compare({name: fc.curve for name, fc in forecasts.items()}), flush=True)
        for name, fc in forecasts.items():
            for n, mean in zip(fc.measured.n, fc.measured.mean, strict=True):
                print(f"{name:10} {n:6.0f}: measured {mean:.3f}")
            ledger = kleiber.run_study(study(file, name, LATER), f"{folder}/{name}-later.db")
            for n in LATER:
                rows = [row["test"]["error"] for row in ledger.export(name) if row["n"] == n]
                low, high = fc.quantile(n, [0.05, 0.95])
                said = f"forecast {fc.median(n):.3f} ({low:.3f} to {high:.3f})"
                print(f"{name:10} {n:6}: {said}, measured {sum(rows) / len(rows):.3f}", flush=True)


if __name__ == "__main__":
    main()
