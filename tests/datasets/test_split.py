import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kleiber.datasets import Part, Raw
from kleiber.datasets._split import split_off
from kleiber.errors import KleiberError

BOTH = {"test": 0.2, "validation": 0.2}


def _raw(y: list[int], groups: list[int] | None = None) -> Raw:
    x = np.arange(len(y), dtype=np.float32)[:, np.newaxis]
    return Raw(
        name="made",
        task="classification",
        classes=tuple("abcdefghij"[: max(y) + 1]),
        train=Part(x, np.array(y, dtype=np.int64)),
        groups=None if groups is None else np.array(groups),
    )


def _rows(part: Part) -> list[int]:
    return part.x[:, 0].astype(int).tolist()


def test_each_class_gives_its_share_and_nothing_is_lost() -> None:
    parts = split_off(_raw([0] * 100 + [1] * 50 + [2] * 10), BOTH, seed=0)
    counts = {label: np.bincount(part.y).tolist() for label, part in parts.items()}
    assert counts == {"train": [60, 30, 6], "validation": [20, 10, 2], "test": [20, 10, 2]}
    assert sorted(row for part in parts.values() for row in _rows(part)) == list(range(160))
    assert all(_rows(part) == sorted(_rows(part)) for part in parts.values())


def test_the_seed_decides_and_nothing_else() -> None:
    raw = _raw([0, 1] * 50)
    first, again, other = (split_off(raw, BOTH, seed=seed) for seed in (1, 1, 2))
    assert _rows(first["test"]) == _rows(again["test"])
    assert _rows(first["test"]) != _rows(other["test"])


def test_the_test_set_does_not_depend_on_the_validation_share() -> None:
    raw = _raw([0, 1] * 50)
    small = split_off(raw, {"test": 0.2, "validation": 0.1}, seed=1)
    large = split_off(raw, {"test": 0.2, "validation": 0.3}, seed=1)
    assert _rows(small["test"]) == _rows(large["test"])
    assert len(large["validation"]) == 30


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(3, 40), min_size=2, max_size=6),
    share=st.floats(0.05, 0.3),
    seed=st.integers(0, 2**32),
)
def test_shares_hold_for_any_class_counts(counts, share, seed) -> None:
    y = [label for label, count in enumerate(counts) for _ in range(count)]
    parts = split_off(_raw(y), {"test": share, "validation": share}, seed=seed)
    assert sorted(row for part in parts.values() for row in _rows(part)) == list(range(len(y)))
    for label in ("test", "validation"):
        found = np.bincount(parts[label].y, minlength=len(counts))
        assert (found >= 1).all()
        assert (np.abs(found - np.array(counts) * share) <= 1).all()


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 12), min_size=12, max_size=40), seed=st.integers(0, 2**32))
def test_groups_stay_on_one_side_whatever_their_sizes(sizes, seed) -> None:
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    parts = split_off(_raw([i % 2 for i in range(len(groups))], groups), BOTH, seed=seed)
    sides = {label: {groups[row] for row in _rows(part)} for label, part in parts.items()}
    assert not sides["train"] & sides["test"]
    assert not sides["train"] & sides["validation"]
    assert not sides["test"] & sides["validation"]
    assert sum(map(len, sides.values())) == len(sizes)


def test_groups_come_out_near_their_shares_by_size_and_class() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(80), rng.integers(3, 15, 80))
    y = [int(g) % 4 == 0 for g in groups]  # a quarter of the patients have class 1
    parts = split_off(_raw([int(v) for v in y], groups.tolist()), BOTH, seed=0)
    for label in ("test", "validation"):
        assert len(parts[label]) / len(groups) == pytest.approx(0.2, abs=0.03)
        assert parts[label].y.mean() == pytest.approx(np.mean(y), abs=0.05)


def test_without_groups_the_same_groups_are_cut() -> None:
    groups = [i // 10 for i in range(200)]  # negative control: the property above is not one of any split
    parts = split_off(_raw([i % 2 for i in range(200)]), BOTH, seed=0)
    sides = {label: {groups[row] for row in _rows(part)} for label, part in parts.items()}
    assert sides["train"] & sides["test"]


def test_a_regression_is_split_at_random() -> None:
    x = np.arange(100, dtype=np.float32)[:, np.newaxis]
    raw = Raw(name="r", task="regression", classes=(), train=Part(x, np.linspace(0, 1, 100)))
    parts = split_off(raw, BOTH, seed=0)
    assert {label: len(part) for label, part in parts.items()} == {"train": 60, "test": 20, "validation": 20}


def test_a_given_part_is_left_alone(make_raw) -> None:
    raw = make_raw(train=[0, 1] * 20, test=[0, 1])
    parts = split_off(raw, {"validation": 0.25}, seed=0)
    assert parts["test"] is raw.test
    assert (len(parts["train"]), len(parts["validation"])) == (30, 10)
    assert split_off(dataclasses.replace(raw, validation=raw.test), {}, seed=0)["train"] is raw.train


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, True, "0.2", float("nan")])
def test_a_share_outside_nought_and_one_is_refused(share) -> None:
    with pytest.raises(KleiberError, match="test = "):
        split_off(_raw([0, 1] * 20), {"test": share, "validation": 0.2}, seed=0)


def test_shares_that_leave_nothing_small_classes_and_few_groups_are_refused() -> None:
    with pytest.raises(KleiberError, match="leave nothing"):
        split_off(_raw([0, 1] * 20), {"test": 0.5, "validation": 0.5}, seed=0)
    with pytest.raises(KleiberError, match="class 'b' has 2 distinct examples"):
        split_off(_raw([0] * 20 + [1] * 2), BOTH, seed=0)
    with pytest.raises(KleiberError, match="2 groups are too few for train, test and validation"):
        split_off(_raw([0, 1] * 20, [0] * 20 + [1] * 20), BOTH, seed=0)
    with pytest.raises(KleiberError, match="no whole group fits into"):
        split_off(_raw([0, 1] * 50, [0] * 98 + [1, 2]), {"test": 0.001, "validation": 0.2}, seed=0)
