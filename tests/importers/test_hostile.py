"""Files that want to do harm: nothing in them runs, nothing is fetched, and each is refused soon and in bounded memory."""

import json
import os
import pickle
import socket
import sqlite3
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from tests.importers import written

import kleiber
from kleiber.errors import KleiberError

END = ("FINISHED", "active")
SECONDS, MEBIBYTES = 5.0, 500


class Mark:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def lightning(root, hparams, checkpoint=b""):
    folder = root / "n100" / "version_0"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "metrics.csv").write_text("epoch,step,train_loss,val_loss\n0,3,0.5,\n0,3,,0.4\n1,7,0.5,\n1,7,,0.3\n")
    (folder / "hparams.yaml").write_text(hparams)
    (folder / "checkpoints" / "epoch=0-step=4.ckpt").write_bytes(checkpoint)
    return root


def yaml_that_runs(root, mark):
    text = f"n: 100\nx: !!python/object/apply:os.mkdir\n- {mark}\ny: !!python/object/new:os.system ['mkdir {mark}']\n"
    return lightning(root, text, pickle.dumps(Mark(mark))), {}


def yaml_bomb(root, mark):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for here, there in zip("bcdefghijk", "abcdefghij", strict=True):
        lines.append(f"{here}: &{here} {{" + ", ".join(f"{i}: *{there}" for i in range(9)) + "}")
    return lightning(root, "\n".join([*lines, "n: 100"])), {}


def yaml_nested(root, mark):
    return lightning(root, "a: " + "[" * 100_000), {}


def pickles_beside(root, mark):
    (root / "params.pkl").write_bytes(pickle.dumps(Mark(mark)))
    (root / "params.json").write_text('{"n": 100}')
    (root / "result.json").write_text('{"val_loss": 0.5, "training_iteration": 1, "trial_path": "/etc/passwd"}\n')
    (root / "training_args.bin").write_bytes(pickle.dumps(Mark(mark)))
    return root, {}


def array_of_objects(root, mark):
    held = np.array([Mark(mark)], dtype=object)
    np.savez(root / "c.npz", train_sizes=np.array([1.0]), test_scores=held)
    return root / "c.npz", {}


def array_that_lies(root, mark):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(root / "c.npz", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("train_sizes.npy", data)
        out.writestr("test_scores.npy", data)
    return root / "c.npz", {}


def zip_bomb(root, mark):
    with zipfile.ZipFile(root / "offline-1.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        with out.open("task.json", "w", force_zip64=True) as file:
            for _ in range(300):
                file.write(b" " * 2**20)
        out.writestr("metrics.jsonl", "[]\n")
    return root, {}


def json_deep(root, mark):
    (root / "trainer_state.json").write_text('{"log_history": ' + "[" * 1_000_000)
    return root, {}


def json_wide(root, mark):
    (root / "trainer_state.json").write_text('{"log_history": [' + ",".join(['{"a":1}'] * 1_000_000) + "]}")
    return root, {}


def json_many(root, mark):
    (root / "trainer_state.json").write_text('{"log_history": [' + ",".join(["{}"] * 20_000_000) + "]}")
    return root, {}


def line_long(root, mark):
    (root / "params.json").write_text('{"n": 100}')
    (root / "result.json").write_bytes(b'{"a": "' + b"x" * 2**26)
    return root, {}


def record_long(root, mark):
    written.leveldb(root / "run-a.wandb", b":W&B\xe1\xbe\x00", [b"\x0a" + b"\xff" * 2**25])
    return root, {}


def varint_endless(root, mark):
    written.leveldb(root / "run-a.wandb", b":W&B\xe1\xbe\x00", [b"\xff" * 1000])
    return root, {}


def event_huge(root, mark):
    path = root / "events.out.tfevents.1"
    path.write_bytes((2**62).to_bytes(8, "little") + b"\0" * 100)
    return root, {}


def view_endless(root, mark):
    base = sqlite3.connect(root / "mlflow.db")
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS key, x AS run_uuid FROM c"
    for name in ("runs", "metrics", "params", "experiments"):
        base.execute(f"CREATE VIEW {name} AS {endless}")
    base.commit()
    base.close()
    return root, {}


def links_out(root, mark):
    secret = root.parent / "secret"
    secret.mkdir()
    (secret / "metrics.csv").write_text("epoch,step,val_loss\n0,1,0.5\n")
    (root / "link").symlink_to(secret)
    (root / "metrics.csv").symlink_to(secret / "metrics.csv")
    os.mkfifo(root / "result.json")
    return root, {}


def address(root, mark):
    base = written.mlflow(
        root / "mlflow.db",
        [("r", {"n": 100, "artifact_uri": "http://127.0.0.1:9/x"}, {"val_loss": [(0, 1.0)]}, "FINISHED", "active")],
    )
    base.close()
    return root, {}


HOSTILE = [
    yaml_that_runs, yaml_bomb, yaml_nested, pickles_beside, array_of_objects, array_that_lies, zip_bomb, json_deep,
    json_wide, json_many, line_long, record_long, varint_endless, event_huge, view_endless, links_out, address,
]  # fmt: skip
READ = (yaml_that_runs, yaml_bomb, pickles_beside, address)
"""Those whose harmless part is read all the same."""


WATCH = """
import os, sys
# What no reader of a file has to do; an import of kleiber's or a library's own runs code of an installed file.
NEVER = ("pickle.find_class", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec",
         "os.posix_spawn", "os.fork", "os.mkdir", "ctypes.dlopen", "urllib.Request", "webbrowser.open")
def watch(event, arguments):
    foreign = event == "exec" and sys.argv[-1] in str(getattr(arguments[0], "co_filename", ""))
    if foreign or event in NEVER and not (event == "ctypes.dlopen" and "site-packages" in str(arguments[0])):
        print("it asks for", event, arguments, file=sys.stderr, flush=True)
        os._exit(1)
sys.addaudithook(watch)
"""


@pytest.mark.parametrize("write", HOSTILE, ids=lambda each: each.__name__)
def test_nothing_runs_and_each_is_refused_soon_in_little_memory(write, tmp_path):
    mark = tmp_path / "mark"
    (tmp_path / "root").mkdir()
    source, options = write(tmp_path / "root", mark)
    code = textwrap.dedent(
        """
        import json, sys, time
        import kleiber.importers, kleiber.importers._opened, kleiber.importers._yaml
        start = time.perf_counter()
        try:
            rows = kleiber.importers.read(sys.argv[1], **json.loads(sys.argv[2])).rows
            said = f"read {len(rows)}"
        except kleiber.importers.KleiberError as error:
            said = str(error)
        peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
        print(json.dumps([said, time.perf_counter() - start, peak / 1024]))
        """
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code.replace("start =", f"{WATCH}start =", 1),
            str(source),
            json.dumps(options),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    said, seconds, memory = json.loads(done.stdout.splitlines()[-1])
    assert not mark.exists()
    assert seconds < SECONDS and memory < MEBIBYTES, (seconds, memory)
    assert said.startswith("read 1") if write in READ else not said.startswith("read"), said


@pytest.mark.parametrize(
    ("does", "seen"),
    [
        ("import pickle; pickle.loads(b'cos\\ngetpid\\n.')", "pickle.find_class"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket."),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("exec(compile('1', sys.argv[-1] + '/x.py', 'exec'))", "exec"),
        ("1 + 1", ""),
    ],
)
def test_the_watch_sees_what_it_is_for(does, seen, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", f"{WATCH}\n{does}", str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode == 1) == bool(seen) and (f"it asks for {seen}" in done.stderr) == bool(seen)


def test_a_link_that_is_named_is_followed_and_one_inside_is_not(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    links_out(inside, None)
    with pytest.raises(KleiberError, match="is a folder"):
        kleiber.read(inside)


def test_no_host_user_or_path_is_copied_on(tmp_path):
    params = {"n": 100, "host": socket.gethostname(), "user": "me", "data_path": "/home/me/x", "lr": 0.1}
    runs = [
        (
            f"r{i}",
            {**params, "n": n, "user": f"me{i}", "data_path": f"/x/{i}", "lr": i / 10},
            {"val_loss": [(0, 1 / n)]},
            *END,
        )
        for i, n in enumerate((100, 200, 400))
    ]
    written.mlflow(tmp_path / "mlflow.db", runs).close()
    from kleiber.importers import _doors
    from kleiber.importers._run import Asked

    columns = _doors.columns_of(_doors.kind_of(tmp_path), tmp_path, Asked()).columns
    assert list(columns) == ["n", "seed", "model", "run", "state", "val_loss", "lr"]
