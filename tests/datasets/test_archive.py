import io
import tarfile

import pytest

from kleiber.datasets import _archive
from kleiber.errors import KleiberError


def test_files_come_in_order_and_hidden_ones_do_not(tmp_path, tar_of) -> None:
    members = {"a/2.txt": b"two", "a/._2.txt": b"fork", ".hidden/x": b"", "a/1.txt": b"one", "./b/3.txt": b"three"}
    archive = tar_of(tmp_path / "x.tar.gz", members)
    found = [(str(name), content) for name, content in _archive.members(archive)]
    assert found == [("a/2.txt", b"two"), ("a/1.txt", b"one"), ("b/3.txt", b"three")]


@pytest.mark.parametrize("name", ["../up.png", "a/../../up.png", "/etc/up.png", "..\\up.png", "C:\\up.png", "c:up.png"])
def test_a_member_that_points_out_is_refused(tmp_path, tar_of, name) -> None:
    archive = tar_of(tmp_path / "x.tar.gz", {name: b"x"})
    with pytest.raises(KleiberError, match="points out of the archive"):
        list(_archive.members(archive))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        info = tarfile.TarInfo("a/link.png")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(KleiberError, match="is a link or a device"):
        list(_archive.members(tmp_path / "x.tar"))


def test_too_large_a_member_and_too_much_in_all_are_refused(tmp_path, tar_of) -> None:
    archive = tar_of(tmp_path / "x.tar.gz", {f"{i}.bin": bytes(1000) for i in range(5)})
    assert len(list(_archive.members(archive, largest_member=1000, largest_total=50_000))) == 5
    with pytest.raises(KleiberError, match=r"its 0\.bin is 1,000 bytes"):
        list(_archive.members(archive, largest_member=999))
    heavy = tar_of(tmp_path / "y.tar.gz", {f"{i}.bin": bytes(1000) for i in range(50)})
    with pytest.raises(KleiberError, match="it goes on and on"):
        list(_archive.members(heavy, largest_total=50_000))


def test_a_size_that_its_head_makes_up_is_refused_before_it_is_read(tmp_path) -> None:
    info = tarfile.TarInfo("bomb.png")
    info.size = 1 << 40
    (tmp_path / "x.tar").write_bytes(info.tobuf() + bytes(1024))
    with pytest.raises(KleiberError, match="more than is read from an archive"):
        list(_archive.members(tmp_path / "x.tar"))


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_named_wherever_it_was_cut(tmp_path, rng, mode, kept) -> None:
    with tarfile.open(tmp_path / "whole.tar", mode) as tar:
        for i in range(9):
            info = tarfile.TarInfo(f"{i}.bin")
            info.size = 5120
            tar.addfile(info, io.BytesIO(rng.bytes(5120)))
    content = (tmp_path / "whole.tar").read_bytes()
    assert len(list(_archive.members(tmp_path / "whole.tar"))) == 9
    (tmp_path / "cut.tar").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(KleiberError, match=r"cut\.tar: .*damaged or no tar archive"):
        list(_archive.members(tmp_path / "cut.tar"))


def test_a_flipped_byte_is_found_by_the_checksum(tmp_path, rng, tar_of) -> None:
    archive = tar_of(tmp_path / "x.tar.gz", {"a.bin": rng.bytes(50_000)})
    content = bytearray(archive.read_bytes())
    content[30_000] ^= 1
    archive.write_bytes(content)
    with pytest.raises(KleiberError, match=r"x\.tar\.gz: "):
        list(_archive.members(archive))


def test_a_head_that_unpacks_to_more_than_the_limit_is_refused(tmp_path) -> None:
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("a.png")
        info.pax_headers = {"comment": "x" * 2_000_000}
        tar.addfile(info)
    assert [str(name) for name, _ in _archive.members(tmp_path / "x.tar.gz")] == ["a.png"]
    with pytest.raises(KleiberError, match="it goes on and on"):
        list(_archive.members(tmp_path / "x.tar.gz", largest_total=1_000_000))
