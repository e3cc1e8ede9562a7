import hashlib
import http.server
import logging
import os
import threading

import platformdirs
import pytest

from kleiber.datasets import _fetch, fashion_mnist
from kleiber.datasets._fetch import Remote, fetch, find
from kleiber.errors import KleiberError, MachineError

CONTENT = bytes(range(256)) * 5000


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/missing.bin":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000] if self.path == "/cut.bin" else CONTENT)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.asked = []
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def remote(server):
    def make(name: str, algorithm: str = "sha256", digest: str | None = None) -> Remote:
        right = hashlib.new(algorithm, CONTENT).hexdigest()
        return Remote(f"http://127.0.0.1:{server.server_port}/{name}", algorithm, digest or right)

    return make


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("KLEIBER_DATA", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    return tmp_path / "cache" / "kleiber"


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_right_file_is_written_whole_and_not_fetched_twice(server, remote, tmp_path, algorithm, caplog) -> None:
    caplog.set_level(logging.INFO, logger="kleiber.datasets")
    file = fetch(remote("set.bin", algorithm), tmp_path / "to")
    assert file.read_bytes() == CONTENT
    assert fetch(remote("set.bin", algorithm), tmp_path / "to") == file
    assert server.asked == ["/set.bin"]
    assert [p.name for p in file.parent.iterdir()] == ["set.bin"]
    assert "set.bin: 100 %" in caplog.text


def test_a_false_checksum_leaves_nothing_behind(remote, tmp_path) -> None:
    false = remote("set.bin", digest="0" * 64)
    with pytest.raises(KleiberError, match=r"sha256 .* but 0{64} is published"):
        fetch(false, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_cache_that_is_not_right_is_fetched_again(server, remote, tmp_path) -> None:
    (tmp_path / "set.bin").write_bytes(CONTENT[:77])
    assert fetch(remote("set.bin"), tmp_path).read_bytes() == CONTENT
    assert server.asked == ["/set.bin"]


def test_a_download_that_breaks_off_or_is_not_there_leaves_nothing_behind(remote, tmp_path) -> None:
    with pytest.raises(KleiberError, match=r"cut\.bin"):
        fetch(remote("cut.bin"), tmp_path)
    with pytest.raises(KleiberError, match=r"missing\.bin: Not Found"):
        fetch(remote("missing.bin"), tmp_path)
    with pytest.raises(KleiberError, match="is not the file"):
        small = pytest.MonkeyPatch()
        small.setattr(_fetch, "_LARGEST", 1000)
        try:
            fetch(remote("set.bin"), tmp_path)
        finally:
            small.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_the_machines_fault(remote, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot write"):
        fetch(remote("set.bin"), tmp_path / "file" / "below")


def test_find_prefers_kleiber_data_in_its_order_and_both_spellings(tmp_path, cache, monkeypatch) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    (first / "my-set").mkdir(parents=True)
    (second / "my_set").mkdir(parents=True)
    monkeypatch.setenv("KLEIBER_DATA", os.pathsep.join(map(str, (first, second))))
    assert find("my_set", lambda path: True, []) == first / "my-set"
    assert find("my_set", lambda path: path.parent == second, []) == second / "my_set"
    assert find("other", lambda path: True, [], also=("my_set",)) == second / "my_set"


def test_find_fetches_into_the_cache_and_takes_it_from_there(server, remote, cache) -> None:
    def recognise(path):
        return (path / "set.bin").is_file()

    assert find("my_set", recognise, [remote("set.bin")]) == cache / "my_set"
    assert find("my_set", recognise, [remote("set.bin")]) == cache / "my_set"
    assert server.asked == ["/set.bin"]


def test_offline_the_error_says_what_was_tried_and_where_to_put_what(tmp_path, cache, monkeypatch) -> None:
    (tmp_path / "data" / "fashion-mnist").mkdir(parents=True)
    monkeypatch.setenv("KLEIBER_DATA", str(tmp_path / "data"))
    nobody = [Remote(f"http://127.0.0.1:1/{stem}.gz", "md5", "0") for stem in fashion_mnist.STEMS]
    monkeypatch.setattr(fashion_mnist, "REMOTES", nobody)
    with pytest.raises(KleiberError) as caught:
        fashion_mnist.load()
    said = str(caught.value)
    assert f"{tmp_path / 'data' / 'fashion_mnist'}: not there" in said
    assert f"{tmp_path / 'data' / 'fashion-mnist'}: holds none of its files" in said
    assert f"{cache / 'fashion_mnist'}: not there" in said
    assert "http://127.0.0.1:1/train-images-idx3-ubyte.gz: " in said
    assert all(f"{stem}.gz" in said for stem in fashion_mnist.STEMS)
    monkeypatch.delenv("KLEIBER_DATA")
    with pytest.raises(KleiberError, match="KLEIBER_DATA is not set"):
        fashion_mnist.load()
