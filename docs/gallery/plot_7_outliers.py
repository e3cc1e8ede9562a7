"""
A run that went wrong
=====================

One of three runs at 800 has learnt nothing. kleiber leaves it out, says so, and gives the forecast with it beside.
"""

import matplotlib.pyplot as plt
import numpy as np

import kleiber

n = np.repeat([100, 200, 400, 800, 1600, 3200], 3)
error = (n / 100.0) ** -0.35 * 0.5 * np.exp(0.02 * np.random.default_rng(0).normal(size=n.size))
error[10] = 0.75
fc = kleiber.forecast(n, error, replicate=[0, 1, 2] * 6, metric="error")
for outlier in fc.outliers:
    print(outlier)
for warning in fc.warnings:
    print(f"{warning.code}: {warning.message}")

# %%
# ``outliers="keep"`` keeps it. The forecast is then wider and higher.
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
for ax, how in zip(axes, ("robust", "keep"), strict=True):
    kleiber.forecast(n, error, replicate=[0, 1, 2] * 6, metric="error", outliers=how).plot(ax)
    ax.set_title(f'outliers="{how}"')
figure.tight_layout()
