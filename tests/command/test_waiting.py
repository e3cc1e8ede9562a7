"""A long answer says how far it is, a short one nothing; and what the command does not need is not loaded."""

import subprocess
import sys

import pytest

from kleiber.command import waiting
from kleiber.command.waiting import Waiting


def test_nothing_is_said_in_the_first_second_and_a_line_after_it(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    with Waiting() as watch:
        watch("pairs", 1, 780)
        assert capsys.readouterr().err == ""
        now[0] = 1.5
        watch("pairs", 2, 780)
        watch("pairs", 3, 780)
        assert capsys.readouterr().err == "pairs: 2 of 780\n"
        now[0] = 12.0
        watch("pairs", 700, 780)
        assert capsys.readouterr().err == "pairs: 700 of 780\n"


def test_on_a_terminal_a_bar_is_drawn(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Waiting() as watch:
        watch("pairs", 1, 780)
        watch("pairs", 2, 780)
    assert "pairs" in capsys.readouterr().err


def test_the_help_of_the_command_loads_no_numpy() -> None:
    code = (
        "import sys\nfrom kleiber.command.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('numpy', 'scipy', 'torch', 'optuna', 'pydantic', 'rich') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip().splitlines()[-1] == "[]"
