"""Every place that unpacks refuses the same harmless stand-ins for hostile archives by name, and writes nothing."""

import gzip
import io
import tarfile
import zipfile

import pytest

from kleiber import importers
from kleiber.datasets import _archive, cifar10, fashion_mnist, image_folder
from kleiber.errors import KleiberError

OUT = "points out of the archive"
NAMES = {"absolute": "/tmp/up.png", "climbs": "train/../../up.png", "of Windows": "C:\\up.png"}
LINKS = {"symbolic link": tarfile.SYMTYPE, "hard link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}
DOORS = pytest.mark.parametrize("load", [image_folder.load, cifar10.load], ids=["image_folder", "cifar10"])


def tar(tmp_path, info):
    (tmp_path / "given").mkdir()
    path = tmp_path / "given" / "x.tar.gz"
    with tarfile.open(path, "w:gz") as opened:
        opened.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def there(tmp_path):
    return sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*"))


@DOORS
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_member_that_points_out_is_refused_by_name(tmp_path, monkeypatch, load, name):
    info = tarfile.TarInfo(name)
    info.size = 1
    path = tar(tmp_path, info)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KleiberError, match=f"x.tar.gz: member .*up.png' {OUT}"):
        load(path)
    assert there(tmp_path) == ["given", "given/x.tar.gz"]


@DOORS
@pytest.mark.parametrize("kind", LINKS.values(), ids=LINKS)
def test_a_link_or_a_device_is_refused_by_name(tmp_path, load, kind):
    info = tarfile.TarInfo("train/cat/link.png")
    info.type, info.linkname = kind, "/etc/hostname"
    with pytest.raises(KleiberError, match=r"member 'train/cat/link\.png' is a link or a device"):
        load(tar(tmp_path, info))


@DOORS
def test_a_member_beyond_the_cap_is_refused_by_name_and_size(tmp_path, monkeypatch, load):
    monkeypatch.setattr(_archive.members, "__kwdefaults__", {"largest_member": 1000, "largest_total": 10_000})
    info = tarfile.TarInfo("train/cat/large.png")
    info.size = 1001
    with pytest.raises(KleiberError, match=r"its train/cat/large\.png is 1,001 bytes, more than is read"):
        load(tar(tmp_path, info))


def test_a_gzipped_file_that_unpacks_beyond_the_cap_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "MOST", 1000)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(KleiberError, match=r"train-images-idx3-ubyte\.gz has more than 1,000 bytes"):
        fashion_mnist.read_idx(path)


@pytest.mark.parametrize("name", [*NAMES.values(), "link.png"], ids=[*NAMES, "symbolic link"])
def test_a_zip_is_no_data_set_and_nothing_of_it_is_written(tmp_path, monkeypatch, name):
    (tmp_path / "given").mkdir()
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16 if name == "link.png" else 0  # how a zip keeps a symbolic link
    with zipfile.ZipFile(tmp_path / "given" / "x.zip", "w") as opened:
        opened.writestr(info, "/etc/hostname")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KleiberError, match=r"x\.zip: .*no tar archive"):
        image_folder.load(tmp_path / "given" / "x.zip")
    assert there(tmp_path) == ["given", "given/x.zip"]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_zip_of_a_tracker_is_read_in_memory_by_our_own_names_alone(tmp_path, monkeypatch, name):
    (tmp_path / "given").mkdir()
    with zipfile.ZipFile(tmp_path / "given" / "offline-1.zip", "w") as opened:
        opened.writestr("task.json", '{"name": "r", "hyperparams": {"General": {"n": {"value": "100"}}}}')
        opened.writestr(
            "metrics.jsonl", '[{"type": "training_stats_scalar", "metric": "val_loss", "iter": 1, "value": 0.5}]\n'
        )
        opened.writestr(name, "x")
    monkeypatch.chdir(tmp_path)
    try:
        importers.read(tmp_path / "given")
    except KleiberError as error:
        assert "up.png" not in str(error)
    assert there(tmp_path) == ["given", "given/offline-1.zip"]


def test_a_tracker_whose_zip_unpacks_beyond_the_cap_is_refused_by_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "offline-1.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("task.json", " " * (9 * 2**20))
        opened.writestr("metrics.jsonl", "[]\n")
    with pytest.raises(KleiberError, match=r"offline-1\.zip: task\.json has more than 8 MiB"):
        importers.read(tmp_path)
