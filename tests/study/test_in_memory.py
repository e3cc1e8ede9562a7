"""A study of arrays and of a module: in one process and in workers, from a script that defines the net, and continued."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from kleiber.errors import KleiberError
from kleiber.study.drive import run_study
from kleiber.study.study import Study

SCRIPT = """
import sys
import numpy as np
import torch
import kleiber


class Net(torch.nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(4, width), torch.nn.BatchNorm1d(width), torch.nn.ReLU(), torch.nn.Linear(width, 2)
        )

    def forward(self, x):
        return self.body(x)


def make_net(shape, outputs):
    return Net()


rng = np.random.default_rng(int(sys.argv[1]))
x = rng.normal(size=(200, 4))
net = {"module": Net(), "class": Net, "function": make_net, "wide": Net(9)}[sys.argv[2]]
study = kleiber.Study(
    name="s", data=(x, (x[:, 0] > 0).astype(int)), net=net, sizes=[20, 40], replicates=1, training={"epochs": 2}
)
if __name__ == "__main__":
    try:
        ledger = kleiber.run_study(study, ledger=sys.argv[3], workers=int(sys.argv[4]))
        rows = ledger.export("s")
        print(len(rows), *sorted(row["validation"]["loss"] for row in rows))
    except kleiber.KleiberError as error:
        print("refused:", error)
"""


def told(folder, *arguments):
    (folder / "script.py").write_text(SCRIPT)
    line = [sys.executable, "script.py", *map(str, arguments)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_script_s_arrays_and_module_run_in_workers_as_in_one_process_and_continue(tmp_path):
    alone = told(tmp_path, 0, "module", "alone.db", 1)
    assert alone.startswith("2 0.")
    assert told(tmp_path, 0, "module", "workers.db", 2) == alone
    assert told(tmp_path, 0, "module", "alone.db", 1) == alone  # nothing is run again
    assert told(tmp_path, 0, "class", "class.db", 2) == alone  # fresh weights are what the constructor draws
    assert told(tmp_path, 0, "function", "function.db", 1) == alone
    assert "the data's content (its fingerprint) was" in told(tmp_path, 1, "module", "alone.db", 1)
    assert "net was" in told(tmp_path, 0, "wide", "alone.db", 1)


X = np.random.default_rng(0).normal(size=(200, 4))
FIELDS = {"data": (X, X[:, 1]), "sizes": [20, 40], "replicates": 1, "training": {"epochs": 1}}


def test_two_trials_have_unlike_weights_and_one_trial_the_same_again(tmp_path):
    from kleiber import plugins

    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 1))
    learnt = net[0].weight.detach().clone()
    make = plugins.load_attribute(Study(net=net, **FIELDS).net)
    drawn = []
    for seed in (1, 2, 1):
        torch.manual_seed(seed)
        drawn.append(make()[0].weight.detach().clone())
    assert torch.equal(drawn[0], drawn[2]) and not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], learnt) and torch.equal(net[0].weight, learnt)


def test_weights_that_are_shared_stay_shared():
    from kleiber import plugins

    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 1))
    net[1].weight = net[0].weight
    made = plugins.load_attribute(Study(net=net, **FIELDS).net)()
    assert made[0].weight is made[1].weight is not made[2].weight


class Bare(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))


def frozen():
    net = torch.nn.Linear(4, 1)
    net.weight.requires_grad = False
    return net


def hooked():
    net = torch.nn.Linear(4, 1)
    net.act = lambda x: x
    return net


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Bare, r"Bare has weights of its own and no reset_parameters\(\).*net=make_net"),
        (frozen, "the weights weight are frozen.*net=make_net"),
        (hooked, "Linear can't be sent to workers|must stand at the top of a Python file"),
        (lambda: lambda: Bare(), "must stand at the top of a Python file"),
    ],
)
def test_a_net_that_no_trial_could_begin_afresh_is_refused_with_the_way_out(make, said):
    with pytest.raises(KleiberError, match=said):
        Study(net=make(), **FIELDS)


def test_a_net_of_a_notebook_is_told_the_way_into_a_file(monkeypatch):
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    space = {"__name__": "__main__"}
    exec("import torch\nclass Cell(torch.nn.Module):\n    pass\ndef make(): return Cell()", space)
    for net in (space["Cell"], space["Cell"](), space["make"]):
        with pytest.raises(KleiberError, match=r"%%writefile nets.py .*from nets import (Cell|make)"):
            Study(net=net, **FIELDS)


def test_the_same_module_is_the_same_study_and_a_changed_one_is_not():
    nets = [
        torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Dropout(p)) for width, p in ((3, 0.1), (3, 0.1), (3, 0.2))
    ]
    first, again, other = (Study(net=net, **FIELDS).identity("f") for net in nets)
    assert first == again != other


def test_a_study_of_arrays_keeps_them_when_it_is_changed(tmp_path):
    study = Study(name="a", net="linear", **FIELDS).changed(replicates=2, name="b")
    with run_study(study, tmp_path / "k.db") as ledger:
        assert len(ledger.export("b")) == 4
