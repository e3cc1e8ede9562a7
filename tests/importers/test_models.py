"""What models are called, and a column `n` that is no size."""

import pytest

import kleiber
from kleiber.curves.curve import curves_of
from kleiber.errors import KleiberError
from kleiber.importers import read

SIZES = [100, 200, 400, 800]


def loss(n, floor=0.1):
    return 5 * n**-0.35 + floor


def table(names, **columns):
    return [{"n": n, "model": name, "loss": loss(n, 0.1 * i), **columns} for n in SIZES for i, name in enumerate(names)]


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        (("50000000.0", "400000000.0"), ("50,000,000", "400,000,000")),
        ((5e7, 4.2e8), ("50,000,000", "420,000,000")),
        (("5e7", "4e+08"), ("50,000,000", "400,000,000")),
        (("64.0", "1500.0"), ("64", "1500")),
        (("0.5", "2.0"), ("0.5", "2")),
        (("007", "12"), ("007", "12")),
        (("1e3", "net"), ("1e3", "net")),
        (("lenet", "resnet18"), ("lenet", "resnet18")),
    ],
)
def test_models_whose_names_are_numbers_are_written_as_people_read_them(given, read_as) -> None:
    found = read(table(given))
    assert tuple(dict.fromkeys(row.model for row in found.rows)) == read_as
    for name in (str(given[0]), read_as[0]):
        assert kleiber.forecast(found, model=name).curve.model == read_as[0]
    with pytest.raises(KleiberError, match="there is no curve"):
        kleiber.forecast(found, model="51")


def test_one_number_written_in_two_ways_is_one_model_and_a_column_beside_is_written_so_too() -> None:
    mixed = [{**row, "model": "64" if row["n"] < 300 else "64.0"} for row in table(["64"])]
    assert len(curves_of(read(mixed))) == 1
    split = [
        {"n": n, "model": "net", "width": w, "loss": loss(n, f)} for n in SIZES for w, f in (("64.0", 0.1), ("9e5", 0.3))
    ]
    assert {row.model for row in read(split).rows} == {"net, width=64", "net, width=900,000"}


@pytest.mark.parametrize(
    "name",
    ["resnet_n{n}.pt", "bert-{n}", "run_{i}", "out/{word}/best", "{word}.ckpt", "{hash}"],
)
@pytest.mark.parametrize("column", ["model", "net"])
def test_models_that_are_runs_or_files_with_one_size_each_are_one_model(name, column) -> None:
    words = ("fond-sea", "calm-lake", "dry-hill", "old-oak")
    hashes = ("0815764252cc", "33cc0f94ca44", "fb21447e6419", "6fb89ebe73c7")
    given = [
        {"n": n, column: name.format(n=n, i=i, word=words[i], hash=hashes[i]), "loss": loss(n)} for i, n in enumerate(SIZES)
    ]
    found = read(given)
    assert {row.model for row in found.rows} == {"model"} and len(curves_of(found)[0].n) == 4
    assert any("all were read as one model" in note for note in found.notes) == (column == "model")


def test_models_of_other_names_stay_apart() -> None:
    apart = [{"n": n, "model": name, "loss": loss(n)} for n, name in zip(SIZES, ["bert", "gpt", "t5", "opt"], strict=True)]
    assert len(curves_of(read(apart))) == 4
    several = [{**row, "model": f"net-{row['n'] < 300}{i}"} for i, row in enumerate(table(["a", "b"]))]
    assert len(curves_of(read(several))) == 8
    assert len(curves_of(read(table(["net1", "net2", "net3"])))) == 3


@pytest.mark.parametrize(
    ("n", "other"),
    [
        ([10] * 4, {"n_samples": SIZES}),
        ([3] * 4, {"train_size": SIZES}),
        ([3, 3, 5, 5], {"num_images": [str(n) for n in SIZES]}),
        ([3] * 4, {"data": ["10%", "25%", "50%", "100%"]}),
        ([1, 2, 3, 4], {"n_train": SIZES}),
        (["1", "2", "3", "4"], {"examples": ["1k", "2k", "4k", "8k"]}),
        ([3] * 4, {"n_runs": [5, 6, 7, 8], "n_features": [5] * 4, "size": SIZES}),
    ],
)
def test_n_that_is_no_size_is_asked_for_with_lines_that_work(n, other) -> None:
    name = list(other)[-1]
    given = {"n": n, **other, "loss": [loss(size) for size in SIZES]}
    with pytest.raises(KleiberError, match=f"'n' .*and '{name}' has 4. Write --column n={name} .*--column n=n$"):
        read(given)
    assert len({row.n for row in read(given, column={"n": name}).rows}) == 4
    assert len(read(given, column={"n": "n"}).rows) == 4


@pytest.mark.parametrize(
    "other",
    [
        {"seed": [0, 1, 2, 3]},
        {"n_seeds": [2, 3, 4, 5]},
        {"size": ["S", "M", "L", "XL"]},
        {"train_size": [7] * 4},
        {"time": SIZES},
    ],
)
def test_n_alone_stays_what_it_is(other) -> None:
    for n in ([10] * 4, [1, 2, 3, 4]):
        assert len(read({"n": n, **other, "loss": [loss(size) for size in SIZES]}).rows) == 4
