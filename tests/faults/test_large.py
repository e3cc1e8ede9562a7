"""Tables and comparisons as large as people have them: what they take of the processor and the memory (L10, L11).

The limits are several times what was measured alone on a machine, since others use the processor too; that of memory isn't.
"""

import gzip
import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks of memory are told in kB there alone")


KLEIBER = """
import atexit, pathlib, re, runpy, sys
place = pathlib.Path(sys.argv.pop(1))
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: place.write_text(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]))
runpy.run_module("kleiber", run_name="__main__", alter_sys=True)
"""  # its own peak: the one that the system tells its parent begins with the parent's


def used(*arguments, expect=0):
    """Run the command, and give its processor seconds, the peak of its memory in MiB, and what it said."""
    with tempfile.TemporaryFile() as said, tempfile.NamedTemporaryFile("r") as peak:
        line = [sys.executable, "-c", KLEIBER, peak.name, *map(str, arguments)]
        process = subprocess.Popen(line, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text, memory = said.read().decode(), int(peak.read()) / 1024
    assert process.returncode == expect, text[-2000:]
    return usage.ru_utime + usage.ru_stime, memory, text


def table(path, n):
    random = np.random.default_rng(0)
    values = 0.2 + 3 * n**-0.3 * np.exp(random.normal(0, 0.01, len(n)))
    with path.open("w") as file:
        file.write("n,loss,seed\n")
        file.writelines(f"{size},{loss:.6f},{i}\n" for i, (size, loss) in enumerate(zip(n, values, strict=True)))
    return path


@pytest.mark.slow
def test_forty_models_are_compared_in_seconds(tmp_path):
    random = np.random.default_rng(1)
    lines = [
        f"model{model:02d},{n},{(1 + model / 40) * n**-0.3 * np.exp(random.normal(0, 0.01)):.6f}"
        for model in range(40)
        for n in (100, 200, 400, 800, 1600)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["model,n,loss", *lines]) + "\n")
    seconds, memory, said = used("compare", tmp_path / "t.csv", "--json")
    assert '"model39"' in said
    assert seconds < 45 and memory < 500


@pytest.mark.slow
def test_a_million_rows_are_forecast_in_seconds(tmp_path):
    n = np.repeat([100, 200, 400, 800, 1600, 3200, 6400, 12_800], 125_000)
    seconds, memory, said = used("forecast", table(tmp_path / "t.csv", n), "--at", "25600")
    assert "25,600" in said
    assert seconds < 45 and memory < 400


def test_twenty_thousand_columns_are_read_in_seconds(tmp_path):
    names = [f"weight_{i}" for i in range(20_000)]
    lines = [",".join(["n", "loss", *names])]
    lines += [",".join([str(n), str(n**-0.3), *["0.5"] * len(names)]) for n in (100, 200, 400, 800, 1600)]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    seconds, memory, said = used("forecast", tmp_path / "t.csv", "--at", "3200")
    assert "3,200" in said
    assert seconds < 15 and memory < 400


def test_a_small_file_that_unpacks_to_many_blank_lines_is_refused_at_a_limit(tmp_path):
    with gzip.open(tmp_path / "t.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"n,loss\n100,0.5\n")
        block = b"\n" * (1 << 20)
        for _ in range(200):
            file.write(block)
    seconds, memory, said = used("forecast", tmp_path / "t.csv.gz", expect=2)
    assert "t.csv.gz: more than 4,000,000 lines" in said
    assert seconds < 15 and memory < 400
