"""What holds for every data set of the folder: a new file is taken up here unasked, and loaded by its name.

A set that needs a path gets one from `PLACES`; a set whose files are not on this machine is skipped, never fetched.
"""

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars
import pytest
from PIL import Image

from kleiber import plugins
from kleiber.datasets import Dataset, Raw, _fetch, load_dataset
from kleiber.datasets._disjoint import content_hashes
from kleiber.errors import KleiberError

PARTS = ("train", "validation", "test")
DATA = os.environ.get("KLEIBER_DATA") or str(Path(__file__).resolve().parents[3] / "shared" / "data")
LARGE = {"cifar10"}  # its own test loads it, once


def _pictures(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for i in range(20):
        file = folder / "pictures" / f"class{i % 2}" / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).save(file)
    return folder / "pictures"


def _rows(folder: Path) -> Path:
    file = folder / "rows.csv"
    file.write_text("u,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20)))
    return file


def _texts(folder: Path) -> Path:
    file = folder / "texts.jsonl"
    file.write_text("".join(f'{{"text": "number {i}", "label": "{"ab"[i % 2]}"}}\n' for i in range(20)))
    return file


def _saved(folder: Path) -> Path:
    rows = polars.DataFrame({"text": [f"number {i}" for i in range(20)], "label": ["ab"[i % 2] for i in range(20)]})
    rows.write_ipc_stream(folder / "data-0.arrow")
    (folder / "state.json").write_text('{"_data_files": [{"filename": "data-0.arrow"}]}')
    (folder / "dataset_info.json").write_text("{}")
    return folder


PLACES: dict[str, Callable[[Path], Path]] = {
    "image_folder": _pictures,
    "table": _rows,
    "text": _texts,
    "hugging_face": _saved,
}


class _NotHereError(Exception):
    pass


def _no_fetching(*args: object) -> Path:
    raise _NotHereError


@pytest.fixture(scope="session")
def load(tmp_path_factory) -> Callable[[str], Dataset]:
    """Loads a set by name with the split seed 0, once for all the tests here."""

    @functools.cache
    def once(name: str) -> Dataset:
        options = {"path": PLACES[name](tmp_path_factory.mktemp(name))} if name in PLACES else {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KLEIBER_DATA", DATA)
            patch.setattr(_fetch, "fetch", _no_fetching)
            return load_dataset(name, seed=0, options=options)

    def found(name: str) -> Dataset:
        if name in LARGE:
            pytest.skip(f"{name} is large, and loaded by its own test alone")
        try:
            return once(name)
        except _NotHereError:
            pytest.skip(f"the files of {name} are not in {DATA}")

    return found


@pytest.fixture(params=plugins.names("datasets"))
def name(request) -> str:
    return request.param


def test_load_takes_a_path_first_and_named_options_only(name) -> None:
    plugin = plugins.load("datasets", name)
    first, *options = inspect.signature(plugin.load).parameters.values()
    assert (first.name, first.default) == ("path", None)
    assert all(option.kind is option.KEYWORD_ONLY and option.default is not option.empty for option in options)
    assert inspect.signature(plugin.load).return_annotation is Raw
    taken = {"validation", "test", "allow_overlap"} & {option.name for option in options}
    assert not taken, f"{taken} are options of load_dataset"


def test_the_docstring_says_where_the_data_come_from(name) -> None:
    plugin = plugins.load("datasets", name)
    assert plugin.__doc__ and plugin.load.__doc__
    if name not in (*PLACES, "blank"):
        assert "Source:" in plugin.__doc__


def test_parts_are_of_one_kind_read_only_and_of_this_task(name, load) -> None:
    data = load(name)
    assert data.task in ("classification", "regression")
    for part in (data.train, data.validation, data.test):
        assert len(part) > 0
        assert part.x.shape[1:] == data.train.x.shape[1:]
        assert part.x.dtype == data.train.x.dtype
        assert not part.x.flags.writeable and not part.y.flags.writeable
        assert part.y.dtype == (np.int64 if data.task == "classification" else np.float64)
    if data.task == "classification":
        assert set(np.unique(data.train.y)) == set(range(len(data.classes)))
    assert all(isinstance(note, str) for note in (*data.notes, data.name))


def test_parts_are_disjoint_by_content_and_the_pool_repeats_nothing(name, load) -> None:
    data = load(name)
    hashes = {label: content_hashes(getattr(data, label).x).tolist() for label in PARTS}
    assert len(set(hashes["train"])) == len(hashes["train"])
    assert not set(hashes["train"]) & set(hashes["test"])
    assert not set(hashes["train"]) & set(hashes["validation"])
    assert not set(hashes["validation"]) & set(hashes["test"])


def test_chance_is_finite_and_positive(name, load) -> None:
    chance = load(name).chance
    assert all(np.isfinite(value) and value > 0 for value in chance.values())
    assert "loss" in chance or name == "blank"


def test_saving_and_opening_keep_all_of_it(name, load, tmp_path) -> None:
    data = load(name)
    opened = Dataset.open(data.save(tmp_path / "saved"))
    assert opened.fingerprint == data.fingerprint
    assert all(np.array_equal(getattr(opened, label).x, getattr(data, label).x) for label in PARTS)


def test_an_unknown_option_is_refused(name) -> None:
    with pytest.raises(KleiberError, match="unknown option 'colour'"):
        load_dataset(name, seed=0, options={"colour": "red"})
