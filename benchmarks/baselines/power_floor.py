"""A power law with a constant, loss = c + a n^-b with a, b, c > 0.

The form of Hestness et al. 2017 (arXiv 1712.00409) and the estimator M2 of Alabdulmohsin et al. 2022 (arXiv 2209.06640),
by least squares on the log of the loss.
"""

import numpy as np

from benchmarks.baselines import best_fit

SHARES = (0.1, 0.5, 0.9)  # of the smallest loss, where the constant starts


def predict(n, loss, at):
    """Give c + a n^-b at every size asked, fitted from three starts of c, each with its least-squares line."""
    largest = np.max(n)
    t, log_loss = np.log(n / largest), np.log(loss)
    fitted = best_fit(
        lambda theta: np.log(curve(theta, t)) - log_loss,
        [start(t, loss, share * np.min(loss)) for share in SHARES],
        evaluations=400,
    )
    return curve(fitted, np.log(at / largest))


def curve(theta, t):
    """Give the loss `(k,)` at t = log(n / n_max) for theta = (log a, log b, log c)."""
    log_a, log_b, log_c = theta
    return np.exp(log_c) + np.exp(log_a - np.exp(log_b) * t)


def start(t, loss, c):
    slope, level = np.polyfit(t, np.log(loss - c), 1)
    return np.array([level, np.log(max(-slope, 0.01)), np.log(c)])
