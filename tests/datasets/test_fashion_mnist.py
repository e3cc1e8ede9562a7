import gzip

import numpy as np
import pytest

from kleiber.datasets import fashion_mnist, load_dataset
from kleiber.errors import KleiberError


@pytest.fixture
def small(tmp_path, rng, write_idx):
    """The four files, gzipped, with 40 train and 20 test images."""
    for part, count in (("train", 40), ("t10k", 20)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", rng.integers(0, 256, (count, 28, 28)))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.arange(count) % 10)
    return tmp_path


def test_gzipped_or_not_and_torchvisions_folder_are_the_same_data(small, tmp_path_factory) -> None:
    raw = tmp_path_factory.mktemp("plain") / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in small.iterdir():
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    places = (small, raw, raw.parent, raw.parent.parent)
    prints = {load_dataset("fashion_mnist", seed=0, options={"path": str(p)}).fingerprint for p in places}
    assert len(prints) == 1


def test_shapes_classes_and_the_official_test_set(small) -> None:
    data = load_dataset("fashion_mnist", seed=0, options={"path": str(small)})
    assert data.train.x.shape == (30, 28, 28, 1)
    assert data.validation.x.shape == (10, 28, 28, 1)
    assert data.test.y.tolist() == [i % 10 for i in range(20)]
    assert data.classes[0] == "T-shirt/top"


def test_kleiber_data_is_searched_by_both_spellings(small, tmp_path_factory, monkeypatch) -> None:
    outer = tmp_path_factory.mktemp("data")
    small.rename(outer / "fashion-mnist")
    monkeypatch.setenv("KLEIBER_DATA", str(outer))
    assert len(fashion_mnist.load().train) == 40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with nothing"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "no idx file of bytes"),
        (b"\0\0\x08\x01\0\0\0\x09abc", r"3 values, but its head says \(9,\)"),
        (b"\0\0\x08\x03\0\0", "ends within its head"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, content, message) -> None:
    file = tmp_path / "train-labels-idx1-ubyte"
    file.write_bytes(content)
    with pytest.raises(KleiberError, match=message) as caught:
        fashion_mnist.read_idx(file)
    assert str(file) in str(caught.value)


def test_a_truncated_gzip_file_and_a_missing_file_are_named(small) -> None:
    file = small / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(KleiberError, match=r"train-images-idx3-ubyte.gz"):
        fashion_mnist.load(small)
    file.unlink()
    with pytest.raises(KleiberError, match="no file train-images-idx3-ubyte"):
        fashion_mnist.load(small)


def test_the_real_set(real_data) -> None:
    data = load_dataset("fashion_mnist", seed=0, options={"path": str(real_data / "fashion-mnist")})
    assert (len(data.train), len(data.validation), len(data.test)) == (48_000, 12_000, 10_000)
    assert np.bincount(data.train.y).tolist() == [4_800] * 10
    assert data.chance["error"] == pytest.approx(0.9)
    assert data.chance["loss"] == pytest.approx(np.log(10))
    assert data.duplicates == {}
