"""The study that is disturbed: a trainer that takes half a second and is the same everywhere."""

import time

import kleiber

STUDY = """
name = "s"
data = "digits"
trainer = "{file}:train"
sizes = [50, 100, 200]
replicates = 2
[search]
trials = 4
[search.space]
lr = {{ low = 1e-3, high = 1.0, log = true }}
[executor]
{table}
"""
TRIALS = 3 * (4 + 2)


@kleiber.trainer
def train(task):
    """Give a loss that size and learning rate decide."""
    time.sleep(0.5)
    print("trained", task.n)
    loss = 2.0 * task.n**-0.3 + 0.1 + abs(task.params["lr"] - 0.1)
    return {"loss": loss} if task.test is None else {"loss": loss, "test_loss": loss + 0.01}
