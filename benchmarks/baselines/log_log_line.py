"""A pure power law, loss = a n^-b, fitted as a straight line.

Least squares of log loss on log n: the estimator M1 of Alabdulmohsin et al. 2022 (arXiv 2209.06640), and the fit of
Hestness et al. 2017 (arXiv 1712.00409) without a floor.
"""

import numpy as np


def predict(n, loss, at):
    """Give a n^-b at every size asked; the slope may be positive where the losses rise."""
    slope, level = np.polyfit(np.log(n), np.log(loss), 1)
    return np.exp(level + slope * np.log(at))
