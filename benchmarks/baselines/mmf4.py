"""The Morgan-Mercer-Flodin curve of four parameters, loss = (a b + c n^d) / (b + n^d).

It falls from a at n = 0 to c, halfway at n = b^(1/d). It is among the forms of Viering and Loog 2021 (arXiv
2103.10948) and of Mohr et al. 2022 (LCDB), where it is one of the best on learning curves. They fit by least squares from
several starts; here these are a grid, and the squares are of the error of the log of the loss, which the benchmark scores.
"""

from itertools import product

import numpy as np
from scipy.special import expit

from benchmarks.baselines import best_fit

STARTS = tuple(product((0.3, 0.6, 1.2), (-2.0, 0.0)))  # d, and log(b / n_max^d): halfway below or at the largest size


def predict(n, loss, at):
    """Give the fitted curve at every size asked, b and d > 0; where c < 0 a prediction may be negative."""
    largest, tiny = np.max(n), 1e-9 * np.min(loss)
    t, log_loss = np.log(n / largest), np.log(loss)
    fitted = best_fit(
        lambda theta: np.log(np.maximum(curve(theta, t), tiny)) - log_loss,
        [start(t, loss, d, log_b) for d, log_b in STARTS],
        evaluations=100,
    )
    return curve(fitted, np.log(at / largest))


def curve(theta, t):
    """Give the loss `(k,)` at t = log(n / n_max) for theta = (a, log b, c, log d), b in units of n_max^d."""
    a, log_b, c, log_d = theta
    done = expit(np.exp(log_d) * t - log_b)  # n^d / (b + n^d)
    return a * (1 - done) + c * done


def start(t, loss, d, log_b):
    """Give a start with a and c by linear least squares on the relative error, given d and b."""
    done = expit(d * t - log_b)
    columns = np.stack([1 - done, done], axis=1) / loss[:, None]
    a, c = np.linalg.lstsq(columns, np.ones(len(loss)), rcond=None)[0]
    return np.array([a, log_b, c, np.log(d)])
