"""What a ledger's curves are called; what is in them is tested with studies (`tests/study/`)."""

import pytest

from kleiber.importers.ledger import _model


@pytest.mark.parametrize(
    ("trainer", "net", "name"),
    [
        ("torch", "lenet", "lenet"),
        ("torch", "/home/a/my_nets.py:Small", "Small"),
        ("kernel", "lenet", "kernel"),
        ("/home/a/study.py:train", "lenet", None),  # then it is the study's name
    ],
)
def test_a_model_has_the_name_of_its_net_and_never_of_a_file(trainer, net, name) -> None:
    assert _model({"trainer": trainer, "net": net}) == name
