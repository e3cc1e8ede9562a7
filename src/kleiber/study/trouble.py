"""What the machine says of a ledger that it can't write, its disk and its limits, and what helps."""

from pathlib import Path

from kleiber.errors import free_bytes

try:
    import resource
except ImportError:  # a system without limits of this kind
    resource = None  # type: ignore[assignment]

NETWORK = (  # file systems that machines share, where SQLite's shared memory does not work
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "afs"),
    *("ceph", "lustre", "gpfs", "beegfs", "panfs", "wekafs"),
    *("pvfs2", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.s3fs", "fuse.gcsfuse"),
)
MARGIN = 65_536  # bytes within which a file is near its limit


def remedy(problem: str, path: Path, *, kept: str = "what was acknowledged is kept", size: int = 0) -> str:
    """Give what helps against what SQLite says of a file, with its limit or the free bytes; empty where that is unknown.

    kept: what became of it. size: bytes that it was to have, where it is there no more.
    """
    if ("full" in problem or "disk I/O" in problem) and (limit := _file_limit(path, size)):
        return (
            f" (files may have at most {limit:,} bytes here: ulimit -f); {kept}: raise that limit and run the same "
            "line again"
        )
    if "full" in problem or "disk I/O" in problem:
        return f" ({free_bytes(path):,} bytes free there); {kept}: free some space and run the same line again"
    if "locked" in problem:
        return "; another program has held the file for over 30 s"
    if "unable to open" in problem or "readonly" in problem:
        return "; is the folder there, and may you write to it?"
    return ""


def _file_limit(path: Path, size: int) -> int:
    """Give the process's limit on the size of a file, where the ledger or its log is near it; else 0."""
    if resource is None:
        return 0
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    sizes = [size] + [file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.is_file()]
    return limit if limit != resource.RLIM_INFINITY and max(sizes) + MARGIN > limit else 0


def shared_by_machines(path: Path) -> bool:
    """Say whether a path lies on a network's file system, where SQLite can't log ahead; known on Linux alone."""
    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return False
    place, best, kind = str(path.resolve()), "", ""
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, found = line.split()[:3]
        if (place == point or place.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, found
    return kind in NETWORK
