"""The optimiser's hyper-parameters where nobody says, and the batch size: what can be told without PyTorch."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from kleiber.errors import KleiberError

OWN: dict[str, Any] = {
    "lr": 1e-2,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "batch_size": "auto",
    "optimiser": "sgd",
}  # hyper-parameters of the optimiser; `momentum` is beta1 of AdamW
MEANINGS = {
    "lr": "Learning rate.",
    "momentum": "Momentum of SGD, or beta1 of AdamW.",
    "weight_decay": "Weight decay.",
    "batch_size": 'Examples in a step: a number, or a share of the size such as "n/800", from 4 to 64; "auto" is "n/100".',
    "optimiser": '"sgd" or "adamw".',
}
SHARE = re.compile(r"n/([1-9][0-9]{0,8})")  # of a batch size that follows n


def optimiser_name(params: Mapping[str, Any]) -> str:
    """Give the name of the optimiser that the hyper-parameters ask for."""
    return str(params.get("optimiser", OWN["optimiser"]))


def batch_size(params: Mapping[str, Any], n: int) -> int:
    """Give the batch size: as said, or, for "n/100", that share of the rung as a power of two from 4 to 64.

    "auto" is "n/100". Fewer examples a step learn more from as many epochs; more of them are faster.
    """
    asked = params.get("batch_size", OWN["batch_size"])
    share = SHARE.fullmatch("n/100" if asked == "auto" else asked) if isinstance(asked, str) else None
    if share:
        return int(min(64, max(4, 2 ** round(np.log2(n / int(share[1]))))))
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise KleiberError(f'batch_size: must be a whole number, "auto", or a share such as "n/100", not {asked!r}')
    return min(asked, n)
