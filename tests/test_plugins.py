import importlib.metadata
import types

import pytest

from kleiber import plugins
from kleiber.errors import KleiberError


def test_a_new_file_in_a_folder_is_a_plug_in_and_an_underscored_one_is_not(tmp_path, monkeypatch):
    import kleiber.nets

    (tmp_path / "brand_new.py").write_text("def build(shape, outputs):\n    return 'built'\n")
    (tmp_path / "_inner.py").write_text("")
    monkeypatch.setattr(kleiber.nets, "__path__", [*kleiber.nets.__path__, str(tmp_path)])
    assert "brand_new" in plugins.names("nets")
    assert "_inner" not in plugins.names("nets")
    assert plugins.load("nets", "brand_new").build((1,), 1) == "built"


def test_another_packages_plug_in_comes_in_by_its_entry_point(monkeypatch):
    foreign = types.SimpleNamespace(build=lambda shape, outputs: "foreign")
    point = types.SimpleNamespace(name="theirs", load=lambda: foreign)

    def entry_points(group, name=None):
        return [point] if group == "kleiber.nets" and name in (None, "theirs") else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    assert "theirs" in plugins.names("nets")
    assert plugins.load("nets", "theirs") is foreign


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_every_kind_is_a_folder_and_an_unknown_name_lists_those_there_are(kind):
    known = plugins.names(kind)
    assert known
    with pytest.raises(KleiberError, match=r"unknown .*'no_such_thing': there are") as caught:
        plugins.load(kind, "no_such_thing")
    assert all(name in str(caught.value) for name in known)


def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch):
    import kleiber.nets

    (tmp_path / "needs_ray.py").write_text("import ray_that_is_not_there\n")
    monkeypatch.setattr(kleiber.nets, "__path__", [*kleiber.nets.__path__, str(tmp_path)])
    with pytest.raises(
        KleiberError, match="needs the package 'ray_that_is_not_there', which is not installed: pip install"
    ):
        plugins.load("nets", "needs_ray")


def test_a_file_or_module_of_the_users_own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("value = 41\n")
    assert plugins.load("nets", f"{file}:value") == 41
    assert plugins.load("nets", "math:pi") > 3
    before = plugins.source_digest(f"{file}:value")
    file.write_text("value = 42\n")
    assert plugins.source_digest(f"{file}:value") != before
    assert plugins.source_digest("lenet") == "lenet"
    for wrong, said in (
        (f"{file}:other", "has no 'other'"),
        ("nowhere.py:x", "no file"),
        ("no_module_x:y", "cannot import"),
    ):
        with pytest.raises(KleiberError, match=said):
            plugins.load("nets", wrong)


@pytest.mark.parametrize(
    ("reference", "place", "attribute"),
    [
        ("nets.py:make", "nets.py", "make"),
        ("C:\\work\\nets.py:make", "C:\\work\\nets.py", "make"),
        ("C:\\work\\nets.py", "C:\\work\\nets.py", ""),
        ("package.module:name", "package.module", "name"),
        ("lenet", "lenet", ""),
        ("m:make", "m", "make"),
    ],
)
def test_the_colon_of_a_drive_parts_no_attribute(reference, place, attribute):
    assert plugins.parted(reference) == (place, attribute)
