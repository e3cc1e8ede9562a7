"""Lightning's CSVLogger on a net that learns: n as a NumPy number, a run that diverges, one that is resumed."""

import math
import warnings

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger

from study import DIVERGED, RESUMED, SEEDS, SIZES, folder, write_truth

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
out = folder()


class Net(pl.LightningModule):
    """A line through points, with its true history kept in memory."""

    def __init__(self, n, seed, widths=(1, 1)):
        super().__init__()
        self.save_hyperparameters()
        torch.manual_seed(seed)
        self.line = torch.nn.Linear(4, 1)
        self.truth = {}

    def training_step(self, batch, _):
        loss = ((self.line(batch[0]) - batch[1]) ** 2).mean()
        self.log("train_loss", loss)
        return loss * (math.nan if (int(self.hparams.n), self.hparams.seed) == DIVERGED and self.current_epoch > 2 else 1)

    def validation_step(self, batch, _):
        self.log("val_loss", ((self.line(batch[0]) - batch[1]) ** 2).mean())

    def on_validation_end(self):
        if not self.trainer.sanity_checking and self.trainer.state.fn == "fit":
            self.truth[self.current_epoch] = float(self.trainer.callback_metrics["val_loss"])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.02)


def loader(n, seed):
    """Give points on a plane with noise."""
    chance = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 4, generator=chance)
    y = x.sum(1, keepdim=True) + 0.5 * torch.randn(n, 1, generator=chance)
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=50)


def trained(net, epochs, checkpoint=None):
    """Train a net up to an epoch, from a checkpoint where one is given; each call has a version of its own."""
    n, seed = int(net.hparams.n), net.hparams.seed
    trainer = pl.Trainer(
        max_epochs=epochs,
        logger=CSVLogger(str(out / "lightning_logs"), name=f"n{n}-s{seed}"),
        callbacks=[ModelCheckpoint(monitor="val_loss")],
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        log_every_n_steps=1,
    )
    trainer.fit(net, loader(n, seed), loader(200, 99), ckpt_path=checkpoint, weights_only=False)
    return trainer


rows = []
for n in SIZES:
    for seed in SEEDS:
        net, checkpoint = Net(np.int64(n), seed), None
        if (n, seed) == RESUMED:
            checkpoint = out / "stopped.ckpt"
            trained(net, 3).save_checkpoint(checkpoint)
        trainer = trained(net, 6, checkpoint)
        if (n, seed) != DIVERGED:
            trainer.validate(net, loader(200, 99), verbose=False)
        values = [net.truth[e] for e in sorted(net.truth)]
        ended = math.isfinite(values[-1])
        rows.append({"n": n, "seed": seed, "best": min(values) if ended else None, "last": values[-1] if ended else None})
write_truth(out, rows)
