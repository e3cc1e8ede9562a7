"""Files of parameters beside a run: JSON, or YAML by PyYAML, which the extra `import` brings."""

import importlib.util
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.importers import _safe

YAML_BYTES = 2**22


def yaml_file(path: Path) -> dict[str, Any]:
    """Give what a file of YAML holds, nested; {} where it is not there. Raises `KleiberError` where PyYAML is missing."""
    if not _safe.is_there(path):
        return {}
    return yaml_text(_safe.text(path, YAML_BYTES), path)


def yaml_text(text: str, place: object) -> dict[str, Any]:
    """Give the mapping that a text of YAML holds, nested."""
    if importlib.util.find_spec("yaml") is None:
        raise KleiberError(f"{place} needs the package 'yaml', which is not installed: pip install 'kleiber[import]'")
    found: dict[str, Any] = plugins.heavy("importers._yaml").parsed(text, place)
    return found
