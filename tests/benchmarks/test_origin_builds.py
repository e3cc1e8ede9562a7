"""Two builds of the study beside each other: what a sample is multiplied to."""

import sys

import pytest

from benchmarks import origin_builds


def test_a_sample_is_multiplied_by_what_goes_on():
    found = {"first": [1.0, 3.0], "later": [4.0, 5.0], "score": 10.0, "counts": [20, 8, 4], "scores": 3}
    assert origin_builds.cost(found) == 20 * 2.0 + 8 * 4.0 + 4 * 5.0 + 3 * 10.0


def test_draws_lie_in_the_articles_space_and_are_the_same_again():
    draws = origin_builds.drawn(4, 1, 200)
    again, other = (origin_builds.drawn(4, 1, n) for n in (200, 400))
    assert draws == again
    assert draws != other
    assert all(10 <= draw["conv1"] <= 100 and origin_builds.effective(draw) > 0 for draw in draws)


def test_each_build_is_asked_in_turn_and_their_ratio_told(monkeypatch, tmp_path, capsys):
    asked = []

    def answer(source, **order):
        asked.append((source.name, order["n"]))
        seconds = 4.0 if source.name == "old" else 1.0
        return {"first": [seconds], "later": [], "score": seconds, "counts": [20], "scores": 3}

    monkeypatch.setattr(origin_builds, "asked", answer)
    monkeypatch.setattr(origin_builds, "HERE", tmp_path / "new")
    monkeypatch.setattr(sys, "argv", ["origin_builds", str(tmp_path / "old"), "--sizes", "200,400"])
    origin_builds.main()
    assert asked == [("old", 200), ("new", 200), ("old", 400), ("new", 400)]
    assert capsys.readouterr().out.splitlines()[-1] == "all sizes: earlier 184 s, now 46 s, ratio 0.250"


def test_a_build_has_to_be_named(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["origin_builds"])
    with pytest.raises(SystemExit):
        origin_builds.main()
