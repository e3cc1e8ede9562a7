"""DVC: folders with `params.yaml`, `metrics.json`, which holds last values alone, and DVCLive's `plots/metrics/**.tsv`."""

from collections.abc import Iterator
from pathlib import Path

from kleiber.importers import _config, _csv, _safe
from kleiber.importers._doors import reader
from kleiber.importers._run import Run, flat, number

TITLE = "DVC"
PLOTS = Path("plots") / "metrics"
USUAL = "dvclive"


def places(tree: _safe.Tree) -> list[Path]:
    """Give the folders that DVCLive, or a stage of DVC, wrote."""
    return [
        folder
        for folder, names in tree.items()
        if {"metrics.json", "params.yaml"} <= set(names)
        or (
            {"metrics.json", "params.yaml"} & set(names)
            and any(name.endswith(".tsv") for each in _below(tree, folder) for name in tree[each])
        )
    ]


def _below(tree: _safe.Tree, folder: Path) -> list[Path]:
    return tree.below(folder / PLOTS)


def runs(path: Path, tree: _safe.Tree) -> Iterator[Run]:
    """Give the run of a folder."""
    run = Run(path.parent.name if path.name == USUAL else path.name, str(path))
    run.params = flat(_config.yaml_file(path / "params.yaml"))
    for folder in _below(tree, path):
        for name in [each for each in tree[folder] if each.endswith(".tsv")]:
            log = _csv.log(folder / name)
            metric = "/".join(((folder / name).relative_to(path / PLOTS)).with_suffix("").parts)
            for row in log.rows:
                value = row.get(log.names[-1])
                if value is not None:
                    run.add(metric, row.get("step", 0.0), value)
    for metric, value in flat(_safe.json_object(path / "metrics.json")).items():
        name, found = metric.replace(".", "/"), number(value)
        if name not in run.series and name != "step" and found is not None:
            run.add(name, 0.0, found)
    yield run


read = reader("dvclive")
