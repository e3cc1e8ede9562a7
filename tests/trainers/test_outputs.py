"""What the frameworks' trainers share: outputs become metrics by one rule, and the best epoch is the one that is kept."""

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from kleiber.errors import KleiberError
from kleiber.trainers import Diverged
from kleiber.trainers._best import Best
from kleiber.trainers._made import called, fresh
from kleiber.trainers._outputs import are_probabilities, measure_outputs, outputs_of

RNG = np.random.default_rng(5)
LOGITS = RNG.normal(size=(40, 3)) * 3
Y = RNG.integers(0, 3, 40)
P = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


def test_logits_and_their_probabilities_have_one_loss_which_is_scikit_learns():
    by_logits = measure_outputs(LOGITS, Y, "classification", ["loss", "error"])
    assert by_logits["loss"] == pytest.approx(log_loss(Y, P, labels=[0, 1, 2]), rel=1e-12)
    assert measure_outputs(P, Y, "classification", ["loss", "error"]) == pytest.approx(by_logits)
    assert by_logits["error"] == np.mean(LOGITS.argmax(axis=1) != Y)
    assert are_probabilities(P) and not are_probabilities(LOGITS) and not are_probabilities(P * 1.01)
    assert not are_probabilities(np.full((3, 1), 1.0))  # one number is none


def test_a_probability_of_nothing_costs_much_but_not_everything():
    found = measure_outputs(np.array([[1.0, 0.0]]), np.array([1]), "classification", ["loss"])
    assert found["loss"] == pytest.approx(-math.log(np.finfo(np.float32).eps))


def test_numbers_are_measured_by_squares_and_other_shapes_refused():
    found = measure_outputs(outputs_of([1.0, 3.0], 1, "Net"), np.array([0.0, 0.0]), "regression", ["loss", "rmse", "mae"])
    assert found == pytest.approx({"loss": 5.0, "rmse": math.sqrt(5.0), "mae": 2.0})
    for wrong, count in ((LOGITS, 4), (LOGITS[:, :, None], 3), (LOGITS, 1)):
        with pytest.raises(KleiberError, match=r"Net gives the shape .*its last layer must give one number"):
            outputs_of(wrong, count, "Net")


def test_the_best_epoch_is_kept_and_patience_ends_the_training():
    seen, losses = [], [1.0, 0.5, 0.6, 0.4, 0.45, 0.41, 0.39]
    best = Best(2, lambda epoch, loss: seen.append((epoch, loss)))
    stopped = next(i for i, loss in enumerate(losses) if best.stops(loss, lambda loss=loss: f"weights of {loss}"))
    assert (stopped, best.weights, best.epoch) == (5, "weights of 0.4", 6)
    assert seen == list(enumerate(losses[:6], start=1))


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_a_divergence_with_its_epoch(loss):
    best = Best(2, lambda epoch, loss: None)
    best.stops(1.0, dict)
    with pytest.raises(Diverged, match="after epoch 2") as raised:
        best.stops(loss, dict)
    assert raised.value.epoch == 2


def test_a_function_takes_what_it_names_and_all_of_it_where_it_says_so():
    def named(a, b=2):
        return a, b

    def every(**given):
        return given

    params = {"a": 1, "c": 3}
    assert called("m:named", named, params) == ((1, 2), {"c": 3})
    assert called("m:every", every, params, all_of_them=True) == (params, {})
    assert called("m:every", every, params) == ({}, params)


def test_a_model_that_fails_names_the_line_of_the_users_file(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def make(width=3):\n    return helper()\n\n\ndef helper():\n    raise OSError('no weights')\n")
    with pytest.raises(KleiberError, match=r"can't be made with {'width': 4}: OSError: no weights \(mine.py, line 6\)"):
        fresh(f"{file}:make", {"width": 4}, "HOW")
