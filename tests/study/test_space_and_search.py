import subprocess
import sys

import pytest

from kleiber.errors import KleiberError
from kleiber.space import at_edge, parse_space
from kleiber.study.search import ask

SPACE = {"lr": {"low": 1e-6, "high": 0.1, "log": True}, "width": {"low": 10, "high": 100}, "batch": [4, 16, "auto"]}


def test_a_space_is_plain_data():
    space = parse_space(SPACE)
    assert space["width"].integer
    assert not space["lr"].integer
    assert space["batch"].values == (4, 16, "auto")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"low": 1, "high": 1}, "low must be a number below high"),
        ({"low": 0.0, "high": 1.0, "log": True}, "log = true needs low above 0"),
        ({"low": 1, "hihg": 2}, r"not low, hihg. Write  lr = \{ low = 1, high = 2 \}"),
        ([], "at least one value"),
        ("0.1", r"one value is nothing to search. Write  lr = 0.1  under \[params\]"),
        ({"low": "a", "high": 2}, "low must be a number"),
    ],
)
def test_a_wrong_entry_is_named(entry, said):
    with pytest.raises(KleiberError, match=rf"\[search.space\] lr: .*{said}"):
        parse_space({"lr": entry})


def test_at_edge_is_measured_in_the_scale_of_the_range():
    space = parse_space(SPACE)
    assert at_edge(space, {"lr": 0.09, "width": 55, "batch": 4}) == ["lr"]
    assert at_edge(space, {"lr": 0.01, "width": 11, "batch": 4}) == ["width"]
    assert at_edge(space, {"lr": 0.01, "width": 50, "batch": 4}) == []


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_proposals_lie_in_the_space_and_depend_on_the_seed_alone(sampler):
    space = parse_space(SPACE)
    told = [(params, params["lr"]) for params in ask(space, sampler, seed=7, count=9)]
    first = ask(space, sampler, seed=1, told=told, count=20)
    assert first == ask(space, sampler, seed=1, told=told, count=20)
    assert first != ask(space, sampler, seed=2, told=told, count=20)
    assert all(1e-6 <= p["lr"] <= 0.1 and 10 <= p["width"] <= 100 and isinstance(p["width"], int) for p in first)
    assert {p["batch"] for p in first} <= {4, 16, "auto"}


def test_tpe_learns_from_what_it_is_told_and_random_does_not():
    space = parse_space({"x": {"low": 0.0, "high": 1.0}})
    told = [({"x": i / 40}, abs(i / 40 - 0.2)) for i in range(41)]
    near = {s: sum(abs(p["x"] - 0.2) < 0.25 for p in ask(space, s, seed=0, told=told, count=30)) for s in ("tpe", "random")}
    assert near["tpe"] >= 28
    assert near["random"] <= 15


def test_a_failed_trial_is_told_as_failed():
    space = parse_space({"x": {"low": 0.0, "high": 1.0}})
    assert ask(space, "tpe", seed=0, told=[({"x": 0.5}, None)] * 12, count=3)


def test_a_neighbours_winner_comes_first():
    space = parse_space(SPACE)
    first = {"lr": 0.01, "width": 33, "batch": "auto", "momentum": 0.9}
    proposed = ask(space, "random", seed=0, count=3, first=first)
    assert proposed[0] == {"lr": 0.01, "width": 33, "batch": "auto"}
    assert proposed[1] != proposed[0]


def test_an_unknown_sampler_is_named():
    with pytest.raises(KleiberError, match=r"unknown sampler 'grid'; there are random, tpe"):
        ask({}, "grid", seed=0, count=1)


HELD = """
import gc, weakref
from kleiber.study.search import ask
from kleiber.space import parse_space

class Data: pass

def caller():
    data = Data()
    ask(parse_space({"lr": {"low": 1e-4, "high": 1e-1, "log": True}}), "random", seed=0, count=1)
    return weakref.ref(data)

found = caller()
gc.collect()
print(found())
"""


def test_asking_keeps_nothing_of_those_who_asked():
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "None"
