"""Models of Lightning, Hugging Face and Keras for 8x8 images, good and broken ones, which a study's `module` names."""

import math
import random
import signal
from pathlib import Path


def lightning(width=16, lr=0.01, fault=""):
    import pytorch_lightning

    return of_lightning(pytorch_lightning, width, lr, fault)


def lightning_of_the_other_name():
    import lightning.pytorch

    return of_lightning(lightning.pytorch, 16, 0.01, "leaves")


def of_lightning(pl, width, lr, fault):
    import torch
    from torch import nn
    from torch.nn import functional

    class LitNet(pl.LightningModule):
        def __init__(self):
            super().__init__()
            if fault == "constructor":
                raise ValueError("no such file weights.bin")
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

        def forward(self, x):
            refuse_if(fault == "forward")
            return self.layers(x) * (math.nan if fault == "nan" else 1.0)

        def training_step(self, batch):
            x, y = batch
            if fault == "terminated":
                signal.raise_signal(signal.SIGTERM)
            if fault == "leaves":
                leave(Path("lightning_was_here"))
                self.logger.experiment.add_scalar("loss", 1.0)
            loss = functional.cross_entropy(self(x), y)
            self.log("train_loss", loss, prog_bar=True)
            return loss

        def validation_step(self, batch):
            self.log("val_loss", functional.cross_entropy(self(batch[0]), batch[1]))

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=lr)

        def configure_callbacks(self):
            return [pl.callbacks.ModelCheckpoint(monitor="val_loss")] if fault == "leaves" else []

    return LitNet()


LOOKS = []


def listened_lightning(listener=""):
    """Give a module that notes each call of its validation_step, with something that listens to it, or nothing."""
    import pytorch_lightning as pl
    import torch
    from torch.nn import functional

    class Listened(type(lightning())):
        def validation_step(self, batch):
            LOOKS.append(listener)
            self.log("val_loss", functional.cross_entropy(self(batch[0]), batch[1]))

        def configure_optimizers(self):
            optimizer = torch.optim.Adam(self.parameters(), lr=0.01)
            if listener != "scheduler":
                return optimizer
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, threshold=10.0, patience=0, factor=0.0)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": plateau, "monitor": "val_loss"}}

        def configure_callbacks(self):
            early = pl.callbacks.EarlyStopping("val_loss", min_delta=100.0, patience=1)
            return [early] if listener == "callback" else [pl.callbacks.ModelCheckpoint(monitor="val_loss")]

    class Hooked(Listened):
        def on_validation_epoch_end(self):
            assert self.trainer is not None

    class Reading(Listened):
        def training_step(self, batch):
            assert self.trainer.current_epoch == 0 or "val_loss" in self.trainer.callback_metrics
            return super().training_step(batch)

    class Keeping(Listened):
        def validation_step(self, batch):
            self.note(len(batch[0]))
            super().validation_step(batch)

        def note(self, seen):
            self.seen = seen

    return {"hook": Hooked, "reads": Reading, "keeps": Keeping}.get(listener, Listened)()


def huggingface(width=16, learning_rate=0.01, fault=""):
    import torch
    from torch import nn
    from torch.nn import functional
    from transformers import PretrainedConfig, PreTrainedModel, TrainingArguments

    class Net(PreTrainedModel):
        config_class = PretrainedConfig
        main_input_name = "pixel_values"

        def __init__(self, config):
            super().__init__(config)
            if fault == "constructor":
                raise ValueError("no such file weights.bin")
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
            self.post_init()

        def forward(self, pixel_values, labels=None):
            if fault == "leaves" and labels is not None:
                leave(Path("transformers_was_here"))
            refuse_if(fault == "forward")
            logits = self.layers(pixel_values) * (math.nan if fault == "nan" else 1.0)
            loss = torch.zeros(()) if labels is None else functional.cross_entropy(logits, labels)
            return {"loss": loss, "logits": logits}

    trained = TrainingArguments(output_dir="theirs", learning_rate=learning_rate, num_train_epochs=4, report_to="all")
    return Net(PretrainedConfig()), trained


def keras(width=16, learning_rate=0.01, fault=""):
    import keras as library

    if fault == "constructor":
        raise ValueError("no such file weights.bin")
    if fault == "leaves":
        leave(Path("keras_was_here"))
        library.config.set_floatx("float32")
    layers = [
        library.Input((8, 8, 1)),
        library.layers.Flatten(),
        library.layers.Dense(width, activation="relu"),
        library.layers.Dropout(0.1),
        library.layers.Dense(10, activation="softmax"),
    ]
    if fault == "nan":
        layers.append(library.layers.Rescaling(math.nan))
    if fault == "forward":
        layers[0] = library.Input((9, 9, 1))
    model = library.Sequential(layers)
    model.compile(optimizer=library.optimizers.Adam(learning_rate), loss="sparse_categorical_crossentropy")
    return model


def refuse_if(fault):
    if fault:
        raise ValueError("a mask is missing")


def leave(place):
    """Change what a study must put back, and nothing that lies in a folder."""
    import os

    import numpy as np
    import torch

    os.environ["LEFT_BEHIND"] = str(place)
    random.seed(random.random())
    np.random.seed(5)  # noqa: NPY002
    torch.set_num_threads(2)
    torch.backends.cudnn.benchmark = True


_ONE = {}


def same_lightning():
    return _ONE.setdefault("lightning", lightning())


def same_huggingface():
    return _ONE.setdefault("huggingface", huggingface()[0])


def same_keras():
    return _ONE.setdefault("keras", keras())


def no_lightning():
    from torch import nn

    return nn.Linear(64, 10)


def no_huggingface():
    return {"model": 1}


def no_keras():
    import keras as library

    return library.Sequential([library.Input((8, 8, 1)), library.layers.Flatten(), library.layers.Dense(10)])


def few_lightning():
    import pytorch_lightning as pl
    from torch import nn

    class Few(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))

        def forward(self, x):
            return self.layers(x)

        def training_step(self, batch):
            return self(batch[0]).mean()

    return Few()
