"""fastai's CSVLogger: a file a run, appended to where a fit is done twice."""

import numpy as np
import torch
from fastai.callback.progress import CSVLogger
from fastai.data.core import DataLoaders
from fastai.learner import Learner

from study import DIVERGED, RESUMED, SEEDS, SIZES, folder, write_truth

torch.set_num_threads(1)
out = folder() / "runs"
out.mkdir(exist_ok=True)
rows = []


def points(n, seed):
    """Give points on a plane."""
    chance = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 4, generator=chance)
    return torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True))


for n in SIZES:
    for seed in SEEDS:
        torch.manual_seed(seed)
        train = torch.utils.data.DataLoader(points(n, seed), batch_size=50, shuffle=True)
        held = torch.utils.data.DataLoader(points(200, 99), batch_size=50)
        learner = Learner(DataLoaders(train, held), torch.nn.Linear(4, 1), loss_func=torch.nn.functional.mse_loss, path=out)
        for fit in range(2 if (n, seed) == RESUMED else 1):
            with learner.no_bar(), learner.no_logging():
                rate = 1e25 if (n, seed) == DIVERGED else 0.02
                learner.fit(4, rate, cbs=[CSVLogger(fname=f"n{n}-s{seed}.csv", append=fit > 0)])
        values = [float(row[1]) for row in learner.recorder.values]
        ended = bool(np.isfinite(values[-1]))
        rows.append({"n": n, "best": min(values) if ended else None, "last": values[-1] if ended else None})
write_truth(folder(), rows)
