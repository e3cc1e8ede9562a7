"""The campaign of faults in its short form, and that its table names tests that there are."""

import re
import sys

import pytest
from dev.faults import disks, kills, offline, pairs, readers, saving, signals
from dev.faults.__main__ import CHECKS, ROOT, done
from dev.faults.by_test import TESTS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found by /proc")


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [
        kills.random_kills,
        kills.any_workers_any_hash,
        pairs.after_a_kill,
        pairs.two_at_once,
        readers.copies_meanwhile,
        disks.torn_copies,
        disks.torn_tails,
        disks.broken_middle,
        disks.full_pages,
        disks.limited_files,
        saving.torn_checkpoints,
        signals.interrupts,
        offline.alone,
    ],
    ids=lambda check: check.__name__,
)
def test_in_its_short_form(check, tmp_path):
    assert check(tmp_path, True)


def test_a_check_that_finds_something_is_a_failed_line():
    def finds(folder, short):
        assert folder.is_dir() and short
        raise AssertionError("two results of one trial")

    line = done("R99", finds, short=True)
    assert not line.passed and str(line).startswith("R99       FAILED") and "two results of one trial" in str(line)


def test_each_check_has_a_name_of_its_own_and_the_tests_that_it_names_are_there():
    names = [name for name, _ in CHECKS] + list(TESTS)
    assert len(names) == len(set(names)) and {f"L{number}" for number in range(1, 17)} <= set(names)
    for _, nodes in TESTS.values():
        for node in nodes:
            file, _, name = node.partition("::")
            assert re.search(rf"def {name}\(" if name else "def test_|TestCase", (ROOT / file).read_text()), node
