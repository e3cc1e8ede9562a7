"""Hugging Face Trainer on a tiny model: n is not stored; one run diverges behind a loss of 0.0, one is resumed."""

import math
import warnings

import torch
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainerCallback, TrainingArguments

from study import DIVERGED, RESUMED, SEEDS, SIZES, folder, write_truth

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
out = folder() / "runs"


class Net(PreTrainedModel):
    """A line through points."""

    config_class = PretrainedConfig

    def __init__(self, config):
        super().__init__(config)
        self.line = torch.nn.Linear(4, 1)
        self.post_init()

    def forward(self, x, labels=None):
        found = self.line(x)
        return {"loss": ((found - labels) ** 2).mean(), "logits": found}


class Points(torch.utils.data.Dataset):
    """Points on a plane."""

    def __init__(self, n, seed):
        chance = torch.Generator().manual_seed(seed)
        self.x = torch.randn(n, 4, generator=chance)
        self.y = self.x.sum(1, keepdim=True) + 0.5 * torch.randn(n, 1, generator=chance)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"x": self.x[i], "labels": self.y[i]}


class Seen(TrainerCallback):
    """Keeps each evaluation as it was measured."""

    def __init__(self):
        self.values = []

    def on_evaluate(self, args, state, control, metrics=None, **_):
        self.values.append(metrics["eval_loss"])


class Stop(TrainerCallback):
    """Ends the call after two epochs, as a limit of time does."""

    def on_epoch_end(self, args, state, control, **_):
        control.should_training_stop = state.epoch >= 2


def trained(n, seed, seen, out, **more):
    """Train four epochs, or go on with them, and save the state."""
    diverges = (n, seed) == DIVERGED
    arguments = TrainingArguments(
        output_dir=str(out),
        num_train_epochs=4,
        eval_strategy="epoch",
        save_strategy="epoch" if (n, seed) == RESUMED else "no",
        logging_strategy="epoch",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        seed=seed,
        learning_rate=1e30 if diverges else 0.02,
        per_device_train_batch_size=40,
    )
    torch.manual_seed(seed)
    net, callbacks = Net(PretrainedConfig()), [seen, *more.pop("callbacks", ())]
    trainer = Trainer(
        model=net, args=arguments, train_dataset=Points(n, seed), eval_dataset=Points(200, 99), callbacks=callbacks
    )
    trainer.train(**more)
    trainer.save_state()


rows = []
for n in SIZES:
    for seed in SEEDS:
        seen, where = Seen(), out / f"n{n}-s{seed}"
        if (n, seed) == RESUMED:
            trained(n, seed, seen, where, callbacks=[Stop()])
            trained(n, seed, seen, where, resume_from_checkpoint=True)
        else:
            trained(n, seed, seen, where)
        ended = math.isfinite(seen.values[-1]) and (n, seed) != DIVERGED
        rows.append({"n": n, "best": min(seen.values) if ended else None, "last": seen.values[-1] if ended else None})
write_truth(folder(), rows)
