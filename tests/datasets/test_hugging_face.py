"""Data sets as `save_to_disk` of Hugging Face writes them: read without its package, its own names kept."""

import io
import json

import numpy as np
import polars as pl
import pytest
from PIL import Image

from kleiber.datasets import load_dataset
from kleiber.errors import KleiberError

LABEL = {"names": ["neg", "pos"], "_type": "ClassLabel"}


def save(folder, pieces, features):
    """Write what `datasets` 5.2.0 writes for one part, a file a piece."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05d}-of-{len(pieces):05d}.arrow" for i in range(len(pieces))]
    for name, piece in zip(names, pieces, strict=True):
        piece.write_ipc_stream(folder / name)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    return folder


def reviews(start, stop):
    ids = range(start, stop)
    return pl.DataFrame(
        {"text": [f"review {i}" for i in ids], "label": [i % 2 for i in ids], "by": [f"a{i // 3}" for i in ids]}
    )


def png(seed, size=(5, 6)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_parts_pieces_classes_and_groups_are_kept(tmp_path):
    folder = tmp_path / "reviews"
    for part, (start, stop) in {"train": (0, 60), "test": (60, 90)}.items():
        middle = (start + stop) // 2
        save(folder / part, [reviews(start, middle), reviews(middle, stop)], {"label": LABEL})
    (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    data = load_dataset(str(folder), seed=0, options={"group": "by"})
    assert data.classes == ("neg", "pos") and len(data.test) == 30 and data.name == "reviews"
    assert sorted([*data.train.texts, *data.validation.texts]) == sorted(f"review {i}" for i in range(60))
    assert all(int(text.split()[1]) % 2 == y for text, y in zip(data.train.texts, data.train.y, strict=True))
    authors = [{int(text.split()[1]) // 3 for text in part.texts} for part in (data.train, data.validation)]
    assert not authors[0] & authors[1]


def test_images_are_decoded_and_made_of_one_size(tmp_path):
    rows = pl.DataFrame(
        {"image": [{"bytes": png(i), "path": None} for i in range(20)], "label": [i % 2 for i in range(20)]}
    )
    data = load_dataset(str(save(tmp_path / "a", [rows], {"label": LABEL})), seed=0)
    assert data.train.x.shape[1:] == (5, 6, 3) and data.train.x.dtype == np.uint8
    mixed = rows.with_columns(pl.Series("image", [{"bytes": png(i, (5 + i % 2, 6)), "path": None} for i in range(20)]))
    data = load_dataset(str(save(tmp_path / "b", [mixed], {})), seed=0, options={"size": 4, "task": "classification"})
    assert data.train.x.shape[1:] == (4, 4, 3)
    gone = rows.with_columns(pl.Series("image", [{"bytes": None, "path": f"{i}.png"} for i in range(20)]))
    with pytest.raises(KleiberError, match="column image, row 0: no image is kept here"):
        load_dataset(str(save(tmp_path / "c", [gone], {})), seed=0)


def test_rows_of_numbers_and_an_unlabelled_class_are_said(tmp_path):
    rows = pl.DataFrame({"x": [[1.0, float(i)] for i in range(30)], "y": [0.5 * i for i in range(30)]})
    data = load_dataset(str(save(tmp_path / "a", [rows], {})), seed=0)
    assert data.task == "regression" and data.train.x.shape[1] == 2
    hidden = pl.DataFrame({"text": ["a", "b", "c"], "label": [0, -1, 1]})
    with pytest.raises(KleiberError, match="column label, row 1: class -1 is none of the 2 that are named"):
        load_dataset(str(save(tmp_path / "b", [hidden], {"label": LABEL})), seed=0)


def test_a_folder_that_is_none_and_a_damaged_file_are_named(tmp_path):
    with pytest.raises(KleiberError, match="no folder that save_to_disk has written"):
        load_dataset("hugging_face", seed=0, options={"path": str(tmp_path)})
    folder = save(tmp_path / "a", [reviews(0, 30)], {})
    (folder / "data-00000-of-00001.arrow").write_bytes(b"cut")
    with pytest.raises(KleiberError, match="cannot be read as Arrow"):
        load_dataset(str(folder), seed=0)
    (folder / "dataset_dict.json").write_text('{"splits": ["all"]}')
    with pytest.raises(KleiberError, match="has no part 'train', but all"):
        load_dataset(str(folder), seed=0)
