"""Keras' CSVLogger on the PyTorch backend: append=True for the run that is fitted twice."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

from study import DIVERGED, RESUMED, SEEDS, SIZES, folder, write_truth

out = folder() / "logs"
out.mkdir(exist_ok=True)
chance = np.random.default_rng(0)
held = chance.normal(size=(200, 4))
rows = []


class Breaks(keras.callbacks.Callback):
    """Makes the weights NaN after the third epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            self.model.set_weights([w * np.nan for w in self.model.get_weights()])


for n in SIZES:
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        x = np.random.default_rng(seed).normal(size=(n, 4))
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
        history = {}
        path = str(out / f"n{n}-s{seed}.csv")
        for fit in range(2 if (n, seed) == RESUMED else 1):
            callbacks = [keras.callbacks.CSVLogger(path, append=fit > 0)]
            callbacks += [Breaks()] if (n, seed) == DIVERGED else []
            history = model.fit(
                x, x.sum(1), validation_data=(held, held.sum(1)), epochs=6, batch_size=50, verbose=0, callbacks=callbacks
            ).history
        values = [float(value) for value in history["val_loss"]]
        ended = bool(np.isfinite(values[-1]))
        rows.append({"n": n, "best": min(values) if ended else None, "last": values[-1] if ended else None})
write_truth(folder(), rows)
