"""skorch: histories saved as JSON; n is what was trained on, four fifths of what was given; one run goes on."""

import numpy as np
import torch
from skorch import NeuralNetRegressor

from study import DIVERGED, RESUMED, SEEDS, SIZES, folder, write_truth

out = folder() / "runs"
out.mkdir(exist_ok=True)
rows = []
for n in SIZES:
    for seed in SEEDS:
        torch.manual_seed(seed)
        x = np.random.default_rng(seed).normal(size=(n, 4)).astype("float32")
        net = NeuralNetRegressor(
            torch.nn.Linear, module__in_features=4, module__out_features=1, max_epochs=5, lr=0.05, verbose=0
        )
        if (n, seed) == DIVERGED:
            net.set_params(lr=1e30)
        net.fit(x, x.sum(1, keepdims=True))
        if (n, seed) == RESUMED:
            net.partial_fit(x, x.sum(1, keepdims=True))
        net.history.to_file(str(out / f"n{n}-s{seed}.json"))
        values = [float(value) for value in net.history[:, "valid_loss"]]
        ended = bool(np.isfinite(values[-1]))
        rows.append({"n": n * 4 // 5, "best": min(values) if ended else None, "last": values[-1] if ended else None})
write_truth(folder(), rows)
