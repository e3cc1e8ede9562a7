"""Whether anything listens to what a Lightning module's own `validation_step` finds.

kleiber measures each epoch by the module's `forward`. A `validation_step` is a second pass over the same examples, which is
run only where something could notice that it was not: whatever can't be told is taken for a listener.
"""

import dis
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any

METRICS = {"callback_metrics", "logged_metrics", "progress_bar_metrics"}  # where a Trainer keeps what was logged
KEEPS = {"STORE_ATTR", "STORE_SUBSCR"}


def heard(module: Any, base: type) -> bool:
    """Say whether something listens to a module's validation: asked when its optimizers and callbacks are in place.

    base: the `LightningModule` of its package. Listeners are callbacks, schedulers that monitor, manual optimization, hooks
    (`on_...`) of the module's own, code of its own that reads the Trainer's metrics, and a `validation_step` that keeps
    something.
    """
    own = dict(_own(type(module), base))
    return (
        bool(module.trainer.callbacks)
        or any(each.monitor is not None for each in module.trainer.lr_scheduler_configs)
        or not module.automatic_optimization
        or any(name.startswith("on_") and hasattr(base, name) for name in own)
        or any(METRICS & set(code.co_names) for each in own.values() for code in _nested(each))
        or _keeps("validation_step", own)
    )


def _own(kind: type, base: type) -> Iterator[tuple[str, CodeType]]:
    """Give the methods that classes between `kind` and `base` define, by name, the nearest last."""
    for each in reversed(kind.__mro__):
        if issubclass(base, each):
            continue
        for name, value in vars(each).items():
            function = inspect.unwrap(value) if callable(value) else getattr(value, "fget", value)
            if hasattr(function, "__code__"):
                yield name, function.__code__


def _keeps(name: str, own: dict[str, CodeType]) -> bool:
    """Say whether a method, or one that it names, sets an attribute or an item."""
    asked, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name in asked or name not in own:
            continue
        asked.add(name)
        for code in _nested(own[name]):
            if any(each.opname in KEEPS for each in dis.get_instructions(code)):
                return True
            waiting += code.co_names
    return False


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _nested(each)
