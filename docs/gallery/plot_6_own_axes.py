"""
On your own axes
================

``fc.plot(ax)`` draws into axes that you have made, beside whatever else is in your figure. For a figure all of your own,
take the numbers.
"""

import matplotlib.pyplot as plt
import numpy as np

import kleiber

fc = kleiber.forecast([200, 400, 800, 1600, 3200], [1.98, 1.79, 1.66, 1.51, 1.41])
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
fc.plot(left, log=False)
left.set_title("drawn by kleiber, plain axes")

# The posterior's methods take arrays, and never warn of sizes beyond the horizon.
n = np.geomspace(200, 25_600, 60)
for level, shade in ((0.9, 0.15), (0.5, 0.3)):
    low, high = fc.posterior.quantile(n, np.array([0.5 - level / 2, 0.5 + level / 2]), None).T
    right.fill_between(n, low, high, color="tab:purple", alpha=shade, label=f"{level:.0%} interval of the curve")
for curve in fc.draws(n, 12):
    right.plot(n, curve, color="tab:purple", linewidth=0.5)
right.plot(fc.curve.n, fc.curve.loss, "ko")
right.axvline(fc.horizon, color="grey", linestyle=":", label="horizon")
right.set(xscale="log", xlabel="training examples", ylabel="loss", title="drawn by hand, twelve draws")
right.legend()
figure.tight_layout()
