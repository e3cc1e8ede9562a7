"""What is seen of a study before its first trial: a line in plain output, a note beside the bar on a terminal."""

import io

import pytest
from rich.console import Console

pytest.importorskip("optuna", reason="the extra run is not installed, so no study is watched")
from kleiber.command.progress import Screen
from kleiber.study.watch import Informed, Waiting


@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_study_waits_for_is_seen_at_once(terminal):
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=terminal, width=120)
    with Screen(console, workers=2) as screen:
        assert isinstance(screen, Waiting)
        screen.waits("2 workers are starting: they import PyTorch")
        screen._progress.refresh()
        assert "2 workers are starting: they import PyTorch" in seen.getvalue()
        before = seen.getvalue()
        screen.waits("")
        screen._progress.refresh()
        assert "PyTorch" not in seen.getvalue()[len(before) :]


@pytest.mark.parametrize("terminal", [False, True])
def test_the_data_and_what_was_done_to_them_stay_on_the_screen(terminal):
    seen = io.StringIO()
    with Screen(Console(file=seen, force_terminal=terminal, width=120), workers=2) as screen:
        assert isinstance(screen, Informed)
        data = {"name": "photos", "train": 1200, "validation": 400, "test": 400, "shape": [48, 64, 3], "notes": ["resized"]}
        screen.informed(data)
    assert "photos: 1,200 in the pool, 400 validation, 400 test, 48x64 RGB images" in seen.getvalue()
    assert "note: resized" in seen.getvalue()
