"""The estimator M4, (loss - e_inf) / (e0 - loss)^alpha = beta n^-c: a sigmoid from e0, the level of chance, to e_inf.

Alabdulmohsin, Neyshabur and Zhai 2022 (arXiv 2209.06640). As there: the squared error of the log of the loss and a
local search of few steps. The benchmark does not say what chance gives, so that e0 is learnt, above the largest loss. They
alternate between blocks of parameters; here all move at once, in twenty steps from two starts, with the loss found by
solving the equation. Ten or thirty steps change the mean RMSLE on IC by less than .001.
"""

import numpy as np
from scipy.special import expit, log_expit

from benchmarks.baselines import best_fit

ALPHA, SHARE, EXCESS = 0.5, (0.3, 0.8), 0.1  # the start: alpha, e_inf / smallest loss, e0 / largest loss - 1
STEPS = 20


def predict(n, loss, at):
    """Give the fitted law at every size asked, with alpha, beta, c > 0 and e_inf between 0 and the smallest loss."""
    largest, ends = np.max(n), (np.min(loss), np.max(loss))
    t, log_loss = np.log(n / largest), np.log(loss)
    free = np.full(5, np.inf)
    fitted = best_fit(
        lambda theta: np.log(curve(theta, t, ends)) - log_loss,
        [start(t, loss, share) for share in SHARE],
        evaluations=STEPS,
        bounds=(-free, free),
    )
    return curve(fitted, np.log(at / largest), ends)


def start(t, loss, share):
    """Give a start with log beta and c by least squares, given alpha, e_inf and e0."""
    e_inf, e0 = share * np.min(loss), (1 + EXCESS) * np.max(loss)
    slope, level = np.polyfit(t, np.log(loss - e_inf) - ALPHA * np.log(e0 - loss), 1)
    return np.array([level, np.log(max(-slope, 0.02)), np.log(share / (1 - share)), np.log(ALPHA), np.log(EXCESS)])


def curve(theta, t, ends):
    """Give the loss at t = log(n / n_max); theta = (log beta, log c, logit e_inf / least, log alpha, log e0 / most - 1)."""
    least, most = ends
    e_inf, alpha, e0 = least * expit(theta[2]), np.exp(theta[3]), most * (1 + np.exp(theta[4]))
    return solved(theta[0] - np.exp(theta[1]) * t, e_inf, e0, alpha)


def solved(right, e_inf, e0, alpha):
    """Give the loss where log(loss - e_inf) - alpha log(e0 - loss) = right, by Newton's method in its logit u.

    With loss = e_inf + (e0 - e_inf) expit(u) the left side is log expit(u) - alpha log expit(-u) and a constant, nearly
    straight on both sides.
    """
    right = right - (1 - alpha) * np.log(e0 - e_inf)
    u = np.where(right < 0, right, right / max(alpha, 0.05))
    for _ in range(12):
        off = log_expit(u) - alpha * log_expit(-u) - right
        u = u - np.clip(off / (expit(-u) + alpha * expit(u) + 1e-9), -8, 8)
    return e_inf + (e0 - e_inf) * expit(u)
