"""What a study costs beside the training itself: the same trials by each framework alone, and in a study.

    python -m benchmarks.frameworks [lightning] [huggingface] [keras]

Result, 2026-11-29, two cores of an AMD EPYC with some forty processes on them, one turn: seconds of the processor a trial.
The start, check, rehearsal and ledger of the study are shared among its three trials. The aim is 0.05 s.

    lightning    alone 0.335, in a study 0.335: it adds nothing that is seen
    huggingface  alone 0.644, in a study 0.724: it adds 0.080, which misses the aim
    keras        alone 0.749, in a study 0.849: it adds 0.100, which misses the aim

How much of it is the start, which a study has once, was not measured. A turn on a busy machine is rough.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import kleiber
from kleiber.datasets import load_dataset
from kleiber.ladder import order
from kleiber.trainers import get_ready

HERE = Path(__file__).resolve()
SIZES, REPLICATES, EPOCHS, BATCH = [640], 2, 12, 32
TURNS = 1
WIDTH = 32  # a small net: what the study adds does not grow with it


def lightning(width=WIDTH):
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
            return torch.optim.SGD(self.parameters(), lr=0.05)

    return Net()


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

    arguments = {"num_train_epochs": EPOCHS, "per_device_train_batch_size": BATCH, "optim": "sgd", "learning_rate": 0.05}
    return Net(PretrainedConfig()), TrainingArguments(output_dir="unused", use_cpu=True, **arguments)


def keras(width=WIDTH):
    import keras as library

    layers = [library.layers.Flatten(), *(library.layers.Dense(width, activation="relu") for _ in range(2))]
    model = library.Sequential([library.Input((8, 8, 1)), *layers, library.layers.Dense(10)])
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=library.optimizers.SGD(0.05), loss=loss)
    return model


def alone_lightning(parts) -> None:
    import pytorch_lightning as pl
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    sets = [TensorDataset(torch.from_numpy(np.moveaxis(x, -1, 1).copy()), torch.from_numpy(y)) for x, y in parts]
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = pl.Trainer(accelerator="cpu", devices=1, max_epochs=EPOCHS, num_sanity_val_steps=0, **quiet)
    net = lightning()
    trainer.fit(net, DataLoader(sets[0], BATCH, shuffle=True), DataLoader(sets[1], 256))
    trainer.validate(net, DataLoader(sets[2], 256), verbose=False)


def alone_huggingface(parts) -> None:
    import torch
    from transformers import Trainer, TrainingArguments

    def rows(x, y):
        x, y = torch.from_numpy(np.moveaxis(x, -1, 1).copy()), torch.from_numpy(y)
        return [{"pixel_values": each, "labels": label} for each, label in zip(x, y, strict=True)]

    with tempfile.TemporaryDirectory() as folder:
        quiet = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no"}
        arguments = TrainingArguments(
            output_dir=folder, num_train_epochs=EPOCHS, per_device_train_batch_size=BATCH, per_device_eval_batch_size=256,
            optim="sgd", learning_rate=0.05, use_cpu=True, eval_strategy="epoch", **quiet,
        )  # fmt: skip
        sets = [rows(*part) for part in parts]
        trainer = Trainer(huggingface()[0], arguments, train_dataset=sets[0], eval_dataset=sets[1])
        trainer.train()
        trainer.evaluate(sets[2])


def alone_keras(parts) -> None:
    (x, y), validation, (test_x, test_y) = parts
    model = keras()
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0, validation_data=validation, validation_batch_size=256)
    model.evaluate(test_x, test_y, verbose=0, batch_size=256)


def in_a_study(name: str, sizes=SIZES, replicates=REPLICATES) -> float:
    """Give the processor's seconds of a trial in a study, its start and ledger included."""
    training = {"patience": EPOCHS} | ({} if name == "huggingface" else {"epochs": EPOCHS, "batch": BATCH})
    fields = {"sizes": sizes, "replicates": replicates, "training": training}
    study = kleiber.Study(data="digits", trainer=name, module=f"{HERE}:{name}", **fields)
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        ledger = kleiber.run_study(study, f"{folder}/k.db", workers=1)
        rows = ledger.export("study")
        spent = time.process_time() - started
    assert [row["state"] for row in rows] == ["ok"] * len(rows)
    return spent / (len(rows) + 1)  # the rehearsal is a trial too


def by_itself(train: Callable[..., None]) -> float:
    """Give the processor's seconds of a trial by the framework alone, on one thread, the study's subsets taken in turn."""
    import torch

    data = load_dataset("digits", seed=0)
    spent, count = 0.0, 0
    for replicate in range(1, REPLICATES + 1):
        chosen = order(data.train.y, stratified=True, seed=0, replicate=replicate)
        for n in SIZES:
            parts = [data.train.take(chosen[:n]), data.validation, data.test]
            arrays = [(part.x.astype(np.float32) / 255, np.array(part.y)) for part in parts]
            torch.set_num_threads(1)
            started = time.process_time()
            train(arrays)
            spent, count = spent + time.process_time() - started, count + 1
    return spent / count


def main() -> None:
    """Print the processor's seconds of each, and what the study adds, start and ledger included."""
    os.environ["KERAS_BACKEND"] = "torch"
    alone_by = {"lightning": alone_lightning, "huggingface": alone_huggingface, "keras": alone_keras}
    for name in sys.argv[1:] or alone_by:
        train = alone_by[name]
        get_ready(name)
        in_a_study(name, sizes=[20], replicates=1)  # what is imported and compiled once
        by_itself(train)
        both = [(by_itself(train), in_a_study(name)) for _ in range(TURNS)]
        alone, study = (float(np.median(each)) for each in zip(*both, strict=True))
        adds = f"{study - alone:.3f} s, {100 * (study - alone):.1f} % of a trial of one second"
        print(f"{name:12} alone {alone:.3f} s, in a study {study:.3f} s a trial: it adds {adds}", flush=True)


if __name__ == "__main__":
    main()
