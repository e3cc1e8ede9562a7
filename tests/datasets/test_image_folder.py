from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kleiber.datasets import image_folder, load_dataset
from kleiber.errors import KleiberError

CLASSES = ("cat", "dog")


def _names(*prefixes: str, count: int = 10, suffix: str = "png") -> list[str]:
    return [f"{prefix}/{c}/{i}.{suffix}" for prefix in prefixes for c in CLASSES for i in range(count)]


@pytest.fixture
def direct(tmp_path, write_images) -> Path:
    write_images(tmp_path / "pets", _names("."))
    return tmp_path / "pets"


def test_class_folders_alone_are_split_stratified(direct) -> None:
    data = load_dataset(str(direct), seed=0)
    assert data.name == "pets"
    assert data.classes == CLASSES
    assert data.train.x.shape == (12, 6, 5, 3)
    assert [np.bincount(p.y).tolist() for p in (data.train, data.validation, data.test)] == [[6, 6], [2, 2], [2, 2]]


@pytest.mark.parametrize("name", ["val", "validation"])
def test_given_parts_are_kept_and_missing_ones_split_off(tmp_path, write_images, name) -> None:
    write_images(tmp_path, _names("train"))
    write_images(tmp_path, _names(name, count=3))
    data = load_dataset(str(tmp_path), seed=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (16, 6, 4)


def test_pixels_are_those_of_the_files_in_order_of_path(tmp_path, write_images) -> None:
    write_images(tmp_path, _names("train", "test"))
    raw = image_folder.load(tmp_path)
    for i, name in enumerate(_names("train")):
        assert np.array_equal(raw.train.x[i], np.asarray(Image.open(tmp_path / name)))
    assert raw.test is not None
    assert raw.test.y.tolist() == [0] * 10 + [1] * 10


def test_a_folder_and_its_archive_are_the_same_data(direct, pack, tmp_path) -> None:
    archive = pack(direct, tmp_path / "pets.tar.gz")
    first, second = load_dataset(str(direct), seed=0), load_dataset(str(archive), seed=0)
    assert (first.fingerprint, first.name) == (second.fingerprint, second.name)


def test_one_pixel_changes_the_fingerprint(tmp_path, write_images) -> None:
    write_images(tmp_path, _names("train", "test"))
    before = load_dataset(str(tmp_path), seed=0)
    file = tmp_path / "train/dog/7.png"
    pixels = np.asarray(Image.open(file)).copy()
    pixels[0, 0, 0] ^= 1
    Image.fromarray(pixels).save(file)
    assert load_dataset(str(tmp_path), seed=0).fingerprint != before.fingerprint


def test_images_copied_from_test_into_train_are_counted_and_refused(tmp_path, write_images) -> None:
    write_images(tmp_path, [*_names("train", count=20), *_names("test")])
    for i in range(3):
        (tmp_path / f"train/cat/copy{i}.png").write_bytes((tmp_path / f"test/cat/{i}.png").read_bytes())
    with pytest.raises(KleiberError, match=r"3 of 20 test examples \(15.0 %\)"):
        load_dataset(str(tmp_path), seed=0)
    data = load_dataset(str(tmp_path), seed=0, options={"allow_overlap": True})
    assert data.duplicates == {"test_in_train": 3, "train_in_test": 3}
    assert len(data.train) + len(data.validation) == 40


def test_a_broken_image_is_named(direct, pack, tmp_path) -> None:
    file = direct / "dog" / "3.png"
    file.write_bytes(file.read_bytes()[:60])
    for place in (direct, pack(direct, tmp_path / "pets.tar.gz")):
        with pytest.raises(KleiberError, match=r"dog/3\.png: not a readable image"):
            load_dataset(str(place), seed=0)
    file.write_bytes(b"words")
    with pytest.raises(KleiberError, match=r"dog/3\.png: not an image of a known format"):
        load_dataset(str(direct), seed=0)


def test_images_of_mixed_sizes_get_their_median_size_which_is_said(direct, write_images) -> None:
    write_images(direct, ["dog/tall.png"], shape=(9, 5, 3))
    data = load_dataset(str(direct), seed=0)
    assert data.train.x.shape[1:] == (6, 5, 3)
    (note,) = data.notes
    assert note == (
        "the images have 2 sizes, 6 to 9 pixels high and 5 to 5 wide; all are resized: size = [6, 5] under [data]"
    )
    assert load_dataset(str(direct), seed=0, options={"size": [6, 5]}).fingerprint == data.fingerprint
    assert load_dataset(str(direct), seed=0, options={"size": [4, 3]}).notes == ()
    assert load_dataset(str(direct), seed=0, options={"size": 4}).train.x.shape[1:] == (4, 4, 3)


def test_large_photographs_get_64_pixels_and_small_ones_stay(tmp_path, write_images) -> None:
    for shape, found in (
        ((300, 400, 3), (48, 64, 3)), ((257, 20), (64, 5, 1)), ((256, 200, 3), (256, 200, 3)), ((96, 96), (96, 96, 1)),
    ):  # fmt: skip
        folder = tmp_path / str(shape)
        write_images(folder, _names(".", count=3), shape=shape)
        data = load_dataset(str(folder), seed=0)
        assert data.train.x.shape[1:] == found
        assert any("all are resized" in note for note in data.notes) == (found[:2] != shape[:2])


def test_photographs_on_their_side_count_as_they_are_seen(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for c in CLASSES:
        (tmp_path / c).mkdir()
        for i in range(6):
            size, how = ((80, 40), {"exif": exif}) if i % 2 else ((30, 60), {})
            Image.new("RGB", size, (40 * i, 0, 150 * (c == "dog"))).save(tmp_path / c / f"{i}.jpg", **how)
    data = load_dataset(str(tmp_path), seed=0)
    assert data.train.x.shape[1:] == (64, 32, 3)  # 80 or 60 high and 40 or 30 wide, by their medians


def test_images_of_mixed_modes_become_rgb_which_is_said(direct, write_images) -> None:
    write_images(direct, ["dog/grey.png"], shape=(6, 5))
    data = load_dataset(str(direct), seed=0)
    assert data.train.x.shape[1:] == (6, 5, 3)
    assert data.notes == ('the images are mixed, 20 RGB and 1 grey; all are converted: mode = "RGB" under [data]',)
    assert load_dataset(str(direct), seed=0, options={"mode": "RGB"}).fingerprint == data.fingerprint
    grey = load_dataset(str(direct), seed=0, options={"mode": "grey"})
    assert (grey.train.x.shape[1:], grey.notes) == ((6, 5, 1), ())


def test_an_archive_of_mixed_images_is_its_folder(direct, write_images, pack, tmp_path) -> None:
    write_images(direct, ["dog/tall.png"], shape=(9, 5))
    folder, archive = (load_dataset(str(p), seed=0) for p in (direct, pack(direct, tmp_path / "pets.tar.gz")))
    assert folder.fingerprint == archive.fingerprint and folder.notes == archive.notes and len(folder.notes) == 2


def test_files_are_read_as_they_are(tmp_path, write_images) -> None:
    write_images(tmp_path / "grey", _names("."), shape=(4, 4))
    write_images(tmp_path / "alpha", _names("."), shape=(4, 4, 4))
    assert load_dataset(str(tmp_path / "grey"), seed=0).train.x.shape[1:] == (4, 4, 1)
    assert load_dataset(str(tmp_path / "alpha"), seed=0).train.x.shape[1:] == (4, 4, 4)
    deep = np.zeros((4, 4), dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "grey" / "cat" / "0.png")
    with pytest.raises(KleiberError, match=r"cat/0\.png: pixels of mode I"):
        load_dataset(str(tmp_path / "grey"), seed=0)


def test_a_photograph_is_turned_as_its_exif_says(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    for c in CLASSES:
        for i in range(5):
            (tmp_path / c).mkdir(exist_ok=True)
            Image.new("RGB", (8, 4), (i, len(c), ord(c[0]))).save(tmp_path / c / f"{i}.jpg", exif=exif)
    assert image_folder.load(tmp_path).train.x.shape == (10, 8, 4, 3)


@pytest.mark.parametrize(("option", "value"), [("size", [0, 3]), ("size", "big"), ("size", [1.5, 2]), ("mode", "cmyk")])
def test_false_options_are_refused(direct, option, value) -> None:
    with pytest.raises(KleiberError, match=f"{option} must be"):
        load_dataset(str(direct), seed=0, options={option: value})


def test_groups_by_a_folder_level_stay_on_one_side(tmp_path, write_images) -> None:
    write_images(tmp_path, [f"train/{c}/patient{p}/{i}.png" for c in CLASSES for p in range(12) for i in range(3)])
    raw = image_folder.load(tmp_path, group_level=2)
    owner = {image.tobytes(): group for image, group in zip(raw.train.x, raw.groups, strict=True)}
    data = load_dataset(str(tmp_path), seed=1, options={"group_level": 2})
    sides = [{owner[image.tobytes()] for image in part.x} for part in (data.train, data.validation, data.test)]
    assert sum(map(len, sides)) == 12
    assert all(sides)
    with pytest.raises(KleiberError, match="group_level = 3"):
        image_folder.load(tmp_path, group_level=3)
    with pytest.raises(KleiberError, match="is the class folder"):
        image_folder.load(tmp_path, group_level=1)
    write_images(tmp_path, ["test/cat/patient3/9.png", "test/dog/patient99/9.png"])
    with pytest.raises(KleiberError, match="group 'patient3' is in train and in test"):
        image_folder.load(tmp_path, group_level=2)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat/1.png"], "one class folder, 'cat'"),
        (["1.png", "2.png"], "lies in no class folder"),
        (["test/cat/1.png", "test/dog/1.png"], "no folder train"),
        (["train/cat/1.png", "train/dog/1.png", "test/eel/1.png"], "class folder 'eel', but train has not"),
        (["train/cat/1.png", "train/dog/1.png", "extra/dog/1.png"], "has extra beside train"),
        (["train/cat/1.png", "train/dog/1.png", "val/dog/1.png", "validation/dog/1.png"], "both val and validation"),
    ],
)
def test_other_layouts_are_refused(tmp_path, write_images, names, message) -> None:
    write_images(tmp_path, names)
    with pytest.raises(KleiberError, match=message):
        image_folder.load(tmp_path)


def test_a_class_without_readable_files_does_not_vanish_unseen(direct) -> None:
    (direct / "eel").mkdir()
    with pytest.raises(KleiberError, match="eel is empty"):
        image_folder.load(direct)
    (direct / "eel" / "1.heic").write_bytes(b"x")
    with pytest.raises(KleiberError, match=r"folder eel holds no images, but 1.heic"):
        image_folder.load(direct)


def test_other_files_are_passed_over_and_said(direct) -> None:
    (direct / "README.txt").write_text("words")
    (direct / ".DS_Store").write_text("")
    assert image_folder.load(direct).notes == ("files that are no images, passed over: 1",)


def test_nothing_and_nowhere_are_refused(tmp_path) -> None:
    with pytest.raises(KleiberError, match="holds no images"):
        image_folder.load(tmp_path)
    with pytest.raises(KleiberError, match="no folder or archive"):
        image_folder.load(tmp_path / "nowhere")
    with pytest.raises(KleiberError, match="needs the path of a folder"):
        image_folder.load()


def test_a_class_folder_may_be_a_link_but_not_in_a_circle(direct, tmp_path, write_images) -> None:
    write_images(tmp_path / "elsewhere", [f"{i}.png" for i in range(4)])
    (direct / "eel").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert image_folder.load(direct).classes == ("cat", "dog", "eel")
    (direct / "dog" / "loop").symlink_to(direct, target_is_directory=True)
    with pytest.raises(KleiberError, match="once more, by a link"):
        image_folder.load(direct)


@pytest.fixture
def listed(tmp_path, write_images) -> Path:
    """Twenty images in one folder, which a table is to describe."""
    write_images(tmp_path / "scans", [f"images/{i}.png" for i in range(20)])
    return tmp_path / "scans"


def test_a_table_of_amounts_makes_a_regression(listed, pack, tmp_path) -> None:
    lines = [f"images/{i}.png,{i / 4}" for i in reversed(range(20))]
    (listed / "targets.csv").write_text("file,target\n" + "\n".join(lines) + "\n")
    raw = image_folder.load(listed, targets="targets.csv")
    assert raw.task == "regression"
    order = sorted(range(20), key=str)
    assert raw.train.y.tolist() == [i / 4 for i in order]
    archive = pack(listed, tmp_path / "scans.tar.gz")
    prints = {load_dataset(str(p), seed=0, options={"targets": "targets.csv"}).fingerprint for p in (listed, archive)}
    assert len(prints) == 1


def test_a_table_of_words_makes_classes_with_groups(listed) -> None:
    lines = [f"images/{i}.png,{'ab'[i % 2]},p{i // 2}" for i in range(18)]
    (listed / "t.csv").write_text("\ufefffile,target,group\n" + "\n".join(lines))
    raw = image_folder.load(listed, targets="t.csv")
    assert (raw.task, raw.classes, len(raw.train)) == ("classification", ("a", "b"), 18)
    assert len(set(raw.groups.tolist())) == 9
    assert raw.notes == ("images without a target, left out: 2",)
    data = load_dataset(str(listed), seed=0, options={"targets": "t.csv"})
    assert len(data.train) + len(data.validation) + len(data.test) == 18


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,target\nimages/0.png,1\n", "whole numbers.*task = 'classification'"),
        ("file,target\nimages/77.png,1.5\n", r"line 2: there is no image 'images/77.png'"),
        ("file,target\nimages/0.png,1.5\nimages/0.png,2.5\n", "line 3: .* listed a second time"),
        ("file,target\nimages/0.png,\n", "line 2: no target"),
        ("file,target\nimages/0.png,1.5,9\n", "line 2: not 2 cells"),
        ("file,target,group\nimages/0.png,1.5,\n", "line 2: no group"),
        ("name,target\nimages/0.png,1.5\n", "no column 'file'; it has name, target"),
        ("file,target\n", "lists no images"),
        ("", "no column 'file'; it has none"),
    ],
)
def test_a_false_table_is_named_with_its_line(listed, table, message) -> None:
    (listed / "targets.csv").write_text(table)
    with pytest.raises(KleiberError, match=message):
        image_folder.load(listed, targets="targets.csv")


def test_a_missing_table_and_a_regression_without_one_are_refused(listed, direct) -> None:
    with pytest.raises(KleiberError, match=r"has no targets.csv"):
        image_folder.load(listed, targets="targets.csv")
    with pytest.raises(KleiberError, match="a regression needs a table"):
        image_folder.load(direct, task="regression")
