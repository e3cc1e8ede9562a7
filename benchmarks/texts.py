"""SST-2 by n-grams and by a frozen backbone (wordllama): which is better from where, forecast from 3,200, then measured.

    python -m benchmarks.texts [--phrases]

Result, 2026-11-29, two very busy cores of an AMD EPYC: means of three runs. The phrases of SST-2's train part are parts of
6,886 sentences; the phrases of a tenth of the sentences are the test set. Processor time to the forecast: 5 s and 8 s.

                 ngrams                              wordllama
    n            forecast (90 % interval)  measured  forecast (90 % interval)  measured
       200                                    0.416                               0.319
       400                                    0.378                               0.299
       800                                    0.343                               0.287
     1,600                                    0.305                               0.275
     3,200                                    0.271                               0.266
     6,400       0.243 (0.231 to 0.255)       0.241  0.253 (0.241 to 0.265)       0.256
    12,800       0.219 (0.200 to 0.233)       0.211  0.242 (0.228 to 0.256)       0.250
    25,600       0.199 (0.171 to 0.217)       0.195  0.232 (0.217 to 0.250)       0.248
    51,200       0.182 (0.147 to 0.205)       0.181  0.223 (0.206 to 0.245)       0.246

The backbone is better up to 3,200 phrases, n-grams from 6,400 on, as the comparison from 3,200 says. All 4 sizes of n-grams
and 3 of 4 of wordllama lie in their 90 % interval; the last one misses it by 0.001.

--phrases draws the test set from all phrases, whatever their sentence. All 4 forecasts of n-grams are then too high: 0.124
(0.096 to 0.163) at 51,200, measured 0.081. The model and its settings are the same, so that the split alone is the cause:
the larger the training set, the more it holds of a test phrase's own sentence, and the easier the test set gets. Nothing in
the smaller sizes tells so. Data that are parts of something need a group.
"""

import csv
import gzip
import os
import sys
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


def sentences(phrases: list[str]) -> list[int]:
    """Give the sentence of each phrase: that of the longest phrase that holds it, found by the words it begins with."""
    found, starts = list(range(len(phrases))), {}
    for i in sorted(found, key=lambda i: -len(phrases[i])):
        words = phrases[i].split()
        holder = next((j for j in starts.get(tuple(words[:4]), ()) if phrases[i] in phrases[j]), None)
        if holder is not None:
            found[i] = holder
            continue
        for many in range(1, 5):
            for first in range(len(words) - many + 1):
                starts.setdefault(tuple(words[first : first + many]), []).append(i)
    return found


def write_table(file: Path) -> None:
    """Write the distinct phrases with their labels, and the sentence that each is a part of."""
    lines = gzip.decompress((DATA / "train.tsv.gz").read_bytes()).decode().splitlines()[1:]
    labels = {phrase.strip(): label for label, _, phrase in (line.partition("\t") for line in lines)}
    rows = zip(labels.values(), labels, sentences(list(labels)), strict=True)
    with file.open("w", newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows([("label", "sentence", "whole"), *rows])


def study(file: Path, name: str, sizes, by_sentence: bool) -> kleiber.Study:
    trainer, module = MODELS[name]
    data = {
        "source": "text",
        "path": str(file),
        "text": "sentence",
        **({"group": "whole"} if by_sentence else {}),
        "task": "classification",
        "test": 0.1,
        "validation": 0.1,
    }
    return kleiber.Study(name=name, data=data, trainer=trainer, module=module, sizes=sizes, metric="error", replicates=3)


def main() -> None:
    """Forecast from 3,200 phrases, compare, and then measure: parts of other sentences, or with --phrases any others."""
    by_sentence = "--phrases" not in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        file = Path(folder) / "sst2.tsv"
        write_table(file)
        forecasts = {}
        for name in MODELS:
            started = time.process_time()
            kleiber.run_study(study(file, name, SIZES, by_sentence), f"{folder}/{name}.db")
            forecasts[name] = kleiber.forecast(f"{folder}/{name}.db", metric="error")
            print(f"{name}: {time.process_time() - started:.0f} s of the processor to its forecast", flush=True)
        print(kleiber.compare({name: fc.curve for name, fc in forecasts.items()}), flush=True)
        for name, fc in forecasts.items():
            for n, mean in zip(fc.measured.n, fc.measured.mean, strict=True):
                print(f"{name:10} {n:6.0f}: measured {mean:.3f}")
            ledger = kleiber.run_study(study(file, name, LATER, by_sentence), f"{folder}/{name}-later.db")
            for n in LATER:
                rows = [row["test"]["error"] for row in ledger.export(name) if row["n"] == n]
                low, high = fc.quantile(n, [0.05, 0.95])
                said = f"forecast {fc.median(n):.3f} ({low:.3f} to {high:.3f})"
                print(f"{name:10} {n:6}: {said}, measured {sum(rows) / len(rows):.3f}", flush=True)


if __name__ == "__main__":
    main()
