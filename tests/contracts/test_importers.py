"""What every importer promises; a new file in the folder is taken up here unasked."""

import inspect

import pytest

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.importers import Table


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


@pytest.mark.parametrize("name", plugins.names("importers"))
def test_the_example_reads_the_same_twice(name, tmp_path) -> None:
    module = plugins.load("importers", name)
    if not hasattr(module, "EXAMPLE"):
        pytest.skip(f"importers/{name} holds no EXAMPLE (file name, text)")
    file, text = module.EXAMPLE
    (tmp_path / file).write_text(text)
    found = module.read(tmp_path / file)
    assert isinstance(found, Table) and found.rows and found == module.read(tmp_path / file)
    assert all(row.n > 0 and row.loss == row.loss for row in found.rows)
