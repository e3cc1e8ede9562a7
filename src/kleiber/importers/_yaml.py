"""Parameters in YAML, tags and all, and nothing of what they ask for is made: PyYAML parses, and plain values are taken.

Frameworks write tuples, paths, whole modules and NumPy numbers as `!!python/...`, of which any makes `yaml.safe_load`
refuse the file. Here a NumPy number of eight or four bytes is read as the number that it is, and everything else is left.
"""

import base64
import binascii
import re
import struct
from typing import Any

import yaml

from kleiber.errors import KleiberError

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NODES = 20_000
DEPTH = 8
NUMPY = "tag:yaml.org,2002:python/object/apply:numpy"
LAYOUT = {"i8": "<q", "i4": "<i", "u8": "<Q", "u4": "<I", "f8": "<d", "f4": "<f"}


def parsed(text: str, place: object) -> dict[str, Any]:
    """Give the mapping that a text holds, nested; raises `KleiberError` where it is no YAML, or is no mapping."""
    loader = Loader(text)
    try:
        node = loader.get_single_node()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise KleiberError(f"{place} is no YAML: {' '.join(str(error).split())[:80]}") from error
    finally:
        loader.dispose()
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise KleiberError(f"{place} holds no mapping of names to values")
    return _Reading().mapping(node, DEPTH)


class _Reading:
    """Reads nodes, each mapping once and so many in all: aliases of aliases may stand for a billion."""

    def __init__(self) -> None:
        self.left, self.seen = NODES, set[int]()

    def mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        found = {}
        for key, value in node.value:
            self.left -= 1
            if self.left < 0:
                break
            if isinstance(key, yaml.ScalarNode):
                found[key.value] = self.value(value, depth - 1)
        return found

    def value(self, node: yaml.Node, depth: int) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if node.tag.startswith(NUMPY):
            return _numpy(node)
        if isinstance(node, yaml.MappingNode) and depth > 0 and id(node) not in self.seen:
            self.seen.add(id(node))
            return self.mapping(node, depth)
        return None


def _scalar(node: yaml.ScalarNode) -> Any:
    kind, text = node.tag.rpartition(":")[2], node.value
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0) if re.fullmatch(r"[-+]?(0[xob])?[\da-fA-F_]+", text) else text
        if kind == "float":
            return float(re.sub(r"\.(inf|nan)", r"\1", text.replace("_", ""), flags=re.IGNORECASE))
        if kind == "bool":
            return text.lower() in ("yes", "true", "on")
    except ValueError:
        return text
    return None if kind == "null" else text


def _numpy(node: yaml.Node) -> Any:
    """Give the number of a NumPy scalar, which is written as its kind and its bytes in base64; else None."""
    parts = node.value if isinstance(node, yaml.SequenceNode) else []
    if len(parts) != 2 or not isinstance(parts[1], yaml.ScalarNode):
        return None
    kind = next((each for each in _texts(parts[0], 6) if each in LAYOUT), "")
    try:
        data = base64.b64decode(parts[1].value)
        return struct.unpack(LAYOUT[kind], data)[0]
    except (KeyError, ValueError, binascii.Error, struct.error):
        return None


def _texts(node: yaml.Node, depth: int) -> list[str]:
    if isinstance(node, yaml.ScalarNode):
        return [node.value]
    if depth == 0 or not isinstance(node, yaml.SequenceNode | yaml.MappingNode):
        return []
    inside = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
    return [text for part in inside[:10] for text in _texts(part, depth - 1)]
