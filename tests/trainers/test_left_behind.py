"""A study of a backbone leaves no file but kleiber's own, says nothing, asks nobody, and the process is what it was."""

import socket
import tempfile
import threading

import numpy as np
import pytest
import threadpoolctl
from tests.trainers import process

import kleiber
from kleiber.study.study import Study

RNG = np.random.default_rng(3)
KINDS = np.arange(60) % 2
IMAGES = (RNG.integers(0, 90, (60, 12, 12, 3)) + 120 * KINDS[:, None, None, None]).astype(np.uint8)
TEXTS = ([f"a {('wonderful', 'dreadful')[kind]} film {i}" for i, kind in enumerate(KINDS)], KINDS)
LEAVES = """
import os, random
import numpy as np

def embed(images):
    import torch
    os.environ["LEFT_BEHIND"] = "1"
    os.environ.pop("THERE", None)
    random.seed(7)
    np.random.seed(7)
    torch.manual_seed(7)
    torch.set_num_threads(1 if torch.get_num_threads() != 1 else 2)
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    return images.reshape(len(images), 12, -1).mean(axis=2)
"""
STUDIES = {
    "features": {"trainer": "features", "module": "efficientnet-lite0", "training": {"pixels": 32}},
    "a backbone of one's own": {"trainer": "features", "module": "mine.py:embed"},
    "texts": {"trainer": "features", "module": "wordllama", "data": TEXTS},
    "finetune": {
        "trainer": "finetune", "module": "efficientnet-lite0", "sizes": [16], "replicates": 1,
        "training": {"epochs": 1, "pixels": 32, "batch": 8},
    },
}  # fmt: skip


def state():
    pools = {each["filepath"]: each["num_threads"] for each in threadpoolctl.threadpool_info()}
    return {**process.state(), "libraries": pools, "running": threading.active_count()}


@pytest.mark.parametrize("name", STUDIES)
def test_nothing_is_left_behind(name, tmp_path, monkeypatch, capfd):
    def refused(*args, **kwargs):
        raise AssertionError("a study asked the network")

    import sklearn.datasets  # noqa: F401  (it sets two variables for good, whoever imports it)

    home, work, scratch = (tmp_path / each for each in ("home", "work", "scratch"))
    for folder in (home, work, scratch):
        folder.mkdir()
    (work / "mine.py").write_text(LEAVES)
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("THERE", "yes")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    study = Study(**{"data": (IMAGES, KINDS), "sizes": [8, 16], "replicates": 1, **STUDIES[name]})
    before = state()
    rows = kleiber.run_study(study, work / "k.db").export("study")
    after = state()
    assert {row["state"] for row in rows} == {"ok"}
    after["libraries"] = {each: after["libraries"][each] for each in before["libraries"]}  # others may have come in
    assert after == before
    assert capfd.readouterr() == ("", "")
    assert {file.name.partition(".")[0] for file in work.iterdir()} - {"__pycache__"} == {"k", "mine"}
    left = {file.name.partition("_")[0] for file in scratch.iterdir()}
    assert left <= ({"torchinductor"} if "mine" in STUDIES[name]["module"] else set())  # by its own last line but one
    assert {str(file.relative_to(home)) for file in home.glob("*/*")} == {".cache/kleiber"}
