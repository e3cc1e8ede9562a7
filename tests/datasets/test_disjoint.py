import dataclasses

import numpy as np
import pytest

from kleiber.datasets import Part, Raw
from kleiber.datasets._disjoint import content_hashes, make_disjoint, notes
from kleiber.errors import KleiberError


def _with_copies(part: Part, source: Part, places: dict[int, int]) -> Part:
    """Give `part` with the example at each place replaced by one of `source`; targets stay."""
    x = part.x.copy()
    for place, origin in places.items():
        x[place] = source.x[origin]
    return Part(x, part.y)


@pytest.fixture
def raw(make_raw) -> Raw:
    return make_raw(train=[0, 1] * 200, validation=[0, 1] * 100, test=[0, 1] * 100)


def test_clean_data_stay_as_they_are_and_count_nothing(raw) -> None:
    clean, counts = make_disjoint(raw, allow_overlap=False)
    assert counts == {}
    assert clean.train is raw.train


def test_one_in_a_hundred_is_counted_and_kept_out_of_the_pool(raw) -> None:
    train = _with_copies(raw.train, raw.test, {10: 0, 20: 1})
    clean, counts = make_disjoint(dataclasses.replace(raw, train=train), allow_overlap=False)
    assert counts == {"test_in_train": 2, "train_in_test": 2}
    assert len(clean.train) == 398
    assert np.array_equal(clean.train.x, np.delete(train.x, [10, 20], axis=0))
    assert np.array_equal(clean.test.x, raw.test.x)


def test_more_than_one_in_a_hundred_is_refused_with_the_count_unless_allowed(raw) -> None:
    copies = {place: place for place in range(10)}
    spoilt = dataclasses.replace(raw, train=_with_copies(raw.train, raw.test, copies))
    with pytest.raises(KleiberError, match=r"10 of 200 test examples \(5.0 %\).*allow_overlap"):
        make_disjoint(spoilt, allow_overlap=False)
    clean, counts = make_disjoint(spoilt, allow_overlap=True)
    assert counts["test_in_train"] == 10
    assert len(clean.train) == 390


def test_the_share_is_of_test_examples_not_of_their_copies(raw) -> None:
    copies = dict.fromkeys(range(50), 0)
    spoilt = dataclasses.replace(raw, train=_with_copies(raw.train, raw.validation, copies))
    clean, counts = make_disjoint(spoilt, allow_overlap=False)
    assert counts == {"validation_in_train": 1, "train_in_validation": 50}
    assert len(clean.train) == 350


def test_repeats_in_the_pool_go_and_those_with_another_target_are_counted(raw) -> None:
    train = _with_copies(raw.train, raw.train, {2: 0, 5: 0, 7: 0})  # targets 0, 1, 1 beside that of 0, which is 0
    clean, counts = make_disjoint(dataclasses.replace(raw, train=train), allow_overlap=False)
    assert counts == {"train_repeats": 3, "train_conflicts": 2}
    assert len(set(content_hashes(clean.train.x).tolist())) == len(clean.train) == 397


def test_what_is_in_test_leaves_validation_and_repeats_of_fixed_sets_stay(raw) -> None:
    validation = _with_copies(raw.validation, raw.test, {3: 3})
    test = _with_copies(raw.test, raw.test, {9: 8})
    spoilt = dataclasses.replace(raw, validation=validation, test=test)
    clean, counts = make_disjoint(spoilt, allow_overlap=False)
    assert counts == {"validation_in_test": 1, "test_repeats": 1}
    assert (len(clean.validation), len(clean.test)) == (199, 200)


def test_an_example_in_all_three_stays_in_test_alone(raw) -> None:
    spoilt = dataclasses.replace(
        raw,
        train=_with_copies(raw.train, raw.test, {0: 0}),
        validation=_with_copies(raw.validation, raw.test, {0: 0}),
    )
    clean, _ = make_disjoint(spoilt, allow_overlap=False)
    hashes = {label: set(content_hashes(part.x).tolist()) for label, part in clean.parts().items()}
    assert not hashes["train"] & hashes["test"]
    assert not hashes["validation"] & hashes["test"]
    assert not hashes["train"] & hashes["validation"]


def test_groups_follow_the_examples_that_stay(raw) -> None:
    groups = np.arange(400)
    train = _with_copies(raw.train, raw.train, {5: 0})
    clean, _ = make_disjoint(dataclasses.replace(raw, train=train, groups=groups), allow_overlap=False)
    assert clean.groups.tolist() == np.delete(groups, 5).tolist()


def test_a_part_of_which_nothing_stays_is_refused(raw) -> None:
    spoilt = dataclasses.replace(raw, validation=raw.test)
    with pytest.raises(KleiberError, match="all 200 validation examples"):
        make_disjoint(spoilt, allow_overlap=True)


def test_minus_zero_is_zero_and_a_pixel_is_a_difference() -> None:
    zeros = content_hashes(np.array([[0.0, 1.0], [-0.0, 1.0]], dtype=np.float32))
    assert zeros[0] == zeros[1]
    images = np.zeros((2, 3, 3, 1), dtype=np.uint8)
    images[1, 2, 2, 0] = 1
    first, second = content_hashes(images)
    assert first != second


def test_every_kind_of_count_has_its_sentence(raw) -> None:
    kinds = ["train_repeats", "train_conflicts", "validation_repeats", "test_repeats", "validation_in_test"]
    kinds += ["test_in_train", "validation_in_train", "train_in_test", "train_in_validation"]
    assert len(notes(dict.fromkeys(kinds, 1234))) == len(kinds)
    assert all("1,234" in note for note in notes(dict.fromkeys(kinds, 1234)))
    assert notes({}) == ()
