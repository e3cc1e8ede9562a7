"""Sizes with suffixes, and sizes that are shares of a pool."""

import pytest

from kleiber.errors import KleiberError
from kleiber.importers import read

LOSSES = [3.0, 2.0, 1.5]


def sizes(found):
    return [row.n for row in found.rows]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["1k", "50K", "1.5M"], [1e3, 5e4, 1.5e6]),
        (["1 k", ".5M", "2B"], [1e3, 5e5, 2e9]),
        (["500", "1k", "2.2k"], [500, 1e3, 2200]),
        (["1G", "1.001T", "0.1k"], [1e9, 1.001e12, 100]),
        (["10^3", "10**4", "2^17"], [1e3, 1e4, 131072]),
    ],
)
def test_suffixes_are_numbers_and_said(tmp_path, written, meant) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("n,loss\n" + "".join(f"{n},{loss}\n" for n, loss in zip(written, LOSSES, strict=True)))
    for source in (path, {"n": written, "loss": LOSSES}):
        found = read(source)
        assert sizes(found) == meant and found.unit_of_n is None
        assert "sizes such as 1k, 1.5M or 10% were read as numbers" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "given", "meant", "told"),
    [
        ("log2_n", [8, 9, 10.5], [256, 512, 1448], "logarithms of sizes, up to 1,448"),
        ("log10(n)", [2, 3, 4], [100, 1000, 10_000], "logarithms of sizes, up to 10,000"),
        ("n_train (thousands)", [1, 2.5, 4], [1000, 2500, 4000], "in thousands, up to 4,000"),
        ("n (k)", [1, 2.5, 4], [1000, 2500, 4000], "in thousands, up to 4,000"),
        ("tokens_in_millions", [1, 2.5, 4], [1e6, 2.5e6, 4e6], "in millions, up to 4,000,000"),
    ],
)
def test_a_name_that_says_logarithms_or_thousands_is_heeded_and_said(name, given, meant, told) -> None:
    found = read({name: given, "loss": LOSSES}, column={"n": name})
    assert sizes(found) == pytest.approx(meant) and told in found.notes[-1]


@pytest.mark.parametrize("name", ["log_id", "log2_n", "n_train_k", "n_m"])
def test_a_name_that_may_say_so_leaves_sizes_as_they_are(name) -> None:
    found = read({name: [100, 200, 400], "loss": LOSSES}, column={"n": name})
    assert sizes(found) == [100, 200, 400] and not found.notes


@pytest.mark.parametrize(
    ("name", "unit"),
    [("hours", "hours"), ("train_tokens", "tokens"), ("shots_per_class", "examples per class"), ("num_images", "images"),
     ("n_train", None), ("size", None)],
)  # fmt: skip
def test_what_sizes_count_is_told_by_their_name(name, unit) -> None:
    table = {name: [100, 200, 400], "loss": LOSSES}
    assert read(table, column={"n": name}).unit_of_n == unit
    assert read(table, column={"n": name}, unit_of_n="clips").unit_of_n == "clips"


@pytest.mark.parametrize("written", ["1,5k", "k", "1kk", "-1k", "1k5", "0k"])
def test_what_is_no_size_stays_an_error(written) -> None:
    with pytest.raises(KleiberError, match="object 0, column 'n'"):
        read([{"n": written, "loss": 1.0}, {"n": 100, "loss": 2.0}])


@pytest.mark.parametrize(
    ("name", "given", "unit", "of_pool"),
    [
        ("label_fraction", [0.01, 0.25, 1.0], "share", [500, 12_500, 50_000]),
        ("n", [0.01, 0.25, 1.0], "share", [500, 12_500, 50_000]),
        ("n", ["1%", "25 %", "100%"], "share", [500, 12_500, 50_000]),
        ("subset", ["1/16", "1 / 4", "1/1"], "share", [3125, 12_500, 50_000]),
        ("percent", [1, 25, 100], "percent", [500, 12_500, 50_000]),
        ("data (%)", [0.5, 1, 2], "percent", [250, 500, 1000]),
        ("params.pct", [1, 5, 10], "percent", [500, 2500, 5000]),
    ],
)
def test_shares_are_named_and_become_examples_by_the_pool(name, given, unit, of_pool) -> None:
    table = {name: given, "loss": LOSSES}
    found = read(table, column={"n": name})
    assert found.unit_of_n == unit and "--pool" in found.notes[-1] and repr(name) in found.notes[-1]
    whole = read(table, column={"n": name}, pool=50_000)
    assert sizes(whole) == of_pool and whole.unit_of_n is None and "50,000" in whole.notes[-1]


def test_a_rate_may_have_a_percent_sign_where_all_have_it() -> None:
    for name, written in (("accuracy", ["97.5%", "99 %", "99.5%"]), ("val_error", ["2.5%", "1 %", "0.5%"])):
        for unit in (None, "percent"):
            found = read({"n": [100, 200, 400], name: written}, unit=unit)
            assert [row.loss for row in found.rows] == pytest.approx([0.025, 0.01, 0.005])
            assert [each.unit for each in found.metrics.values()] == ["%"]
    with pytest.raises(KleiberError, match="2 of 3 values have a % sign"):
        read({"n": [100, 200, 400], "accuracy": ["97.5%", "99%", "0.995"]})
    with pytest.raises(KleiberError, match=r"'25%' is not a number: leave the % out$"):
        read({"n": [100, 200, 400], "loss": ["25%", "20%", "10%"]})


def test_percent_beside_numbers_is_an_error_and_more_than_the_pool_is_none() -> None:
    with pytest.raises(KleiberError, match="2 of 3 sizes are in percent"):
        read({"n": ["10%", "50", "100%"], "loss": LOSSES})
    found = read({"n": ["50%", "100%", "200%"], "loss": LOSSES})
    assert sizes(found) == [0.5, 1, 2] and found.unit_of_n == "share"
    with pytest.raises(KleiberError, match="pool=3 is too small"):
        read({"n": [0.01, 0.02, 1], "loss": LOSSES}, pool=3)


def test_a_pool_is_for_shares_and_a_unit_is_carried() -> None:
    table = {"n": [100, 200, 400], "loss": LOSSES}
    with pytest.raises(KleiberError, match="pool=5000 is for sizes that are shares, and these reach 400"):
        read(table, pool=5000)
    for pool in (0, -5, True, "x", float("nan")):
        with pytest.raises(KleiberError, match="pool is"):
            read({"n": [0.1, 0.5, 1], "loss": LOSSES}, pool=pool)
    assert read(table).unit_of_n is None and read(table, unit_of_n="images").unit_of_n == "images"
    assert read({"n": [1, 2, 4], "loss": LOSSES}, unit_of_n="share").unit_of_n == "share"
    assert read({"n": [1.5, 2, 4], "loss": LOSSES}).unit_of_n is None


@pytest.mark.parametrize(
    ("given", "said"), [([5, 10, 5000, 20000], True), ([5, 50, 500, 5000], False), ([0.1, 0.5, 1], False)]
)
def test_sizes_that_may_be_thousands_beside_ones_are_told_and_stay(given, said) -> None:
    found = read({"n": given, "loss": [1 / n for n in given]})
    assert [row.n for row in found.rows] == given
    assert any(note.endswith("are the small ones thousands?") for note in found.notes) == said
