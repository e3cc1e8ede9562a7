"""What every importer promises; a new file in the folder is taken up here unasked."""

import inspect
from functools import partial

import pytest
from tests.importers import studies

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.importers import Table
from kleiber.importers._run import Asked

UNREAD = ("aim", "ledger")
"""Aim's database is refused, and a ledger is what tests/importers/test_trials.py reads."""


@pytest.mark.parametrize("name", plugins.names("importers"))
def test_importer_is_explained_and_takes_a_source(name) -> None:
    module = plugins.load("importers", name)
    assert module.__doc__ and module.read.__doc__
    first, *others = inspect.signature(module.read).parameters.values()
    assert first.default is inspect.Parameter.empty and all(p.default is not inspect.Parameter.empty for p in others)


@pytest.mark.parametrize("name", plugins.names("importers"))
def test_a_missing_file_is_named(name, tmp_path) -> None:
    with pytest.raises(KleiberError, match="nowhere"):
        plugins.load("importers", name).read(tmp_path / "nowhere")
    assert not list(tmp_path.iterdir()), "reading must not create anything"


@pytest.mark.parametrize("name", sorted(set(plugins.names("importers")) - set(UNREAD)))
def test_a_small_study_reads_the_same_twice_and_nothing_is_written(name, tmp_path) -> None:
    module, source, asked = plugins.load("importers", name), tmp_path, Asked(**studies.HOW.get(name, {}))
    if name in studies.WRITERS:
        studies.WRITERS[name](tmp_path)
        read = partial(module.read, asked=asked)
    else:
        file, text = module.EXAMPLE
        source, read = tmp_path / file, module.read
        source.write_text(text)
    before = contents(tmp_path)
    found = read(source)
    assert isinstance(found, Table) and len(found.rows) > 1 and found == read(source)
    assert all(row.n > 0 and row.loss == row.loss for row in found.rows)
    assert contents(tmp_path) == before


def contents(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
