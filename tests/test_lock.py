"""lock.txt has what the core and its extras need, by version and hash, and agrees with what is pinned elsewhere."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "lock.txt").read_text(encoding="utf-8")
EXTRAS = ("run", "web", "import", "plot", "sklearn")  # as `make lock` names them
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))


def locked():
    """Give the version and the hashes of each package."""
    parts = re.split(r"\n(?=[a-z0-9])", LOCK.partition("make lock\n")[2].strip())
    heads = [re.match(r"([\w.-]+)==(\S+)", part) for part in parts]
    assert all(heads), [part for part, head in zip(parts, heads, strict=True) if not head]
    hashes = [re.findall(r"--hash=sha256:([0-9a-f]{64})\b", part) for part in parts]
    return {head[1]: (head[2], found) for head, found in zip(heads, hashes, strict=True)}


def test_every_package_has_hashes_and_no_address():
    assert all(found for _, found in locked().values()) and len(locked()) > 20
    assert "://" not in LOCK and "index" not in LOCK


def test_all_that_is_asked_for_is_there_in_the_version_that_is_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [project["project"]["dependencies"], *(project["project"]["optional-dependencies"][name] for name in EXTRAS)]
    asked = [each for one in lists for each in one if not each.startswith("kleiber[")] + project["build-system"]["requires"]
    found = locked()
    assert {re.match(r"[\w.-]+", each)[0].lower() for each in asked} <= set(found)
    assert {name: version for name, (version, _) in found.items() if PINNED.get(name, version) != version} == {}


def test_pytorch_whose_build_depends_on_the_machine_is_not_in_it():
    assert not [name for name in locked() if name == "torch" or name.startswith(("nvidia", "triton"))]


def test_the_makefile_locks_these_extras():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlock:")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"--extra (\w+)", recipe)) == EXTRAS
