"""Models of different data sets are not compared unawares."""

import pytest

from kleiber import compare
from kleiber.errors import KleiberError
from kleiber.findings.analyse import analyse
from kleiber.importers import Row, Table

SIZES = (100, 200, 400, 800, 1600)


def table(data):
    rows = [
        Row(model, "loss", n, level * n**-0.3, seed=str(seed))
        for model, level in (("clothes-mlp", 4.0), ("cifar-lenet", 9.0))
        for n in SIZES
        for seed in range(2)
    ]
    return Table(tuple(rows), data=data)


DIFFERENT = {"clothes-mlp": "fashion_mnist (1a2b3c4d)", "cifar-lenet": "cifar10 (5e6f7a8b)"}


def test_models_of_two_data_sets_are_refused_by_name_and_compared_anyway_with_a_word():
    with pytest.raises(KleiberError, match=r"clothes-mlp on fashion_mnist \(1a2b3c4d\); cifar-lenet on cifar10 .*--anyway"):
        compare(table(DIFFERENT))
    found = compare(table(DIFFERENT), anyway=True)
    assert "measured on 2 data sets" in found.sentences[0]
    assert found.to_dict()["data"] == {name: [model] for model, name in DIFFERENT.items()}


def test_models_of_one_data_set_or_of_none_that_is_known_are_compared():
    for data in ({}, dict.fromkeys(DIFFERENT, "cifar10 (5e6f7a8b)"), {"cifar-lenet": "cifar10 (5e6f7a8b)"}):
        assert "data sets" not in compare(table(data)).sentences[0]


def test_an_analysis_compares_no_models_of_two_data_sets():
    assert analyse(table(DIFFERENT)).content["comparisons"] == []
    assert len(analyse(table({})).content["comparisons"]) == 1
