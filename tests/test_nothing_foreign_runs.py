"""What may run code, load a pickle or reach the network stands in a few named files, each for its reason."""

import ast
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "kleiber"
ALLOWED = {
    "pickle.loads": {
        "executors/_far.py",  # what a worker sends back
        "executors/_node.py",  # what the driver sends
        "executors/slurm.py",  # what a job of the user's own wrote
        "nets/_given.py",  # a module of the user's own, from the user's cache
    },
    "joblib.load": {"trainers/_estimator.py"},  # an estimator of the user's own, from the user's cache
    "pickle.Unpickler": {"datasets/cifar10.py"},  # with a list of what may be built: arrays of numbers
    "importlib.import_module": {"plugins.py", "__init__.py"},
    "spec.loader.exec_module": {"plugins.py"},
    "urllib.request.urlopen": {"datasets/_fetch.py"},  # a data set that the user names, by its checksum
    "subprocess.Popen": {"command/serve.py", "web/forecaster.py"},  # kleiber itself, by a list of arguments
    "webbrowser.open": set(),
    "tarfile.open": {"datasets/_archive.py"},
    "zipfile.ZipFile": {"importers/sklearn.py", "importers/clearml.py"},
    "torch.load": {"trainers/_backbones.py", "trainers/_engine/checkpoint.py"},
    "np.load": {"datasets/_besides.py", "datasets/_dataset.py", "trainers/_kept_features.py"},
}
NEVER = (
    *(
        "eval",
        "exec",
        "compile",
        "pickle.load",
        "joblib.dump",
        "marshal.loads",
        "shelve.open",
        "dill.loads",
        "runpy.run_path",
    ),
    *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "os.system", "os.popen", "subprocess.run", "subprocess.call"),
    *("subprocess.check_output", "pd.read_pickle", "tar.extractall", "opened.extractall", "opened.extract", "requests.get"),
)
SQL = {
    ("importers/trackio.py", "key"),  # one of two names
    *(("ledger_file.py", each) for each in ("VERSION", "_raw(columns)", "table", "which")),
    ("study/book.py", "states"),
    ("study/ledger.py", "dead"),
    *(("study/salvage.py", each) for each in ("', '.join(sealed)", "marks", "table")),
    ("study/store.py", "'FULL' if durable else 'NORMAL'"),
    ("study/store.py", "'TRUNCATE' if now else 'PASSIVE'"),
    *(("study/store.py", each) for each in ("1000 * TIMEOUT", "APPLICATION", "VERSION")),
}


@cache
def trees():
    return {path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}


@cache
def calls():
    """Give each call of the tree, and each class that is derived from: its file, its name and its arguments by name."""
    return [
        (file, ast.unparse(each), {word.arg: word.value for word in getattr(node, "keywords", [])})
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.ClassDef)
        for each in ([node.func] if isinstance(node, ast.Call) else node.bases)
    ]


@pytest.mark.parametrize("name", ALLOWED)
def test_it_stands_where_it_is_allowed_alone(name):
    assert {file for file, called, _ in calls() if called == name} == ALLOWED[name]


def test_none_of_these_stands_anywhere():
    assert not [(file, called) for file, called, words in calls() if called in NEVER or "shell" in words]


def test_loading_says_that_nothing_is_built():
    loads = [(called, words) for _, called, words in calls() if called in ("torch.load", "np.load")]
    for called, words in loads:  # NumPy builds nothing by itself, PyTorch does in versions before 2.6
        assert "allow_pickle" not in words or ast.literal_eval(words["allow_pickle"]) is False
        assert called == "np.load" or ast.literal_eval(words["weights_only"]) is True
    assert len(loads) > 3


def test_no_template_of_html_leaves_a_text_as_it_is():
    made = [words for _, called, words in calls() if called.rpartition(".")[2] == "Environment"]
    assert made and all(ast.literal_eval(words["autoescape"]) is True for words in made)


def test_no_statement_of_sql_has_a_value_in_it():
    """Statements may have names of our own tables and columns put in, and numbers of our own, but nothing that is read."""
    assert {
        (file, ast.unparse(part.value))
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("execute", "rows", "do", "executemany")
        for part in ast.walk(node.args[0] if node.args else node)
        if isinstance(part, ast.FormattedValue)
    } == SQL
