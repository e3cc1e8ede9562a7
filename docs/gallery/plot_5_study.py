"""
A study of your own function
============================

Any function that trains and measures can be studied. This one is a nearest-neighbour classifier in NumPy: kleiber draws
the subsets, looks for the best ``neighbours`` at each size, and scores the winner on fresh subsets.

The function stands in a file of its own, because workers import it.
"""

import inspect
import tempfile
from pathlib import Path

import nearest
import numpy as np

import kleiber

rng = np.random.default_rng(0)
y = rng.integers(0, 4, size=4000)
x = rng.normal(size=(4, 12))[y] * 0.6 + rng.normal(size=(4000, 12))
study = kleiber.Study(
    name="nearest",
    data=(x.astype(np.float32), y),
    trainer=nearest.train,
    sizes=[50, 100, 200, 400, 800, 1600],
    replicates=3,
    metric="error",
    search={"trials": 5, "space": {"neighbours": {"low": 1, "high": 25}}},
)
print(inspect.getsource(nearest))

# %%
# It is run, and continues where it stopped if you run it again with the same ledger.
ledger = kleiber.run_study(study, ledger=Path(tempfile.mkdtemp()) / "runs.db")
findings = kleiber.analyse(ledger, metric="error")
print(findings)

# %%
# The curve.
ax = kleiber.figure(findings.content["curves"][0])
ax.figure.set_size_inches(6.4, 4)
