"""Frozen backbones: each example is seen once, features are those of the backbone, and heads learn them."""

import json
from pathlib import Path

import numpy as np
import pytest

import kleiber
from kleiber import plugins
from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.study.study import Study
from kleiber.trainers import _kept_features

HERE = Path(__file__)
SEEN = []


def embed(images):
    """A backbone of one's own: means of rows."""
    SEEN.append(len(images))
    return images.reshape(len(images), 8, -1).mean(axis=2)


def wrong(images):
    return np.full((len(images), 2), np.nan)


def broken(images):
    raise ValueError("no weights.bin")


def study(tmp_path, module="efficientnet-lite0", **fields):
    rng = np.random.default_rng(0)
    y = np.arange(90) % 2
    x = rng.integers(0, 120, (90, 16, 16, 3)).astype(np.uint8)
    x[y == 1, :8] += 100
    given = {"data": (x, y), "sizes": [6, 12, 24, 48], "replicates": 2, **fields}
    return Study(trainer="features", module=module, **given)


def test_a_backbone_of_ones_own_sees_each_example_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "mine.py"
    file.write_text(
        "SEEN = []\ndef embed(images):\n    SEEN.append(len(images))\n"
        "    return images.reshape(len(images), 8, -1).mean(axis=2)\n"
    )
    rows = kleiber.run_study(study(tmp_path, f"{file}:embed"), tmp_path / "k.db").export("study")
    assert {row["state"] for row in rows} == {"ok"} and rows[-1]["test"]["error"] == 0
    mine = plugins.load_file(str(file))
    assert sum(mine.SEEN) == 90
    kleiber.run_study(study(tmp_path, f"{file}:embed", seed=1), tmp_path / "other.db")
    assert sum(mine.SEEN) == 90  # another split of the same images


def test_efficientnet_needs_no_network_and_says_what_it_resized(tmp_path):
    rows = kleiber.run_study(study(tmp_path, training={"pixels": 32}), tmp_path / "k.db").export("study")
    assert rows[-1]["test"]["error"] <= 0.25
    assert "images of 16 x 16 pixels were resized to 32 x 32" in rows[0]["message"]
    (curve, *_) = kleiber.analyse(tmp_path / "k.db", metric="error").content["curves"]
    assert curve["model"] == "efficientnet-lite0"


def test_wordllama_embeds_texts_without_a_network(tmp_path):
    file = tmp_path / "reviews.jsonl"
    words = {"good": ["wonderful", "delightful", "superb"], "bad": ["dreadful", "boring", "awful"]}
    rows = [{"text": f"a {words[y][i % 3]} film {i}", "label": y} for i in range(60) for y in words]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = Study(data=str(file), trainer="features", module="wordllama", sizes=[4, 8, 16, 32], params={"C": 1.0})
    rows = kleiber.run_study(made, tmp_path / "k.db").export("study")
    assert rows[-1]["test"]["error"] < 0.1


def test_features_are_found_again_by_content_in_any_order(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    x = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 3)).astype(np.uint8)
    part = Part(x, np.zeros(20, dtype=np.int64))
    first = _kept_features.of_part(part, f"{HERE}:embed", 32)
    np.testing.assert_allclose(first, embed(x), rtol=1e-6)
    order = np.random.default_rng(1).permutation(20)
    np.testing.assert_array_equal(_kept_features.of_part(part.take(order), f"{HERE}:embed", 32), first[order])


def test_two_backbones_of_one_file_have_features_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "mine.py"
    file.write_text("def ones(x):\n    return [[1.0]] * len(x)\ndef twos(x):\n    return [[2.0]] * len(x)\n")
    part = Part(np.zeros((3, 8, 8, 3), dtype=np.uint8), np.zeros(3, dtype=np.int64))
    found = [_kept_features.of_part(part, f"{file}:{name}", 32)[0, 0] for name in ("ones", "twos")]
    assert found == [1.0, 2.0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"module": "efficientnet-lite9"}, "'efficientnet-lite9' is no backbone. There are efficientnet-lite0, wordllama"),
        ({"module": "wordllama"}, "wordllama takes texts, and the data are images"),
        ({"params": {"width": 3}}, r"\[params\] width: the head logistic takes C"),
        ({"module": f"{HERE}:wrong"}, "gives values that are not finite for"),
        ({"module": f"{HERE}:broken"}, r"can't turn 54 examples into features \(m, k\): ValueError: no weights.bin"),
        ({"module": "timm/resnet18"}, "needs 'timm', not installed here: pip install timm"),
    ],
)
def test_what_can_not_be_a_backbone_is_refused_before_anything_runs(tmp_path, fields, said):
    with pytest.raises(KleiberError, match=said):
        kleiber.run_study(study(tmp_path, **fields), tmp_path / "k.db")
