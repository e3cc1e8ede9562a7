"""What driver and adapter cost in a trial: each framework alone, in turn with the trials of a study in the same process.

    python -m benchmarks.frameworks [lightning] [monitored] [huggingface] [keras]

Each trial of a study is followed by the framework alone: the same net, examples and epochs, as its user writes it. Both
sides validate after each epoch, and measure the test set once at the end. Alone that is the framework's own loop. In a
study it is kleiber's, which measures cross-entropy and error, keeps the best weights, and writes the ledger. `monitored` is
a Lightning module whose scheduler listens to its own validation, so that in a study both loops run.

All is timed in one warm process, in seconds of the processor. The first pair is warm-up. The epochs are set so that the
framework alone takes about one second. "once" are import and start, which no trial pays for.

Result, 2026-11-29, two cores of an AMD EPYC at a load of 2, 13 pairs. The aim is 5 % of a trial of one second.

    lightning    alone 1.010, in a study 0.866: it adds -14.5 % (90 % interval -15.0 to -13.6)
    monitored    alone 0.981, in a study 1.061: it adds 7.0 % (5.3 to 9.2), which misses the aim
    huggingface  alone 0.917, in a study 0.883: it adds -3.9 % (-5.8 to -3.0)
    keras        alone 1.428, in a study 1.335: it adds -6.8 % (-9.3 to -1.3)

A module's own validation took 0.27 s of 1.57 s alone, and kleiber's 0.05 s. A callback of kleiber's, asked at some ten
places of every step, had made `monitored` take 11.3 % more (7.9 to 21.7). Hugging Face had added 0.096 s before its
examples were laid out once a trial.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import binom

import kleiber
from kleiber.datasets import load_dataset
from kleiber.ladder import order
from kleiber.trainers import get_ready

HERE = Path(__file__).resolve()
N, TRIALS, BATCH, AT_ONCE = 640, 14, 32, 256
EPOCHS = {"lightning": 80, "monitored": 80, "huggingface": 46, "keras": 44}  # about one second by the framework alone
TRAINER = {"monitored": "lightning"}  # where the net has another name than its trainer
WIDTH = 32  # a small net: what a study adds does not grow with it


def lightning(width=WIDTH, monitored=False):
    import pytorch_lightning as pl
    import torch
    from torch import nn
    from torch.nn import functional

    class Net(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(
                nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
            )

        def forward(self, x):
            return self.layers(x)

        def training_step(self, batch):
            return functional.cross_entropy(self(batch[0]), batch[1])

        def validation_step(self, batch):
            self.log("val_loss", functional.cross_entropy(self(batch[0]), batch[1]))

        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.05)
            if not monitored:
                return optimizer
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=100)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": plateau, "monitor": "val_loss"}}

    return Net()


def monitored(width=WIDTH):
    return lightning(width, monitored=True)


def huggingface(width=WIDTH):
    import torch
    from torch import nn
    from torch.nn import functional
    from transformers import PretrainedConfig, PreTrainedModel, TrainingArguments

    class Net(PreTrainedModel):
        config_class = PretrainedConfig
        main_input_name = "pixel_values"

        def __init__(self, config):
            super().__init__(config)
            self.layers = nn.Sequential(
                nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
            )
            self.post_init()

        def forward(self, pixel_values, labels=None):
            logits = self.layers(pixel_values)
            loss = torch.zeros(()) if labels is None else functional.cross_entropy(logits, labels)
            return {"loss": loss, "logits": logits}

    arguments = {
        "num_train_epochs": EPOCHS["huggingface"],
        "per_device_train_batch_size": BATCH,
        "optim": "sgd",
        "learning_rate": 0.05,
    }
    return Net(PretrainedConfig()), TrainingArguments(output_dir="unused", use_cpu=True, **arguments)


def keras(width=WIDTH):
    import keras as library

    layers = [library.layers.Flatten(), *(library.layers.Dense(width, activation="relu") for _ in range(2))]
    model = library.Sequential([library.Input((8, 8, 1)), *layers, library.layers.Dense(10)])
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=library.optimizers.SGD(0.05), loss=loss)
    return model


def alone_lightning(parts, net=lightning) -> None:
    import pytorch_lightning as pl
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    sets = [TensorDataset(torch.from_numpy(np.moveaxis(x, -1, 1).copy()), torch.from_numpy(y)) for x, y in parts]
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = pl.Trainer(accelerator="cpu", devices=1, max_epochs=EPOCHS["lightning"], num_sanity_val_steps=0, **quiet)
    net = net()
    trainer.fit(net, DataLoader(sets[0], BATCH, shuffle=True), DataLoader(sets[1], AT_ONCE))
    trainer.validate(net, DataLoader(sets[2], AT_ONCE), verbose=False)


def alone_monitored(parts) -> None:
    alone_lightning(parts, monitored)


def alone_huggingface(parts) -> None:
    import torch
    from transformers import Trainer, TrainingArguments
    from transformers.trainer_callback import PrinterCallback

    def rows(x, y):
        x, y = torch.from_numpy(np.moveaxis(x, -1, 1).copy()), torch.from_numpy(y)
        return [{"pixel_values": each, "labels": label} for each, label in zip(x, y, strict=True)]

    with tempfile.TemporaryDirectory() as folder:
        quiet = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no"}
        arguments = TrainingArguments(
            output_dir=folder, num_train_epochs=EPOCHS["huggingface"], per_device_train_batch_size=BATCH, optim="sgd",
            per_device_eval_batch_size=AT_ONCE, learning_rate=0.05, use_cpu=True, eval_strategy="epoch", **quiet,
        )  # fmt: skip
        sets = [rows(*part) for part in parts]
        trainer = Trainer(huggingface()[0], arguments, train_dataset=sets[0], eval_dataset=sets[1])
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        trainer.evaluate(sets[2])


def alone_keras(parts) -> None:
    (x, y), validation, (test_x, test_y) = parts
    model, sized = keras(), {"verbose": 0, "validation_data": validation, "validation_batch_size": AT_ONCE}
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS["keras"], **sized)
    model.evaluate(test_x, test_y, verbose=0, batch_size=AT_ONCE)


class InTurn:
    """Looks on at a study, and trains by the framework alone after each trial, on the same examples.

    `trials` and `alone` are seconds of the processor of each pair; `starting` those until the first trial, by what they
    were spent on.
    """

    def __init__(self, train: Callable[..., None]) -> None:
        import torch

        self._train, self._data, self._torch = train, load_dataset("digits", seed=0), torch
        self.trials: list[float] = []
        self.alone: list[float] = []
        self.starting: list[tuple[str, float]] = []
        self._since, self._what = time.process_time(), "start"

    def waits(self, said) -> None:
        self._mark(said.partition(":")[0] or "ledger")

    def began(self, plan, done) -> None:
        self._mark("")

    def started(self, trial) -> None: ...

    def settled(self, trial, measurement, done) -> None:
        self.trials.append(time.process_time() - self._since)
        chosen = order(self._data.train.y, stratified=True, seed=0, replicate=trial.rung.replicate)[: trial.rung.n]
        parts = [self._data.train.take(chosen), self._data.validation, self._data.test]
        arrays = [(part.x.astype(np.float32) / 255, np.array(part.y)) for part in parts]
        threads = self._torch.get_num_threads()
        self._torch.set_num_threads(1)
        started = time.process_time()
        self._train(arrays)
        self.alone.append(time.process_time() - started)
        self._torch.set_num_threads(threads)
        self._since = time.process_time()

    def ended(self, summary) -> None:
        assert summary.complete, summary

    def _mark(self, what: str) -> None:
        now = time.process_time()
        self.starting.append((self._what, now - self._since))
        self._since, self._what = now, what


def in_turn(name: str, train: Callable[..., None]) -> InTurn:
    """Run a study of trials of one size, each followed by the framework alone; the first pair is warm-up."""
    training = {"patience": EPOCHS[name]} | ({} if name == "huggingface" else {"epochs": EPOCHS[name], "batch": BATCH})
    fields = {"sizes": [N], "replicates": TRIALS, "training": training}
    study = kleiber.Study(data="digits", trainer=TRAINER.get(name, name), module=f"{HERE}:{name}", **fields)
    watch = InTurn(train)
    with tempfile.TemporaryDirectory() as folder:
        ledger = kleiber.run_study(study, f"{folder}/k.db", workers=1, watch=watch)
        assert [row["epochs"] for row in ledger.export("study")] == [EPOCHS[name]] * TRIALS
    return watch


def spread(values, digits: int = 3) -> str:
    """Give the median, and an interval that holds it with 90 % or more, by the order of the values."""
    ordered, out = np.sort(values), int(binom.ppf(0.05, len(values), 0.5)) - 1
    return f"{np.median(ordered):.{digits}f} ({ordered[max(out, 0)]:.{digits}f} to {ordered[-1 - max(out, 0)]:.{digits}f})"


def main() -> None:
    """Print the processor's seconds of each, by what they are spent on."""
    os.environ["KERAS_BACKEND"] = "torch"
    alone_by = {
        "lightning": alone_lightning,
        "monitored": alone_monitored,
        "huggingface": alone_huggingface,
        "keras": alone_keras,
    }
    print("seconds of the processor; of pairs the median, with its interval of 90 %")
    for name in sys.argv[1:] or alone_by:
        started = time.process_time()
        get_ready(TRAINER.get(name, name))
        imported = time.process_time() - started
        watch = in_turn(name, alone_by[name])
        trials, alone = np.array(watch.trials[1:]), np.array(watch.alone[1:])
        once = ", ".join(f"{what} {seconds:.2f}" for what, seconds in watch.starting)
        print(f"{name:12} alone {spread(alone)}, in a study {spread(trials)} a trial: it adds {spread(trials - alone)}")
        print(
            f"{'':12} that is {spread(100 * (trials - alone) / alone, 1)} %; once: import {imported:.2f}, {once}",
            flush=True,
        )


if __name__ == "__main__":
    main()
