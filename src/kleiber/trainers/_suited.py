"""Whether a trainer can do anything with data: what is asked before it looks at them itself."""

from typing import Any

from kleiber.datasets import Dataset
from kleiber.errors import KleiberError


def refuse_unsuited(name: str, trainer: Any, dataset: Dataset, missing: str) -> None:
    """Refuse texts and missing values for a trainer that takes none, and data of one class.

    trainer: its module. missing: where the data lack values, as their reader says it.
    """
    if dataset.train.x.dtype.kind == "S" and not getattr(trainer, "TAKES_TEXT", False):
        raise KleiberError(
            f'trainer: {name} takes images or numbers, and the data are texts. Write  trainer = "sklearn" , with a '
            'pipeline that begins with a TfidfVectorizer, or  trainer = "features" , with  module = "wordllama"'
        )
    if missing and not getattr(trainer, "TAKES_MISSING", False):
        raise KleiberError(
            f"data: {missing}, and the trainer {name} takes no missing values. Fill them in, leave these rows or "
            'columns out, or write  trainer = "sklearn" , with an estimator that takes them'
        )
    if dataset.task == "classification" and len(dataset.classes) == 1:
        only = dataset.classes[0]
        raise KleiberError(f"data: all examples are of one class, {only!r}; add examples of another to tell them apart")
