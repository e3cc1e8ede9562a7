"""A Lightning data module as data: the data sets behind its loaders, one for each part that it has."""

from typing import Any

from kleiber.errors import KleiberError

LOADERS = {
    "train": ("fit", "train_dataloader"),
    "validation": ("fit", "val_dataloader"),
    "test": ("test", "test_dataloader"),
}


def is_data_module(value: Any) -> bool:
    """Say whether a value is a data module, by its manners."""
    return not isinstance(value, type) and all(
        hasattr(value, name) for name in ("prepare_data", "setup", "train_dataloader")
    )


def parts_of(module: Any) -> dict[str, Any]:
    """Give the data set of each part of a data module; its loaders' batches, order and workers play no part."""
    name, found = type(module).__name__, {}
    module.prepare_data()
    for label, (stage, loader) in LOADERS.items():
        if _is_own(module, loader):
            module.setup(stage)
            given = getattr(module, loader)()
            dataset = getattr(given, "dataset", None)
            if dataset is None:
                raise KleiberError(f"data: {name}.{loader}() gives a {type(given).__name__}; let it give one DataLoader")
            found[label] = dataset
    if "train" not in found:
        raise KleiberError(f"data: {name} has no train_dataloader(); write one")
    return found


def _is_own(module: Any, method: str) -> bool:
    """Say whether a class of the user's own has the method, and not Lightning alone, whose own only refuses."""
    kinds = [kind for kind in type(module).__mro__ if method in vars(kind)]
    return bool(kinds) and kinds[0].__module__.partition(".")[0] not in ("lightning", "pytorch_lightning")
