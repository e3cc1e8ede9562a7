import pytest

import kleiber
from kleiber.errors import KleiberError
from kleiber.study.study import Study, preset

TOML = """
data = "blank"
sizes = [10, 20]
[search]
trials = 4
[search.space]
lr = { low = 1e-3, high = 1e-1, log = true }
"""


def test_a_toml_file_and_python_say_the_same(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(TOML)
    space = {"lr": {"low": 1e-3, "high": 1e-1, "log": True}}
    assert Study.from_toml(file) == Study(name="mine", data="blank", sizes=[10, 20], search={"trials": 4, "space": space})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("replicats = 3\n" + TOML, "line 1: replicats: unknown key; did you mean 'replicates'\\? Write  replicates = 3$"),
        (
            TOML.replace("trials", "trails"),
            r"line 5: \[search\] trails: unknown key; did you mean 'trials'\? Write  trials = 4$",
        ),
        (TOML.replace("trials = 4", "trials = 0"), r"line 5: \[search\] trials: must be at least 1, not 0"),
        (TOML.replace('data = "blank"', ""), 'data: is missing: .*\n  data = "digits"'),
        (TOML + "[training]\nepoch = 3", r"line 9: \[training\] epoch: .* Write  epochs = 3$"),
        (TOML + "[training]\nepochs = 0", r"\[training\] epochs: must be at least 1, not 0"),
        (TOML.replace("[search]", "[search"), "not valid TOML"),
        (TOML.replace("low = 1e-3", "low = 1.0"), r"\[search.space\] lr: low must be a number below high"),
        ('trainer = "tensorflow"\n' + TOML, "unknown trainer 'tensorflow': there are .*torch"),
        (
            TOML.replace("trials = 4", 'trials = 4\nsampler = "grid"'),
            r'\[search\] sampler: must be "random" or "quasi-random" or "tpe", not .grid',
        ),
        ("params = { lr = 1.0 }\n" + TOML, r"\[params\] lr: is fixed here and searched under \[search.space\]"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_key(tmp_path, change, said):
    file = tmp_path / "mine.toml"
    file.write_text(change)
    with pytest.raises(KleiberError, match=said) as caught:
        Study.from_toml(file)
    assert "mine.toml" in str(caught.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(KleiberError, match="there is no study file"):
        Study.from_toml(tmp_path / "none.toml")


def test_paths_in_a_file_start_at_its_folder(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "net.py").write_text("")
    (tmp_path / "s.toml").write_text('data = "images"\nnet = "net.py:Net"\n')
    study = Study.from_toml(tmp_path / "s.toml")
    assert study.data.source == str(tmp_path / "images")
    assert study.net == f"{tmp_path / 'net.py'}:Net"


def test_the_presets_are_the_origins_experiments():
    origin, exact, fixed = preset("origin"), preset("origin-exact"), preset("origin-fixed")
    assert origin.sizes_for(40_000) == [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 40000]
    assert (origin.search.trials, origin.search.pilot) == (20, 60)
    assert origin.search.space == exact.search.space
    assert exact.params == {"batch_size": 4}
    assert fixed.params["lr"] == 1e-3
    assert not fixed.space
    assert fixed.training["epochs"] == 10
    assert exact.training == {"epochs": 15, "patience": 3}
    assert origin.training == {"length": "epochs", "epochs": 6, "schedule": "warm-up", "precision": "auto"}
    assert preset("origin", name="mine").name == "mine"
    with pytest.raises(KleiberError, match="unknown preset 'orign': there are demo, origin"):
        preset("orign")


def test_budgets_and_names_are_not_the_identity_but_all_else_is():
    base = preset("origin")
    searched = base.search.model_dump()
    for change in (
        {"name": "x"},
        {"max_n": 800},
        {"replicates": 7},
        {"sizes": [5]},
        {"search": {**searched, "trials": 3}},
    ):
        assert base.changed(**change).identity("f") == base.identity("f")
    for change in (
        {"seed": 1},
        {"metric": "error"},
        {"net": "mlp", "search": {**searched, "space": {"lr": [0.1]}}},
        {"training": {"epochs": 5}},
        {"search": {**searched, "sampler": "tpe", "pilot": 0}},
        {"params": {"batch_size": 4}},
    ):
        assert base.changed(**change).identity("f") != base.identity("f")
    assert base.identity("f") != base.identity("g")


def test_the_net_s_source_is_part_of_the_identity(tmp_path):
    net = tmp_path / "net.py"
    net.write_text("A = 1")
    study = Study(data="blank", net=f"{net}:A")
    before = study.identity("f")
    net.write_text("A = 2")
    assert study.identity("f") != before


def test_a_study_in_the_net_s_own_file_may_grow(tmp_path):
    net = tmp_path / "net.py"
    net.write_text("def build(shape, outputs): return 1\nstudy = Study(replicates=2)\n")
    before = Study(data="blank", net=f"{net}:build").identity("f")
    net.write_text("# better\ndef build(shape, outputs):\n    return 1\n\nstudy = Study(replicates=3)\n")
    assert Study(data="blank", net=f"{net}:build").identity("f") == before
    net.write_text("def build(shape, outputs): return 2\n")
    assert Study(data="blank", net=f"{net}:build").identity("f") != before


def test_a_folder_of_a_plug_ins_name_does_not_take_its_place(tmp_path):
    (tmp_path / "digits").mkdir()
    (tmp_path / "s.toml").write_text('data = "digits"\n')
    assert Study.from_toml(tmp_path / "s.toml").data.source == "digits"


def test_max_n_leaves_sizes_out():
    assert preset("origin", max_n=900).sizes_for(40_000) == [200, 400, 800]
    with pytest.raises(KleiberError, match="max_n: 100 leaves no size; the smallest is 200"):
        preset("origin", max_n=100).sizes_for(40_000)


def test_a_decorated_function_is_a_trainer_and_a_bare_one_is_not():
    assert Study(data="blank", trainer=decorated).trainer.endswith("test_study.py:decorated")
    with pytest.raises(KleiberError, match=r"not decorated with @kleiber.trainer"):
        Study(data="blank", trainer=len)
    with pytest.raises(KleiberError, match="top-level function"):
        Study(data="blank", trainer=kleiber.trainer(lambda task: {}))


@kleiber.trainer
def decorated(task):
    return {"loss": 1.0}


@pytest.mark.parametrize("training", [{"patiense": 3}, {"schedule": "cosine"}, {"epochs": 0}, {"epochs": "many"}])
def test_wrong_training_options_are_named_where_the_search_has_stages_too(training):
    with pytest.raises(KleiberError, match=rf"\[training\] {next(iter(training))}: "):
        Study(data="blank", search={"trials": 4, "stages": [1], "space": {"lr": [0.1, 0.2]}}, training=training)
