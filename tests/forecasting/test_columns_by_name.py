"""What a table calls our columns is said in the call itself, the same word in each."""

import numpy as np
import pytest

import kleiber
from kleiber import importers
from kleiber.curves.curve import make_curve
from kleiber.errors import KleiberError

N = [100, 200, 400, 800, 1600]
LOSS = [2.0 * n**-0.3 for n in N]
CALLED = {"n": "samples", "loss": "val_nll"}


def test_each_answer_takes_the_names_of_a_table() -> None:
    runs = {"samples": N, "val_nll": LOSS}
    assert kleiber.forecast(runs, column=CALLED).median(3200) == kleiber.forecast(N, LOSS).median(3200)
    assert kleiber.analyse(runs, column=CALLED).content["curves"][0]["points"][0]["n"] == 100
    assert kleiber.next_run(runs, budget=10_000, column=CALLED).budget == 10_000
    both = {"samples": N * 2, "val_nll": LOSS + [1.2 * loss for loss in LOSS], "net": ["a"] * 5 + ["b"] * 5}
    assert kleiber.compare(both, column=CALLED | {"model": "net"}).models == ("a", "b")


@pytest.mark.parametrize("source", [make_curve(N, LOSS), importers.read({"n": N, "loss": LOSS})])
def test_what_has_no_columns_any_more_says_so(source) -> None:
    for answer in (kleiber.forecast, kleiber.analyse):
        with pytest.raises(KleiberError, match="leave it out"):
            answer(source, column=CALLED)
    with pytest.raises(KleiberError, match="these are arrays: leave it out"):
        kleiber.forecast(np.array(N), np.array(LOSS), column=CALLED)
