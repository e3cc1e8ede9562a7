"""Where kleiber keeps what can be made or fetched again: a folder of the user's cache."""

from pathlib import Path

from kleiber import plugins


def cache_folder(name: str) -> Path:
    """Give the path of that name in kleiber's part of the user's cache; nothing is made there."""
    with plugins.needing("run", "running a study"):
        import platformdirs
    return Path(platformdirs.user_cache_dir("kleiber")) / name


def copy_of(folder: str) -> Path:
    """Give where this machine keeps a copy of prepared data: a folder of that name, which has the content's hash in it."""
    return cache_folder("prepared") / Path(folder).name


def at_hand(folder: str) -> Path | None:
    """Give the folder of prepared data that this machine has: the one named, or its copy; None where there is neither."""
    return next((place for place in (Path(folder), copy_of(folder)) if (place / "dataset.json").is_file()), None)
