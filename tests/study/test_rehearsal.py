"""What is wrong with anybody's code is found by one trial, before the searches, and mended code goes on."""

import pytest
import typer

from kleiber.command.studies import _close
from kleiber.errors import KleiberError
from kleiber.study.drive import run_study
from kleiber.study.ledger import Ledger
from kleiber.study.study import Study

HEAD = """
import kleiber
from pathlib import Path
@kleiber.trainer
def train(task):
    with Path(__file__).with_suffix(".calls").open("a") as calls:
        calls.write(f"{task.purpose} {task.n}\\n")
    loss = task.n ** -0.5 + abs(task.params.get("x", 0))
"""
GOOD = 'return {"loss": loss} | ({"test_loss": loss} if task.test is not None else {})'
SCORES = 'return {"loss": -loss} | ({"test_loss": -loss} if task.test is not None else {})'
SPACE = {"x": {"low": 0.1, "high": 1.0}}


def study_of(tmp_path, body, name="own.py", **changes):
    file = tmp_path / name
    file.write_text(HEAD + "".join(f"    {line}\n" for line in body.splitlines()))
    fields = {"name": "s", "data": {"source": "blank", "examples": 100}, "sizes": [10, 20, 40], "replicates": 2}
    return Study(**{**fields, "trainer": f"{file}:train", "search": {"trials": 4, "space": SPACE}, **changes})


def calls(tmp_path, name="own.calls"):
    return (tmp_path / name).read_text().splitlines()


@pytest.mark.parametrize("searched", [True, False])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('return {"loss": loss}', "must return 'test_loss' too, measured on task.test"),
        (
            'return {"accuracy": 0.5} | ({"test_loss": 1.0} if task.test is not None else {})',
            "must return 'test_accuracy' too",
        ),
        ('raise ValueError(f"wrong at {task.n}")', r"ValueError: wrong at 10 \(.*own\w*.py:"),
        (SCORES, "the loss is negative. Is it a negated score"),
        (GOOD.replace('"test_loss": loss', '"test_loss": float("nan")'), "test_loss not finite"),
        ("return None", "return a dict such as {'loss': 0.31}"),
        (SCORES.replace("loss", "error").replace("-error", "0.2"), "the study's metric is 'loss'"),
        (GOOD.replace('"loss"', '"f1"').replace('"test_loss"', '"test_f1"'), "of which more is better"),
    ],
)
def test_the_first_trial_finds_what_is_wrong_and_nothing_else_runs(tmp_path, body, said, searched):
    name = f"own{abs(hash((body, searched)))}.py"  # a file is imported once in a process
    changes = {} if searched else {"search": {}}
    with pytest.raises(KleiberError, match=r"the first trial failed \(n = 10.*" + said) as caught:
        run_study(study_of(tmp_path, body, name, **changes), tmp_path / "k.db")
    assert "so nothing else is run" in str(caught.value)
    assert not (tmp_path / "k.db").exists()
    assert set(calls(tmp_path, name.replace(".py", ".calls"))) == {"score 10"}
    assert len(calls(tmp_path, name.replace(".py", ".calls"))) == (2 if searched else 1)


def test_a_study_that_has_a_score_rehearses_no_more_and_the_rehearsal_is_kept_nowhere(tmp_path):
    study = study_of(tmp_path, GOOD)
    run_study(study, tmp_path / "k.db").close()
    assert calls(tmp_path)[0] == "score 10"
    assert len(calls(tmp_path)) == 1 + 3 * (4 + 2)
    with run_study(study, tmp_path / "k.db") as ledger:
        assert len(ledger.export("s")) == 3 * (4 + 2)
    assert len(calls(tmp_path)) == 1 + 3 * (4 + 2)


def test_one_draw_that_fails_is_not_the_codes_fault(tmp_path):
    study = study_of(tmp_path, f"if task.params['mode'] == 'bad': raise ValueError('bad')\n{GOOD}")
    found = []
    for seed in range(6):  # some of these draw the bad mode first
        search = {"trials": 4, "space": {"mode": ["bad", "fine"]}}
        run_study(study.changed(seed=seed, search=search), tmp_path / f"{seed}.db").close()
        found.append(calls(tmp_path)[:2])
        (tmp_path / "own.calls").unlink()
    assert ["score 10", "score 10"] in found


def mended(tmp_path, first, then, monkeypatch):
    """Give a study with its code changed: a file of the same name, with another content, imported anew."""
    import sys

    for name in [name for name in sys.modules if name.startswith("kleiber_user_own")]:
        monkeypatch.delitem(sys.modules, name)
    return study_of(tmp_path, then)


FAILS_ABOVE = "if task.n > 10 and task.purpose == 'score': raise ValueError('too many')\n" + GOOD


def test_mended_code_goes_on_with_what_was_measured_once_the_change_is_accepted(tmp_path, monkeypatch):
    path = tmp_path / "k.db"
    run_study(study_of(tmp_path, FAILS_ABOVE), path).close()
    with Ledger(path) as ledger:
        before = {row["trial"] for row in ledger.export("s") if row["state"] == "ok"}
        assert ledger.amendments("s") == []
    study = mended(tmp_path, FAILS_ABOVE, GOOD, monkeypatch)
    with pytest.raises(KleiberError, match=r"trainer was .*To keep what was measured, add --accept-changes"):
        run_study(study, path)
    (tmp_path / "own.calls").unlink()
    with run_study(study, path, accept_changes=True) as ledger:
        rows = [row for row in ledger.export("s") if row["state"] == "ok"]
        assert len(rows) == len({row["trial"] for row in rows}) == 3 * (4 + 2)
        assert before < {row["trial"] for row in rows}
        (amendment,) = ledger.amendments("s")
        assert amendment["changes"][0].startswith("trainer was ")
    assert calls(tmp_path) == ["score 10"] + ["score 20"] * 2 + ["score 40"] * 2  # rehearsed, and no search again
    with run_study(study, path) as ledger:  # the changed study is the study now
        assert len(ledger.amendments("s")) == 1
    assert len(calls(tmp_path)) == 5


@pytest.mark.parametrize("change", [{"seed": 1}, {"metric": "error"}, {"data": {"source": "blank", "examples": 101}}])
def test_other_data_seeds_and_metrics_are_never_accepted(tmp_path, change):
    body = GOOD.replace('{"loss": loss}', '{"loss": loss, "error": loss}').replace(
        '{"test_loss": loss}', '{"test_loss": loss, "test_error": loss}'
    )
    study = study_of(tmp_path, body)
    run_study(study, tmp_path / "k.db").close()
    with pytest.raises(KleiberError, match="changed, nothing measured counts: run it under another name"):
        run_study(study.changed(**change), tmp_path / "k.db", accept_changes=True)


def test_a_study_without_a_result_changes_freely(tmp_path):
    path = tmp_path / "k.db"
    study = study_of(tmp_path, GOOD)
    with Ledger(path) as ledger, ledger.hold("s", study.identity("another"), {"sizes": []}, {"name": "old"}):
        pass
    with run_study(study, path) as ledger:
        assert len(ledger.export("s")) == 18
        assert ledger.amendments("s") == []


class Last:
    """A watch that keeps how the run ended."""

    def began(self, plan, done): ...

    def started(self, trial): ...

    def settled(self, trial, measurement, done): ...

    def ended(self, summary):
        self.summary = summary


def test_a_size_that_is_given_up_is_named_at_the_end_with_its_reason(tmp_path, capsys):
    watch = Last()
    run_study(
        study_of(tmp_path, f'if task.n == 40:\n    raise ValueError("no room")\n{GOOD}'), tmp_path / "k.db", watch=watch
    )
    assert list(watch.summary.given_up) == [40] and "no room" in watch.summary.given_up[40]
    assert watch.summary.whole == (10, 20) and not watch.summary.stopped
    with pytest.raises(typer.Exit):
        _close(watch.summary)
    assert "n = 40 was given up because the same failure came back" in capsys.readouterr().err


def test_a_size_whose_trials_were_all_tried_is_not_given_up(tmp_path):
    watch = Last()
    study = study_of(
        tmp_path, f'if task.n == 40:\n    raise ValueError("no room")\n{GOOD}', search={"trials": 2, "space": SPACE}
    )
    run_study(study, tmp_path / "k.db", watch=watch)
    assert len(watch.summary.failed) == 2 and not watch.summary.given_up
