import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kleiber.datasets import cifar10, load_dataset
from kleiber.errors import KleiberError


@pytest.fixture
def batches(tmp_path, rng, old_pickle):
    """A folder of the six batches with 20 images each, and the pixels that they hold."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    written = {}
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        data = rng.integers(0, 256, (20, 3072), dtype=np.uint8)
        labels = [i % 10 for i in range(20)]
        (folder / name).write_bytes(old_pickle(data, labels))
        written[name] = data
    return folder, written


def test_batches_are_read_as_python_2_wrote_them(batches) -> None:
    folder, written = batches
    raw = cifar10.load(folder)
    assert raw.name == "CIFAR-10"
    assert raw.train.x.shape == (100, 32, 32, 3)
    assert raw.test.x.shape == (20, 32, 32, 3)
    # A row is 1,024 red, 1,024 green and 1,024 blue values, each row by row.
    row = written["data_batch_2"][3]
    image = raw.train.x[23]
    assert image[5, 7].tolist() == [row[5 * 32 + 7], row[1024 + 5 * 32 + 7], row[2048 + 5 * 32 + 7]]
    assert raw.train.y[:12].tolist() == [*range(10), 0, 1]
    assert any("train examples: 100 instead of the canonical 50,000" in note for note in raw.notes)


@pytest.mark.parametrize("protocol", [2, 4])
def test_batches_pickled_again_by_python_3_are_read(batches, protocol) -> None:
    folder, written = batches
    before = cifar10.load(folder)
    for name, data in written.items():
        batch = {"data": data, "labels": [i % 10 for i in range(20)]}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    after = cifar10.load(folder)
    assert np.array_equal(before.train.x, after.train.x)
    assert np.array_equal(before.test.y, after.test.y)


def test_folder_torchvision_folder_and_archive_are_the_same_data(batches, pack, tmp_path) -> None:
    folder, _ = batches
    archive = pack(folder, tmp_path / "cifar-10-python.tar.gz")
    prints = {load_dataset("cifar10", seed=0, options={"path": str(p)}).fingerprint for p in (folder, archive)}
    prints.add(load_dataset("cifar10", seed=0, options={"path": str(tmp_path)}).fingerprint)
    assert len(prints) == 1


def test_a_pickle_that_asks_for_anything_else_is_refused_unexecuted(batches, tmp_path) -> None:
    folder, _ = batches

    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    (folder / "data_batch_1").write_bytes(pickle.dumps({"data": Hostile(), "labels": []}))
    with pytest.raises(KleiberError, match=r"data_batch_1: it asks for \w+\.mkdir"):
        cifar10.load(folder)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a pickle", "data_batch_3 is damaged"),
        (b"", "data_batch_3 is damaged"),
        (pickle.dumps({"data": [1, 2], "labels": [1]}), "rows of 3,072 bytes"),
        (pickle.dumps({"labels": [1]}), "data_batch_3 is damaged"),
    ],
)
def test_a_damaged_batch_is_named(batches, content, message) -> None:
    folder, _ = batches
    (folder / "data_batch_3").write_bytes(content)
    with pytest.raises(KleiberError, match=message):
        cifar10.load(folder)


def test_a_label_above_nine_and_a_missing_batch_are_named(batches, old_pickle) -> None:
    folder, written = batches
    (folder / "data_batch_4").write_bytes(old_pickle(written["data_batch_4"], [10] * 20))
    with pytest.raises(KleiberError, match="data_batch_4: a label outside 0 to 9"):
        cifar10.load(folder)
    (folder / "test_batch").unlink()
    with pytest.raises(KleiberError, match="no test_batch"):
        cifar10.load(folder)


def test_jpeg_folder_and_its_archive_are_the_same_and_named_as_lossy(tmp_path, write_images, pack) -> None:
    folder = tmp_path / "images" / "cifar10"
    names = [f"{part}/{c}/{i:04d}.jpg" for part in ("train", "test") for c in cifar10.CLASSES for i in range(5)]
    write_images(folder, names, shape=(32, 32, 3))
    (tmp_path / "packed").mkdir()
    archive = pack(folder, tmp_path / "packed" / "cifar10-jpeg.tar.gz")
    sets = [
        load_dataset("cifar10", seed=3, options={"path": str(path)})
        for path in (folder, folder.parent, archive, archive.parent)
    ]
    assert {data.name for data in sets} == {"CIFAR-10 (JPEG)"}
    assert len({data.fingerprint for data in sets}) == 1
    assert sets[0].classes == cifar10.CLASSES
    assert (len(sets[0].train), len(sets[0].validation), len(sets[0].test)) == (40, 10, 50)


def test_other_class_folders_are_refused(tmp_path, write_images) -> None:
    write_images(tmp_path, [f"{part}/{c}/1.png" for part in ("train", "test") for c in ("cat", "dog")])
    with pytest.raises(KleiberError, match="class folders are cat, dog; CIFAR-10 has airplane"):
        cifar10.load(tmp_path)


def test_an_empty_place_is_refused_with_what_is_expected(tmp_path) -> None:
    with pytest.raises(KleiberError, match=r"neither data_batch_1 .* nor cifar-10-python.tar.gz"):
        cifar10.load(tmp_path)


@pytest.mark.slow
def test_the_real_set_loads_within_a_minute_of_one_core(real_data: Path) -> None:
    place = real_data / "cifar10"
    if not place.is_dir():
        pytest.skip("CIFAR-10 is not among the real data sets")
    code = (
        "import sys, time; from kleiber.datasets import load_dataset\n"
        "d = load_dataset('cifar10', seed=0, options={'path': sys.argv[1]})\n"
        "print(d.train.x.shape, d.validation.x.shape, d.test.x.shape, sorted(d.duplicates), time.process_time())"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=True).stdout
    shapes, seconds = shown.rsplit(maxsplit=1)
    assert shapes == "(40000, 32, 32, 3) (10000, 32, 32, 3) (10000, 32, 32, 3) []"
    assert float(seconds) < 60
