"""Nothing gets better any more: the loss stays at its last observed value."""

import numpy as np


def predict(n, loss, at):
    """Give the loss at the largest size, for every size asked; of several there, the last in the order given."""
    latest = np.argsort(n, kind="stable")[-1]
    return np.full(len(at), loss[latest])
