"""`kleiber serve` as a process: where it listens, what it prints, how it ends, and that a study is none the worse."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.web.conftest import Written

from kleiber.study.ledger import Ledger
from kleiber.web import server

RUN = [sys.executable, "-m", "kleiber"]


@contextmanager
def serving(*arguments, cwd):
    """Run the command and give the process, its port and its token."""
    line = [*RUN, "serve", *map(str, arguments)]
    process = subprocess.Popen(line, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        found = re.fullmatch(r"live page: http://(\S+):(\d+)/\?token=(\S{32})\n", said)
        assert found, (said, process.stderr.read() if process.poll() is not None else "")
        process.host, process.port, process.token = found[1], int(found[2]), found[3]
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def ask(process, path="/", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=20)
    connection.request("GET", path, headers={"Authorization": f"Bearer {process.token}", **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def raw(process, request):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        connection.sendall(request.encode())
        return connection.recv(4096).decode()


def listening(port):
    """Give the addresses on which somebody listens on a port, by Linux' own table."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == "0A" and int(local.split(":")[1], 16) == port:
                found.add(local.split(":")[0])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux who listens")
def test_it_listens_on_loopback_alone_and_names_itself_by_nobody_else(ledger):
    with serving(ledger.name, "--port", "0", cwd=ledger.parent) as process:
        assert process.host == "127.0.0.1"
        assert listening(process.port) == {"0100007F"}
        assert ask(process)[0] == 200
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil"):
            assert ask(process, Host=host)[0] == 403
        token = f"Authorization: Bearer {process.token}"
        assert raw(process, f"GET / HTTP/1.0\r\n{token}\r\n\r\n").startswith("HTTP/1.1 403")
        assert raw(process, f"GET / HTTP/1.1\r\n{token}\r\n\r\n").startswith("HTTP/1.1 400")
        assert raw(process, f"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n{token}\r\n\r\n").startswith(
            "HTTP/1.1 403"
        )
        two = f"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n{token}\r\n\r\n"
        assert raw(process, two).split()[1] in ("400", "403")


def test_another_address_is_warned_of_and_let_in_by_its_own_name_alone(ledger):
    with serving(ledger, "--host", "0.0.0.0", "--port", "0", cwd=ledger.parent) as process:
        assert ask(process)[0] == 200 and ask(process, Host="evil.example")[0] == 403
        assert ask(process, Host=socket.gethostname())[0] == 200
        process.send_signal(signal.SIGINT)
        assert "other machines can reach this page" in process.communicate(timeout=10)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_three_seconds_with_streams_open(ledger, number):
    with serving(ledger, "--port", "0", cwd=ledger.parent) as process:
        streams = []
        for _ in range(5):
            request = urllib.request.Request(
                f"http://127.0.0.1:{process.port}/events?study=1", headers={"Authorization": f"Bearer {process.token}"}
            )
            streams.append(urllib.request.urlopen(request, timeout=20))
            assert streams[-1].readline() == b"retry: 2000\n"
        began = time.monotonic()
        process.send_signal(number)
        rest = [stream.read() for stream in streams]
        _, err = process.communicate(timeout=10)
        assert time.monotonic() - began < 3
    assert process.returncode == 128 + number
    assert all(b"event: end" in each for each in rest)
    assert err == "kleiber: interrupted\n" and "Traceback" not in err


def test_a_second_signal_ends_it_at_once(ledger):
    with serving(ledger, "--port", "0", cwd=ledger.parent) as process:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130


def test_the_token_is_printed_once_and_stands_in_no_log(ledger):
    with serving(ledger, "--port", "0", cwd=ledger.parent) as process:
        ask(process, f"/?token={process.token}")
        ask(process, "/?token=wrong", Authorization="")
        ask(process, "/study/1")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert process.token not in out + err
    for file in ledger.parent.iterdir():
        assert process.token.encode() not in file.read_bytes()
    with serving(ledger, "--port", "0", cwd=ledger.parent) as other:
        assert other.token != process.token


def test_a_taken_port_is_said_and_without_one_a_free_one_is_taken(ledger):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = [*RUN, "serve", str(ledger), "--port", str(port)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=30)
    assert done.returncode == 4 and f"port {port}" in done.stderr and "--port" in done.stderr
    first = server.place(None, None)
    second = server.place(None, None)
    assert first.port != second.port and not first.open_to_all
    first.socket.close(), second.socket.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["missing.db"], "no ledger missing.db"), (["--host", "no.such.host.invalid", "k.db"], "--host")],
)
def test_what_cannot_be_served_is_said(ledger, arguments, said):
    done = subprocess.run([*RUN, "serve", *arguments], cwd=ledger.parent, capture_output=True, text=True, timeout=30)
    assert done.returncode in (2, 4) and said in done.stderr and "Traceback" not in done.stderr


def test_a_study_ends_the_same_with_readers_and_when_its_page_is_killed(tmp_path):
    """Ten readers ask ten times a second while a study is written; then its server is killed."""
    results = {}
    for name in ("alone", "watched"):
        target = tmp_path / f"{name}.db"
        with Written(target) as written:
            if name == "alone":
                written.whole()
                continue
            with serving(target, "--port", "0", cwd=tmp_path) as process:
                stop, asked = threading.Event(), []

                def read(process=process, stop=stop, asked=asked):
                    while not stop.is_set():
                        asked.append(ask(process, "/study/1")[0])
                        time.sleep(0.1)

                readers = [threading.Thread(target=read) for _ in range(10)]
                for reader in readers:
                    reader.start()
                written.size(100), written.size(200)
                time.sleep(1.0)
                stop.set()
                for reader in readers:
                    reader.join()
                process.kill()
                process.wait()
            written.size(400), written.size(800)
            assert set(asked) == {200} and len(asked) > 20
    for name in ("alone", "watched"):
        with Ledger(tmp_path / f"{name}.db") as opened:
            rows = opened.export("s")
            results[name] = [{k: v for k, v in row.items() if k not in ("started", "finished")} for row in rows]
            assert opened._store.rows("PRAGMA integrity_check")[0][0] == "ok"
    assert results["alone"] == results["watched"]


def test_run_with_serve_shows_the_page_and_ends_it(tmp_path, recorded, run_half):
    table = recorded([20, 40, 80, 160])
    (tmp_path / "s.toml").write_text(
        f'data = {{ source = "blank", examples = 400 }}\ntrainer = "replay"\nsizes = [20, 40, 80, 160]\nreplicates = 2\n'
        f'[training]\ntable = "{table}"\nseconds = 0.05\n[search]\ntrials = 4\n[search.space]\nlr = [0.01, 0.1]\n'
    )
    line = [*RUN, "run", "s.toml", "--ledger", "new/k.db", "--out", "out", "--serve", "--price-per-hour", "4"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    said = []
    while not (found := re.search(r"live page: http://127.0.0.1:(\d+)/\?token=(\S+)", "".join(said))):
        said.append(process.stderr.readline())
        assert said[-1], "".join(said)
    process.port, process.token = int(found[1]), found[2]
    status, _ = ask(process, "/")
    assert status == 200
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "report.html" in out and "token" not in out
    with pytest.raises(OSError):
        ask(process)


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path, ledger):
    hidden = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('starlette', 'uvicorn'):\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from kleiber.command.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    for line in (["serve", str(ledger)], ["run", "demo", "--serve", "--out", str(tmp_path / "out")]):
        done = subprocess.run(
            [sys.executable, "-c", hidden, *line], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2 and "pip install 'kleiber[web]'" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
