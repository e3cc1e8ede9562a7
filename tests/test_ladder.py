import numpy as np
import pytest

from kleiber import ladder
from kleiber.errors import KleiberError


def labels(counts):
    return np.repeat(np.arange(len(counts)), counts)


def test_the_origins_sizes():
    assert ladder.geometric(40_000) == [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 40000]


def test_a_smallest_size_may_be_a_number():
    assert ladder.geometric(1000, smallest=50, factor=4) == [50, 200, 800, 1000]


@pytest.mark.parametrize("stratified", [True, False])
def test_an_order_is_a_permutation_and_replicates_differ(stratified):
    y = labels([300, 500, 200])
    first = ladder.order(y, stratified=stratified, seed=0, replicate=1)
    again = ladder.order(y, stratified=stratified, seed=0, replicate=1)
    other = ladder.order(y, stratified=stratified, seed=0, replicate=2)
    assert sorted(first) == list(range(1000))
    assert (first == again).all()
    assert (first != other).any()


def test_rungs_are_nested_whatever_the_ladder():
    y = labels([400, 600])
    rungs = ladder.climb(y, [10, 100, 999], [1], stratified=True, seed=3)
    order = ladder.order(y, stratified=True, seed=3, replicate=1)
    for n in (10, 100, 999):
        assert rungs[n, 1].subset == ladder.subset_digest(order[:n])
    assert ladder.climb(y, [100], [1], stratified=True, seed=3)[100, 1].subset == rungs[100, 1].subset


def test_each_prefix_holds_the_classes_in_proportion():
    y = labels([700, 200, 97, 3])
    order = ladder.order(y, stratified=True, seed=1, replicate=1)
    for n in (4, 10, 50, 333, 900):
        counts = np.bincount(y[order[:n]], minlength=4)
        assert (counts >= 1).all()
        assert (np.abs(counts - n * np.array([0.7, 0.2, 0.097, 0.003])) <= 3).all(), (n, counts)


def test_an_unstratified_order_breaks_the_proportions():  # the control of the test above
    y = labels([700, 200, 97, 3])
    order = ladder.order(y, stratified=False, seed=1, replicate=1)
    assert (np.bincount(y[order[:10]], minlength=4) == 0).any()


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([0, 10], "0 is not"),
        ([-5], "-5 is not"),
        ([10.5], "10.5 is not"),
        ([10, 10], "10 stands there twice"),
        ([2000], "2,000 is more than the pool's 1,000"),
        ([3], "can't hold each of the 4 classes; leave out sizes below 4"),
        ([], "there is none"),
    ],
)
def test_impossible_sizes_are_refused_with_the_numbers(sizes, said):
    with pytest.raises(KleiberError, match=said):
        ladder.check_sizes(sizes, labels([700, 200, 97, 3]), ("a", "b", "c", "d"))


def test_the_overlap_is_the_share_that_another_replicate_holds_too():
    rungs = ladder.climb(labels([500, 500]), [10, 500, 1000], [1, 2, 3], stratified=True, seed=0)
    assert rungs[1000, 1].overlap == 1.0
    assert rungs[500, 1].overlap == pytest.approx(0.5, abs=0.06)
    assert rungs[10, 1].overlap < 0.2
    assert ladder.climb(labels([500, 500]), [10], [1], stratified=True, seed=0)[10, 1].overlap == 0.0
