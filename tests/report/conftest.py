"""Findings made by hand: a curve as CIFAR-10 gives it, a refused one, two models compared, and names that attack."""

import copy
import math

import pytest

from kleiber.metric import Metric

SIZES = (200, 400, 800, 1600, 3200, 6400)
HOSTILE = (
    "</script><img src=x onerror=document.title='owned'>",
    "<!--<script>",
    "\"><svg/onload=document.title='owned'>",
    "\u202egnp.exe \u05d0\u05d1\u05d2",
    "nul\x00 and \u2028 and \u2029 and \ud800",
    "{{ 7 * 7 }} {% raw %} $x_1$ &amp; </title></style>",
)


def law(n: float, a: float = 3.50, b: float = 0.222, c: float = 1.0) -> float:
    return float(a * n**-b + c)


def interval(values: tuple[float, ...]) -> tuple[float, float, float, float | None]:
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, mean, mean, None
    sd = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = {2: 6.314, 3: 2.920, 4: 2.353}[len(values)] * sd / math.sqrt(len(values))
    return mean, mean - half, mean + half, sd


def make_points(a: float = 3.50, b: float = 0.222, c: float = 1.0, sizes: tuple[int, ...] = SIZES) -> list[dict]:
    tilt = ((0.021, -0.012, 0.004), (-0.011, 0.013, -0.006), (0.012, -0.008, -0.009))
    tilt += ((-0.006, 0.011, 0.001), (0.004, -0.010, 0.005), (-0.003, 0.006, -0.004))
    points = []
    for n, moves in zip(sizes, tilt, strict=False):
        values = tuple(round(law(n, a, b, c) * (1 + move), 4) for move in moves)
        mean, low, high, sd = interval(values)
        points.append(
            {"n": n, "mean": mean, "low": low, "high": high, "sd": sd, "count": len(values), "values": list(values)}
        )
    return points


def regions_told(points: list[dict]) -> list[dict]:
    """Give the points with the region of each size: small data first, then the power law."""
    for point, small in zip(points, (0.81, 0.42, 0.12, 0.04, 0.0, 0.0), strict=False):
        floor = 0.02 * (point["n"] / points[0]["n"]) ** 0.5
        power = 1 - small - floor
        likely = "small_data" if small > power else "power_law"
        point["region"] = {"small_data": small, "power_law": power, "floor": floor, "likely": likely}
    return points


def make_band(a: float = 3.50, b: float = 0.222, c: float = 1.0, largest: int = 6400) -> dict:
    n = [200.0 * (8 * largest / 200) ** (i / 47) for i in range(48)]
    spread = [0.008 + 0.035 * max(0.0, math.log(size / 2500)) for size in n]
    columns = {"n": n, "median": [law(size, a, b, c) for size in n]}
    for name, width in (("50", 0.6745), ("90", 1.645)):
        columns[f"low{name}"] = [m * math.exp(-1.15 * width * s) for m, s in zip(columns["median"], spread, strict=True)]
        columns[f"high{name}"] = [m * math.exp(width * s) for m, s in zip(columns["median"], spread, strict=True)]
    return {**columns, "grade": ["guess" if size > 40_000 else "firm" if size < 20_000 else "rough" for size in n]}


def make_backtest(a: float, b: float, c: float) -> list[dict]:
    rows = []
    predictions = ((800, 1600, 0.017, 0.075), (800, 3200, 0.024, 0.13), (800, 6400, 0.032, 0.19))
    predictions += ((1600, 3200, 0.012, 0.07), (1600, 6400, 0.019, 0.11), (3200, 6400, 0.03, 0.035))
    measured = {point["n"]: point["mean"] for point in make_points(a, b, c)}
    for used, n, error, half in predictions:
        predicted = measured[n] * (1 + error)
        low, high = predicted - 1.1 * half, predicted + half
        rows.append(
            {
                "used_up_to": used, "n": n, "predicted": predicted, "low": low, "high": high, "probability": 0.9,
                "measured": measured[n], "relative_error": predicted / measured[n] - 1,
                "inside": low <= measured[n] <= high,
            }
        )  # fmt: skip
    return rows


def make_curve(model: str = "lenet", a: float = 3.50, b: float = 0.222, c: float = 1.0) -> dict:
    at = [
        {"n": n, "median": law(n, a, b, c), "low": law(n, a, b, c) - d, "high": law(n, a, b, c) + 0.9 * d,
         "probability": 0.9, "grade": grade}
        for n, d, grade in ((12_800, 0.07, "firm"), (25_600, 0.115, "rough"), (1_000_000, 0.4, "guess"))
    ]  # fmt: skip
    return {
        "model": model,
        "metric": "test cross-entropy",
        "scale": Metric.of_loss("test cross-entropy").to_dict(),
        "chance": 2.302585,
        "points": regions_told(make_points(a, b, c)),
        "forecast": {
            "status": "ok",
            "code": None,
            "reason": None,
            "help": None,
            "warnings": [{"code": "floor-not-identified", "message": "The floor is not identified by these sizes"}],
            "laws": [
                {"name": "power_floor", "formula": "a * n**-b + c", "weight": 0.71},
                {"name": "power", "formula": "a * n**-b", "weight": 0.29},
            ],
            "exponent": {"median": b, "low": b - 0.09, "high": b + 0.13, "probability": 0.9},
            "floor": {
                "median": c,
                "low": 0.21,
                "high": 1.28,
                "probability": 0.9,
                "loss": {"median": c, "low": 0.21, "high": 1.28},
            },
            "horizon": 40_000.0,
            "largest": 6400.0,
            "band": make_band(a, b, c),
            "at": at,
            "target": {
                "grade": "rough",
                "loss": 1.40,
                "value": 1.40,
                "needed": [
                    {"probability": 0.05, "n": 8_107.0, "searched_to": 64e6, "grade": "firm"},
                    {"probability": 0.1, "n": 9_204.0, "searched_to": 64e6, "grade": "firm"},
                    {"probability": 0.5, "n": 17_542.7, "searched_to": 64e6, "grade": "rough"},
                    {"probability": 0.9, "n": 51_204.0, "searched_to": 64e6, "grade": "guess"},
                    {"probability": 0.95, "n": 83_519.0, "searched_to": 64e6, "grade": "guess"},
                ],
                "never": 0.043,
            },
            "distrusted": False,
            "flat": False,
        },
        "line": {"exponent": 0.0946, "rms_log_residual": 0.0061},
        "backtest": make_backtest(a, b, c),
    }


def make_refused(model: str = "mlp") -> dict:
    return {
        "model": model,
        "metric": "test cross-entropy",
        "scale": Metric.of_loss("test cross-entropy").to_dict(),
        "chance": 2.302585,
        "points": make_points(2.9, 0.19, 1.1, (200, 400)),
        "forecast": {
            "status": "refused",
            "code": "too-few-sizes",
            "reason": "Two sizes cannot tell a power law from any other curve.",
            "help": "Measure at least one more size, best 800 examples or more.",
            "warnings": [], "laws": [], "exponent": None, "floor": None, "horizon": None, "largest": None,
            "band": None, "at": [], "target": None, "distrusted": False, "flat": False,
        },
        "line": None,
        "backtest": [],
    }  # fmt: skip


def make_study() -> dict:
    winners = [
        {
            "n": n,
            "params": {"learning_rate": rate, "momentum": 0.9, "width": width, "batch": 32},
            "validation_loss": law(n) * 0.985,
            "at_edge": ["width"] if n == 6400 else [],
        }
        for n, rate, width in zip(SIZES, (0.004, 0.0061, 0.0083, 0.011, 0.012, 0.0135), (1, 1, 2, 2, 4, 8), strict=True)
    ]
    return {
        "name": "origin",
        "description": {"data": "cifar10", "search": {"trials": 20, "sampler": "tpe"}, "sizes": list(SIZES), "seed": 0},
        "data": {
            "name": "cifar10", "fingerprint": "9f2c1b7e4a" * 6 + "abcd", "task": "classification", "classes": 10,
            "train": 40_000, "validation": 10_000, "test": 10_000,
            "notes": ["3 examples that are also in the test set were kept out of the pool."],
        },
        "model": "lenet",
        "search": {"trials_per_size": 20, "sampler": "tpe"},
        "trials": {"ok": 131, "diverged": 6, "failed": 1, "lost": 0},
        "seconds": 4312.4,
        "rungs": [{"n": n, "trials": 20, "replicates": 3, "overlap": n / 40_000} for n in SIZES],
        "winners": winners,
    }  # fmt: skip


@pytest.fixture
def findings() -> dict:
    """One curve of a study, forecast and back-tested."""
    return {
        "schema": "kleiber-findings/2",
        "title": "LeNet on CIFAR-10",
        "verdict": {
            "question": "How many examples does test cross-entropy 1.4 take?",
            "sentences": [
                "test cross-entropy 1.4 takes about 17,500 examples (rough; 80 % interval 9,200 to 51,200).",
                "The chance that no amount of data is enough is 4 %.",
            ],
            "model": "lenet", "metric": "test cross-entropy", "grade": "rough",
        },
        "trust": {
            "grade": "rough",
            "backtest": {"inside": 5, "of": 6},
            "risk": {"code": "floor-not-identified", "text": "the floor is open"},
        },
        "study": make_study(),
        "curves": [make_curve()],
        "warnings": [
            {"code": "floor-not-identified", "message": "The floor is not identified by these sizes.", "model": "lenet",
             "metric": "test cross-entropy", "cause": "width", "shown": True}
        ],
        "sentences": [
            "With 25,600 examples, four times the largest size measured, lenet is expected to reach a test "
            "cross-entropy of 1.37, and with 90 % probability one between 1.25 and 1.47.",
            "Each doubling of the data so far lowered the loss by about 6 %.",
            "A loss of 1.40 takes about 17,500 examples (rough; 90 % interval 8,110 to 83,500).",
        ],
        "provenance": {"kleiber": "0.1.0", "python": "3.11.9", "numpy": "2.4.6", "scipy": "1.17.1", "source": "a.db",
                       "calibration": {"learnt": "by dev/calibrate.py", "without": None, "date": "2026-11-24"}},
    }  # fmt: skip


@pytest.fixture
def several(findings: dict) -> dict:
    """Two models forecast and one refused, from somebody's table: there is no study."""
    result = copy.deepcopy(findings)
    result["title"] = "Three models on one data set"
    result["study"] = None
    result["curves"].append(make_curve("resnet", 6.1, 0.31, 0.62))
    result["curves"].append(make_refused())
    return result


@pytest.fixture
def refused(findings: dict) -> dict:
    """A single curve whose forecast is refused."""
    result = copy.deepcopy(findings)
    result["curves"] = [make_refused()]
    result["study"] = None
    result["warnings"] = []
    result["verdict"] |= {
        "sentences": ["No forecast. Two sizes cannot tell a power law from any other curve."],
        "grade": None,
    }
    result["trust"] = {"grade": None, "backtest": None, "risk": None}
    result["sentences"] = ["There is no forecast: two sizes cannot tell a power law from any other curve."]
    return result


@pytest.fixture
def hostile(findings: dict) -> dict:
    """Names that attack in every place where a name can stand."""
    result = copy.deepcopy(findings)
    evil = "".join(HOSTILE)
    result["title"] = evil
    result["study"]["name"] = evil
    result["study"]["description"][evil] = evil
    result["study"]["data"] |= {"name": evil, "task": evil, "notes": [evil]}
    result["study"]["search"]["sampler"] = evil
    result["study"]["trials"][evil] = 1
    result["study"]["winners"][0]["params"][evil] = evil
    result["sentences"] = [evil, evil]
    result["verdict"] |= {"question": evil, "sentences": [evil, evil], "model": evil}
    result["trust"]["risk"] = {"code": evil, "text": evil}
    result["warnings"] = [{"code": evil, "message": evil, "model": evil, "metric": evil, "cause": evil, "shown": True}]
    result["provenance"]["source"] = evil
    result["provenance"]["calibration"]["learnt"] = evil
    for name in ("".join(HOSTILE[:3]), "".join(HOSTILE[3:])):
        curve = copy.deepcopy(result["curves"][0])
        curve |= {"model": name, "metric": evil, "scale": {**curve["scale"], "name": evil, "loss": evil, "unit": evil}}
        curve["forecast"]["warnings"][0]["message"] = evil
        curve["forecast"]["laws"][0] |= {"name": evil, "formula": evil}
        result["curves"].append(curve)
    result["curves"].append(make_refused(evil))
    result["curves"][-1]["forecast"] |= {"reason": evil, "help": evil, "code": evil}
    return result
