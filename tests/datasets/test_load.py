import numpy as np
import pytest

from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError

PLUGIN = """
import numpy as np
from kleiber.datasets import Part, Raw

def load(path=None, *, rows=50):
    x = np.arange(rows, dtype=np.float32)[:, None]
    y = (np.arange(rows) % 2).astype(np.int64)
    return Raw(name="mine", task="classification", classes=("even", "odd"), train=Part(x, y))

def wrong(path=None):
    return [1, 2, 3]

number = 3
"""


@pytest.fixture
def plugin(tmp_path) -> str:
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN)
    return str(file)


def test_anybodys_own_function_is_a_data_set(plugin) -> None:
    data = load_dataset(f"{plugin}:load", seed=0, options={"rows": 100, "test": 0.3})
    assert (data.name, len(data.train), len(data.validation), len(data.test)) == ("mine", 50, 20, 30)
    assert load_dataset(plugin, seed=0).fingerprint == load_dataset(f"{plugin}:load", seed=0).fingerprint


def test_what_is_no_data_set_is_refused(plugin) -> None:
    with pytest.raises(KleiberError, match=r"mine.py:.* 3 things are given"):
        load_dataset(f"{plugin}:wrong", seed=0)
    with pytest.raises(KleiberError, match="name a function load"):
        load_dataset(f"{plugin}:number", seed=0)


def test_an_unknown_name_lists_those_that_there_are(tmp_path) -> None:
    for source in ("cifra10", str(tmp_path / "nowhere"), "data.csv"):
        with pytest.raises(KleiberError, match=r"there is no file or folder .*There are blank, cifar10"):
            load_dataset(source, seed=0)


def test_an_unknown_option_lists_those_that_there_are(tmp_path) -> None:
    with pytest.raises(
        KleiberError, match=r"unknown option 'example'; there are .*allow_overlap, near_copies, examples, classes"
    ):
        load_dataset("blank", seed=0, options={"example": 10})
    with pytest.raises(KleiberError, match="allow_overlap must be true or false, not 'yes'"):
        load_dataset("blank", seed=0, options={"allow_overlap": "yes"})
    with pytest.raises(KleiberError, match="path of a folder or file, not 3"):
        load_dataset("mnist5k", seed=0, options={"path": 3})
    with pytest.raises(KleiberError, match="is a path already"):
        load_dataset(str(tmp_path), seed=0, options={"path": str(tmp_path)})


def test_a_file_of_another_kind_is_refused_with_the_kinds(tmp_path) -> None:
    (tmp_path / "data.zip").write_bytes(b"PK")
    with pytest.raises(KleiberError, match=r"folder of images or texts, an archive of images .* a table"):
        load_dataset(str(tmp_path / "data.zip"), seed=0)


def test_a_share_for_a_part_that_the_source_has_is_refused() -> None:
    with pytest.raises(KleiberError, match="blank has its own test set"):
        load_dataset("blank", seed=0, options={"test": 0.5})


def test_repeats_go_before_the_split_so_that_no_copy_lands_on_the_other_side(tmp_path) -> None:
    table = tmp_path / "rows.csv"
    rows = [f"{i},{i % 7},{'ab'[i % 2]}" for i in range(100)]
    table.write_text("u,v,kind\n" + "\n".join(rows * 3) + "\n")
    data = load_dataset(str(table), seed=0)
    assert data.duplicates == {"train_repeats": 200}
    assert (len(data.train), len(data.validation), len(data.test)) == (60, 20, 20)
    everything = np.concatenate([data.train.x, data.validation.x, data.test.x])
    assert len(np.unique(everything, axis=0)) == 100
    assert "train examples that repeat an earlier one, left out: 200" in data.notes


def test_the_seed_moves_the_split_and_with_it_the_fingerprint(plugin) -> None:
    first, again, other = (load_dataset(plugin, seed=seed) for seed in (1, 1, 2))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_a_class_that_train_lacks_is_refused_and_one_that_test_lacks_is_said(tmp_path, write_images) -> None:
    names = [f"train/{c}/{i}.png" for c in ("cat", "dog", "eel") for i in range(10)]
    write_images(tmp_path, [*names, *(f"test/{c}/{i}.png" for c in ("cat", "dog") for i in range(5))])
    data = load_dataset(str(tmp_path), seed=0)
    assert "the test set has no example of eel" in data.notes
    for i in range(10):
        (tmp_path / f"train/eel/{i}.png").write_bytes((tmp_path / "test/cat/0.png").read_bytes())
    with pytest.raises(KleiberError, match="1 of 10 test examples"):
        load_dataset(str(tmp_path), seed=0)
    with pytest.raises(KleiberError, match="'eel' has no example in train"):
        load_dataset(str(tmp_path), seed=0, options={"allow_overlap": True})
