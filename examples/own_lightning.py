"""A Lightning module, searched and scored at every size.

pip install 'kleiber[lightning]' and then: kleiber run examples/own_lightning.py
"""

import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional

import kleiber


class LitNet(pl.LightningModule):
    """A net of one hidden layer; `training_step` gets the batches of a subset, and `forward` gives what is measured."""

    def __init__(self, width=64, lr=0.003):
        super().__init__()
        self.lr = lr
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch):
        x, y = batch
        loss = functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch):
        x, y = batch
        self.log("val_loss", functional.cross_entropy(self(x), y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


study = kleiber.Study(
    name="lightning-on-digits",
    data="digits",
    trainer="lightning",
    module=LitNet,
    sizes=[40, 80, 160, 320],
    replicates=2,
    search={"trials": 2, "space": {"lr": {"low": 0.001, "high": 0.01, "log": True}}},
    training={"epochs": 12},
)
