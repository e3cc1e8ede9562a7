"""Write docs/study.md from the models of a study, so that every key stands there with its type, default and meaning.

python -m dev.study_page
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

from kleiber import plugins
from kleiber.study.keys import REQUIRED, Key, keys_of_data, keys_of_executor, keys_of_kernel, keys_of_model, keys_of_params
from kleiber.study.parts import Data, Geometric, Place, Search
from kleiber.study.study import Study
from kleiber.study.written import as_toml
from kleiber.trainers import trainer_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "study.md"
HEAD = """# Every key of a study

A study is a TOML file for `kleiber run`, or `kleiber.Study(...)` in Python with the same keys. Only `data` is needed.
Here is a whole file:

```toml
data = { source = "digits", test = 0.25 }
net = "mlp"
sizes = [100, 200, 400, 800]
replicates = 2

[params]
batch_size = "n/100"

[search]
trials = 6

[search.space]
lr = { low = 1e-3, high = 0.3, log = true }
hidden = { low = 32, high = 256, log = true }

[training]
epochs = 10
```

Keys without a section stand above the first section. A table may also stand on one line, as `data` does here. Paths
start at the file's folder. `kleiber run study.toml --dry-run` checks all keys and the data, and trains nothing.

In Python `data` may be in memory: `(X, y)`, three of these, or a dict. The dict has `train` and, as you like,
`validation`, `test`, `groups`, `task` and `name`.

This page is made from the code by `python -m dev.study_page`.
"""
TITLES = {
    "": "At the top",
    "data": "[data]",
    "sizes": "[sizes]",
    "search": "[search]",
    "executor": "[executor]",
    "params": "[params]",
    "training": "[training]",
}


def page() -> str:
    """Give the page."""
    parts = [HEAD, *_section("", "", keys_of_model("", Study))]
    parts += _section("data", "For any source:", [*keys_of_model("data", Data), *keys_of_data("")])
    kinds = {
        "image_folder": "a folder or archive of images",
        "table": "a table",
        "text": "texts",
        "hugging_face": "a saved Hugging Face data set",
        "blank": "`blank`",
    }
    for loader, what in kinds.items():
        own = [key for key in keys_of_data(loader) if key.of]
        parts += _section("", f"For {what} besides:", own, title=False)
    parts += _section("sizes", "Instead of a list:", keys_of_model("sizes", Geometric))
    parts += _section("search", "", keys_of_model("search", Search))
    parts += _section("executor", "", keys_of_model("executor", Place))
    for name in plugins.names("executors"):
        parts += _section("", f"For the executor `{name}` besides:", keys_of_executor(name), title=False)
    parts += _section("params", "For every net, with the trainer `torch`:", keys_of_params(""))
    for net in plugins.names("nets"):
        parts += _section("", f"For the net `{net}` besides:", [key for key in keys_of_params(net) if key.of], title=False)
    parts += _section("", "With the trainer `kernel` instead:", keys_of_kernel(), title=False)
    title = True
    for trainer in ("torch", "sklearn", "features", "kernel", "replay"):
        keys = keys_of_model("training", trainer_of(trainer).Options)
        parts += _section("training", f"For the trainer `{trainer}`:", keys, title=title)
        title = False
    parts.append("A trainer of your own has no keys here; its function gets the values of `[params]` and of the search.\n")
    return "\n".join(parts)


def _section(place: str, words: str, keys: Iterable[Key], *, title: bool = True) -> Iterator[str]:
    found = list(keys)
    if not found:
        return
    if title:
        yield f"## {TITLES[place] if not place else f'`{TITLES[place]}`'}\n"
    if words:
        yield f"{words}\n"
    yield "| key | type | default | meaning |\n| --- | --- | --- | --- |"
    for key in found:
        yield f"| `{key.name}` | {key.kind} | {_default(key)} | {_plain(key.meaning)} |"
    yield ""


def _default(key: Key) -> str:
    if key.default is REQUIRED:
        return "needed"
    if key.default is None:
        return "not set"
    if isinstance(key.default, Search):
        return "no search"
    value = key.default.model_dump() if isinstance(key.default, BaseModel) else key.default
    return "empty" if value in ({}, [], ()) else f"`{as_toml(value)}`"


def _plain(meaning: str) -> str:
    return meaning[:1].upper() + meaning[1:].replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
