"""What is wrong with a study's keys is said all at once, with the place, and with lines that work when they are typed."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from kleiber.errors import KleiberError
from kleiber.study.prepare import planned
from kleiber.study.study import Study, preset

NUMBERS = "a,b,y\n" + "".join(f"{i % 7},{i * 0.37 % 1:.3f},{i % 2}\n" for i in range(200))
REST = 'net = "linear"\nsizes = [20, 40]\n'


def load(folder, text):
    """Read a study and its data, as --dry-run does."""
    (folder / "numbers.csv").write_text(NUMBERS)
    (folder / "s.toml").write_text(text)
    return planned(Study.from_toml(folder / "s.toml"))


def refused(folder, text):
    with pytest.raises(KleiberError) as caught:
        load(folder, text)
    return str(caught.value)


DATA = 'data = { source = "numbers.csv", task = "classification" }'
BLOCK = '[data]\n  source = "numbers.csv"\n  task = "classification"'


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ('data = "numbers.csv"\ntask = "classification"\n' + REST, "line 2: task: .*belongs to the data", DATA),
        ('data = "numbers.csv"\n' + REST, "whole numbers, which could be classes or amounts", DATA),
        ('data = { name = "numbers.csv", task = "classification" }\n' + REST, r"\[data\] name: .*mean 'source'", DATA),
        (
            'data = { name = "table", source = "numbers.csv", task = "classification" }\n' + REST,
            r"\[data\] name: .*leave it out",
            DATA,
        ),
        ('dataset = "numbers.csv"\ntask = "classification"\n' + REST, "dataset: .*mean 'data'", DATA),
        ('Data = "numbers.csv"\nTask = "classification"\n' + REST, "line 1: Data: .*mean 'data'", DATA),
        (REST + '[Data]\nsource = "numbers.csv"\ntask = "classification"\n', "line 3: Data: .*mean 'data'", DATA),
        (REST + '[data]\npath = "numbers.csv"\ntask = "classification"\n', r"\[data\] path: .*mean 'source'", BLOCK),
        (REST + 'task = "classification"\n[data]\nsource = "numbers.csv"\n', "line 3: task: ", BLOCK),
        (REST + '[data]\nsource = "numbers.csv"\n', "whole numbers", BLOCK),
        (REST + '[data]\ntask = "classification"\n', r"\[data\] source: is missing", BLOCK),
        (
            'data = { source = "numbers.csv", task = "classification", label = "y" }\n' + REST,
            r"\[data\] label: .*mean 'target'",
            DATA[:-2] + ', target = "y" }',
        ),
    ],
)
def test_the_line_that_a_message_gives_for_the_data_works(tmp_path, text, said, line):
    message = refused(tmp_path, text)
    assert re.search(said, message), message
    assert f"\n  {line}" in message
    mended = re.sub(r"(?m)^(\[?[Dd]ata(set)?\b|[Tt]ask).*\n((?<=\]\n)(.+\n)+)?", "", text)
    mended = f"{mended}\n{line}\n" if line.startswith("[") else f"{line}\n{mended}"
    study = load(tmp_path, mended)[1].study
    assert (study.data.source, study.data.options["task"]) == (str(tmp_path / "numbers.csv"), "classification")


@pytest.mark.parametrize(
    ("wrong", "said", "line", "place"),
    [
        ("n_trials = 4", r"n_trials: unknown key; did you mean 'trials'\?", "trials = 4", "search"),
        ("trials = 4", "trials: unknown key here.", "trials = 4", "search"),
        ("lr = 0.05", "lr: unknown key here.", "lr = 0.05", "params"),
        ("learning-rate = 0.05", "learning-rate: .*mean 'lr'", "lr = 0.05", "params"),
        ("epochs = 3", "epochs: unknown key here.", "epochs = 3", "training"),
        ("max_epochs = 3", "max_epochs: .*mean 'epochs'", "epochs = 3", "training"),
        ("random_state = 3", "random_state: .*mean 'seed'", "seed = 3", ""),
        ("replicats = 2", "replicats: .*mean 'replicates'", "replicates = 2", ""),
        ("early_stopping = 2", "early_stopping: .*mean 'patience'", "patience = 2", "training"),
        ("batchsize = 8", "batchsize: .*mean 'batch_size'", "batch_size = 8", "params"),
        ("keep-weights = true", "keep-weights: .*mean 'keep_weights'", "keep_weights = true", ""),
    ],
)
@pytest.mark.parametrize("where", ["", "search", "training", "params"])
def test_a_key_under_another_table_or_name_is_told_its_place(tmp_path, wrong, said, line, place, where):
    right = wrong == line and where == place
    base = f"{DATA}\n{REST}"
    if right or (place == "params" and where == "params" and wrong == line):
        load(tmp_path, f"{base}[{where}]\n{wrong}\n" if where else f"{base}{wrong}\n")
        return
    message = refused(tmp_path, f"{base}[{where}]\n{wrong}\n" if where else f"{base}{wrong}\n")
    name, key = f"[{where}] " if where else "", wrong.partition(" ")[0]
    assert f"s.toml, line {5 if where else 4}: {name}{key}: unknown key" in message
    assert re.search(f"Write  {re.escape(line)}", message), message
    if place != where:
        assert message.endswith(f"  under [{place}]" if place else "  above the first [section]")
    load(tmp_path, f"{base}[{place}]\n{line}\n" if place else f"{line}\n{base}")


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = (
        'name = ""\nlabel = "y"\nworkers = 2\nnet = "mlp"\n[search]\ntrails = 2\n'
        "[search.space]\nlr = { min = 1, max = 3 }\n[params]\nhiden = 3\n[training]\nepochs = 0\npatients = 2\n"
    )
    lines = refused(tmp_path, text).splitlines()
    for start in (
        "line 1: name: must be a name",
        "line 3: workers: no key of a study, but an option of the command: kleiber run ... --workers 2",
        "line 6: [search] trails: unknown key; did you mean 'trials'?",
        "line 8: [search.space] lr: a range has low, high and, if you like, log, not min, max. Write  lr = {",
        "line 10: [params] hiden: unknown key; did you mean",
        "line 12: [training] epochs: must be at least 1, not 0",
        "line 13: [training] patients: unknown key; did you mean 'patience'?",
        "line 2: label: unknown key here; target belongs to the data",
        "[data] source: is missing",
    ):
        assert any(start in line for line in lines), (start, lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[study]\ndata = "digits"\n', r"line 1: study: a study's keys stand at the top, .* remove the line \[study\]$"),
        ("data = digits\n", r'not valid TOML: .*line 1.*\. Write  data = "digits"$'),
        ('data = "digits"\nkeep_weights = True\n', r"not valid TOML: .*line 2.*\. Write  keep_weights = true$"),
        ('data = "digits"\nnet = "mpl"\n', "line 2: net: unknown net 'mpl'; did you mean 'mlp'?"),
        ('data = ["digits"]\n', "line 1: data: must be a name, a path, a table"),
        ('data = "number.csv"\n', r"there is no file or folder 'number.csv', .*did you mean 'numbers.csv'\?"),
        ('data = "digits"\nsizes = []\n', r"sizes: there is none; name some, such as sizes = \[100, 200, 400\]"),
        ('data = "digits"\n', r"5 examples can't hold each of the 10 classes; .* write sizes = \{ smallest = 10 \}"),
    ],
)
def test_files_that_are_wrong_as_a_whole(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    assert re.search(said, refused(tmp_path, text)), refused(tmp_path, text)


def test_python_is_answered_in_python():
    with pytest.raises(KleiberError, match=r"n_trials: .* Write  search=\{'trials': 4\}$"):
        Study(data="digits", n_trials=4)
    with pytest.raises(KleiberError, match=r"(?s)size: .*Write\n  data=\{'source': 'blank', 'examples': 10\}$"):
        Study(data="blank", size=4, examples=10, search={})
    Study(data={"source": "blank", "examples": 10})


def test_a_preset_with_other_data_is_answered_as_a_file(tmp_path):
    (tmp_path / "numbers.csv").write_text(NUMBERS)
    with pytest.raises(KleiberError, match=r"(?s)whole numbers.*\n  data = \{ source = "):
        planned(preset("demo", data=str(tmp_path / "numbers.csv")))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sizes": "all"}, r"sizes: must be a list, such as sizes=\[100, 200, 400\]"),
        ({"sizes": {"smallest": 10, "factr": 3}}, r"\[sizes\] factr: unknown key; did you mean 'factor'\?"),
        ({"sizes": [10, "many"]}, "sizes: must be a whole number, not 'many'"),
        ({"replicates": 1.5}, "replicates: must be a whole number, not 1.5"),
        ({"net": 3}, "net: must be text in quotes, not 3"),
        ({"params": [1]}, "params: must be a table"),
        ({"search": {"keep": 1.0}}, r"\[search\] keep: must be below 1, not 1.0"),
        ({"search": {"stages": [0]}}, r"\[search\] stages: must be above 0, not 0"),
        ({"training": {"schedule": "cosine"}}, r"\[training\] schedule: must be 'constant', 'one-cycle' or 'warm-up'"),
        ({"training": {"length": "steps"}}, r"\[training\]: length = .steps. needs the number of steps"),
        ({"keep_weights": "perhaps"}, "keep_weights: must be true or false, not 'perhaps'"),
        ({"replicates": np.arange(5000)}, r"replicates: must be a whole number, not ndarray of shape \(5000,\)"),
    ],
)
def test_a_wrong_value_is_said_with_what_it_must_be(fields, said):
    with pytest.raises(KleiberError, match=f"^{said}") as caught:
        Study(**{"data": "blank", **fields})
    assert len(str(caught.value)) < 200


def test_what_another_package_s_loader_or_net_takes_is_left_to_it(monkeypatch):
    def points(*, group, name=None):
        return [SimpleNamespace(name="theirs")] if group in ("kleiber.datasets", "kleiber.nets") else []

    monkeypatch.setattr("importlib.metadata.entry_points", points)
    study = Study(data={"source": "theirs", "window": 3}, net="theirs", params={"heads": 2})
    assert study.data.options == {"window": 3}
