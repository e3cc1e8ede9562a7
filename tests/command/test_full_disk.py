"""Where a disk is full: the file, the free bytes and what to do are said, and nothing is called written that is not."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kleiber.errors import MachineError, unwritable
from kleiber.report.reading import write_whole


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_with_the_free_bytes_and_the_remedy(tmp_path, number):
    said = str(unwritable(tmp_path / "out" / "r.html", OSError(number, os.strerror(number))))
    assert said.startswith(f"cannot write {tmp_path / 'out' / 'r.html'}: {os.strerror(number)} (")
    assert said.endswith(" bytes free there). Free some space and run the same line again")


def test_another_trouble_asks_for_the_folder():
    said = str(unwritable("r.html", OSError(errno.EACCES, "Permission denied")))
    assert said == "cannot write r.html: Permission denied; is the folder there, and may you write to it?"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"a page")
    reader.join(60)
    assert got == [b"a page"] and pipe.is_fifo()


def test_a_report_on_a_full_disk_is_an_error_of_the_machine(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MachineError, match=r"r\.html: No space left on device \([\d,]+ bytes free there\)"):
        write_whole(tmp_path / "r.html", b"a page")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no device that is full")
def test_what_is_printed_to_a_full_disk_is_no_success():
    with open("/dev/full", "w") as full:  # noqa: PTH123  (opened as a shell does)
        done = subprocess.run(
            [sys.executable, "-m", "kleiber", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 4 and "No space left on device" in done.stderr and "Traceback" not in done.stderr
