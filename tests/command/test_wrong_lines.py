"""What a stranger meets: the list of commands, a wrong line with its remedy, and files that no command overwrites."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from kleiber.command.cli import app, main
from kleiber.command.grouped import grouped
from kleiber.command.options import as_said

RUNS = "n,loss\n200,1.98\n400,1.79\n800,1.66\n1600,1.51\n3200,1.40\n"


def said(capsys, *line):
    """Give the exit code of a line, and what it prints to both streams."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in line])
    return ended.value.code, *capsys.readouterr()


def test_the_list_of_commands_cuts_no_sentence_at_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = said(capsys, "--help")
    listed = out.partition("Commands:\n")[2].splitlines()
    assert code == 0 and len(listed) == len(app.registered_commands)
    assert not [line for line in listed if not line.endswith(".") or line.endswith("..")]


def test_nothing_typed_prints_the_help_alone(capsys):
    code, _, err = said(capsys)
    assert code == 2 and err.startswith("Usage: ") and "Commands:" in err


@pytest.mark.parametrize(
    ("line", "words", "command"),
    [
        (["fly"], "No such command 'fly'", ""),
        (["run"], "Missing argument 'STUDY'", "run "),
        (["demo", "--workers", "x"], "Invalid value for '--workers': it takes an integer", "demo "),
        (["plan", "runs.csv", "--value", "x"], "Invalid value for '--value': it takes a number", "plan "),
    ],
)
def test_a_line_that_is_misread_names_the_help_to_look_at(line, words, command, capsys):
    assert said(capsys, *line) == (2, "", f"kleiber: {words}; kleiber {command}--help lists what there is\n")


def test_an_executor_that_there_is_not_is_named_before_anything_is_read(capsys):
    code, out, err = said(capsys, "run", "nowhere.toml", "--executor", "clowd", "--dry-run")
    assert (code, out) == (2, "") and err.startswith("kleiber: --executor: unknown executor 'clowd': there are ")


@pytest.mark.parametrize("output", ["runs.csv", "./runs.csv", "linked.csv"])
def test_a_report_is_not_written_over_its_runs(output, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text(RUNS)
    (tmp_path / "linked.csv").symlink_to("runs.csv")
    code, _, err = said(capsys, "report", "runs.csv", "-o", output)
    assert code == 2 and err.startswith("kleiber: --output: ") and "is the file with your runs" in err
    assert (tmp_path / "runs.csv").read_text() == RUNS


def test_a_table_of_runs_is_not_written_over_the_file_that_they_are_read_from(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text("epoch,loss\n")
    code, _, err = said(capsys, "import", "log.csv", "-o", "log.csv")
    assert (code, "is the file with your runs" in err) == (2, True)
    assert (tmp_path / "log.csv").read_text() == "epoch,loss\n"


def test_a_copy_into_a_folder_that_is_missing_names_it(tmp_path, capsys):
    (tmp_path / "kleiber.db").write_text("")
    for command in ("backup", "salvage"):
        code, _, err = said(capsys, command, tmp_path / "kleiber.db", tmp_path / "none" / "copy.db")
        assert (code, err) == (
            2,
            f"kleiber: there is no folder {tmp_path / 'none'}: make it first, or name another place\n",
        )


def test_a_text_in_quotes_has_its_backslashes_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text(RUNS)
    for option, value in (("--column", r"n=C:\new"), ("--column", r"C:\new"), ("--target", r"\d"), ("--gain", r"\d")):
        command = ["plan", "runs.csv", "--value", "1", "--price", "1"] if option == "--gain" else ["forecast", "runs.csv"]
        code, _, err = said(capsys, *command, option, value)
        assert code == 2 and value.removeprefix("n=") in err and "\\\\" not in err


def test_what_nobody_doubled_stays():
    assert as_said(r"there is no file \\server\runs, nor 'a\new'") == r"there is no file \\server\runs, nor 'a\new'"
    assert as_said("the study's 'C:" + r"\\a" + "' and 'b" + r"\\" + "'") == "the study's 'C:" + "\\a' and 'b" + "\\'"


def test_options_in_groups_stand_on_one_line_in_their_places():
    @dataclass(frozen=True)
    class Pace:
        speed: Annotated[int, typer.Option(help="Steps.")] = 1
        rest: Annotated[bool, typer.Option("--rest")] = False

    told = []

    @grouped
    def walk(place: str, *, pace: Pace, back: Annotated[bool, typer.Option("--back")] = False) -> None:
        """Walk."""
        told.append((place, pace, back))

    line = typer.Typer(add_completion=False)
    line.command()(walk)
    assert [one.name for one in typer.main.get_command(line).params] == ["place", "speed", "rest", "back"]
    line(["there", "--speed", "3", "--back"], standalone_mode=False)
    assert told == [("there", Pace(3), True)]
