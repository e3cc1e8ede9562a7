"""Where kleiber keeps what can be made or fetched again: a folder of the user's cache."""

from pathlib import Path

from kleiber import plugins

with plugins.needing("run"):
    import platformdirs


def cache_folder(name: str) -> Path:
    """Give the path of that name in kleiber's part of the user's cache; nothing is made there."""
    return Path(platformdirs.user_cache_dir("kleiber")) / name
