"""The page of keys is made from the models, and every line that a message says to type is one that a study takes."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from dev.study_page import PAGE, page

from kleiber import plugins
from kleiber.study.checks import every_key
from kleiber.study.keys import keys_of_data, keys_of_params
from kleiber.study.study import Study
from kleiber.trainers import trainer_of

SOURCE = Path(__file__).resolve().parents[2] / "src" / "kleiber"
TRAINERS = ("torch", "sklearn", "features", "kernel", "replay")


def all_keys():
    keys = [key for trainer in TRAINERS for key in every_key(Study, trainer_of(trainer).Options, "lenet", "")]
    keys += [key for name in plugins.names("datasets") for key in keys_of_data(name)]
    return keys + [key for name in plugins.names("nets") for key in keys_of_params(name)]


def test_the_page_is_the_one_that_the_models_make():
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m dev.study_page"


def test_every_key_has_a_meaning_and_stands_on_the_page():
    shown = PAGE.read_text(encoding="utf-8")
    for key in all_keys():
        assert len(key.meaning) > 8 and key.kind, key
        assert f"| `{key.name}` | {key.kind} |" in shown
    for name in ("mode", "size", "seeds_per_subset", "timeout", "keep_weights", "diverged_above"):
        assert f"| `{name}` |" in shown


def test_the_file_on_the_page_is_a_study(tmp_path):
    (tmp_path / "s.toml").write_text(re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.S)[1])
    assert Study.from_toml(tmp_path / "s.toml").search.trials == 6


@pytest.mark.parametrize("key", ["diverged_above", "hopeless_after"])
def test_never_can_be_said_in_a_file(key, tmp_path):
    where = "[training]\n" if key == "hopeless_after" else ""
    (tmp_path / "s.toml").write_text(f'data = "blank"\n{where}{key} = "never"\n')
    study = Study.from_toml(tmp_path / "s.toml")
    found = study.diverged_above if not where else trainer_of("torch").Options(**study.training).hopeless_after
    assert found is None


def messages(path):
    """Give the text of each message that a file raises or says of a fault, with «value» for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "«value»" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
            yield node.value


ROOMS = ("study", "datasets", "nets", "trainers", "trainers/_engine")
FILES = sorted(path for room in ROOMS for path in (SOURCE / room).glob("*.py")) + [
    SOURCE / "ladder.py",
    SOURCE / "space.py",
]
LINE = re.compile(r"(?:[Ww]rite|such as|[Aa]dd|need\w*)  ?(?:or )?(\w+) = (\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[\w.]+)")


def test_what_messages_tell_to_type_is_a_key_with_a_value_that_toml_reads():
    known = {"module", *(key.name for key in all_keys())}  # another name of net
    found = []
    for path in FILES:
        for text in messages(path):
            for name, value in LINE.findall(text):
                if "«" not in name + value:
                    found.append(name)
                    assert name in known, (path.name, text)
                    assert tomllib.loads(f"{name} = {value}"), (path.name, text)
    assert {"sizes", "size", "net", "steps", "group_level"} <= set(found)
