"""Are intervals as narrow as the data allow? Simulated studies by setting and by kind, beside a plain least-squares fit.

    python -m benchmarks.settings [--count 400] [--calibration FILE] [--out docs/benchmarks_settings.md]

Studies of 100, 200, 400, ... examples with an exponent of .15 to .6, even noise, and a floor of none, of .1 to .6 or of
.005 to .05 of the first loss (small ones, evenly on the log); such of little noise, as language models have; then kinds of
study that stray: runs that share luck, heavy tails, a small-data bend, a break within the measured sizes, and one beyond,
which nothing measured shows. Told are the 90 % interval of the curve at 4 and 16 times the largest size: how often it holds
the truth, its mean ln(high/low), the root mean square error of ln of its median, and that of a power law with a floor and
of a straight line by least squares. Last, how often a clean curve of the first table has no floor to speak of (less than a
tenth of its loss at 16 times the largest size), by the probability that the forecast gives it: a third of these curves has
none, a third a small one, a third a large one.

Result of 2026-12-01, two cores, --count 400, as shipped; covers, ln(high/low), error, each at 4 and 16 times:

    pure 5 x 1         .91 .94    .250 .615      .064 .161      (power law with floor .071 .184)
    pure 6 x 3         .95 .97    .118 .309      .030 .078      (.038 .102)
    pure 8 x 1         .92 .95    .123 .279      .031 .069      (.040 .097)
    floor 5 x 1        .94 .96    .227 .479      .057 .112      (.058 .112)
    floor 6 x 3        .92 .93    .121 .258      .030 .056      (.027 .049)
    floor 8 x 1        .92 .94    .125 .214      .033 .054      (.032 .051)
    pure 6 x 3, 1 %    .92 .97    .046 .124      .011 .026      (.018 .049)
    floor 6 x 3, 5 %   .86 .87    .233 .489      .068 .124      (.064 .114)
    pure 4 x 5         .99 .99    .261 .693      .037 .103      (.048 .137)
    floor 12 x 1       .94 .94    .080 .109      .019 .026      (.019 .025)
    small floors       .86 to .98, .86 to .99
    floor 6 x 3, .3 %  .95 .95    .0243 .0502    .0050 .0097    (.0048 .0091)
    floor 8 x 1, .1 %  .94 .94    .0072 .0115    .0017 .0027    (.0020 .0033)
    floor 12 x 1, .3 % .94 .95    .0124 .0164    .0028 .0037    (.0031 .0041)
    pure 6 x 3, .3 %   .97 .99    .0107 .0254    .0025 .0050    (.0066 .0190)
    pure 8 x 1, .1 %   .90 .94    .0040 .0072    .0011 .0018    (.0066 .0188)
    pure 12 x 1, .1 %  .92 .94    .0028 .0042    .0007 .0009    (.0098 .0257)
    shared luck        .89 .92    .195 .420      .057 .105      (.053 .097)
    heavy tails        .91 .93    .109 .231      .028 .053      (.026 .047)
    small-data bend    .93 .91    .110 .252      .030 .071      (.036 .076)
    break within       .67 .61    .158 .354      .091 .219      (.108 .258)
    break beyond       .72 .69    .126 .270      .058 .107      (.058 .105)

No floor to speak of is said with .06, .30, .50, .70 and .88 where .06, .49, .63, .72 and .84 is true.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kleiber import forecast_many
from kleiber.forecasting.forecast import Forecast

Array = NDArray[np.float64]
Chance = np.random.Generator

SEED, SMALLEST = 20261130, 100.0
AHEAD = np.array([4.0, 16.0])
NINETY = np.array([0.05, 0.5, 0.95])
TO_SPEAK_OF = 0.1  # of the loss at 16 times the largest size: a floor below this part is none to speak of
CELLS = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])  # of the probability that there is none
EXPONENTS = np.linspace(0.01, 2.0, 400)  # of the least-squares fit


@dataclass(frozen=True, slots=True)
class Setting:
    """So many sizes and runs a size, the noise of a run, the `floor`'s name in `FLOORS`, and the `kind` of study it is."""

    sizes: int
    runs: int
    noise: float
    floor: str
    kind: str = "clean"

    @property
    def name(self) -> str:
        """Give the name of a clean study by its floor, of any other by its kind."""
        called = self.floor if self.kind == "clean" else self.kind
        return f"{called}, {self.sizes} x {self.runs}, {100 * self.noise:g}%"


FLOORS = {"pure power": (0.0, 0.0), "with floor": (0.1, 0.6), "small floor": (0.005, 0.05)}  # over the first loss
PURE, LARGE, SMALL = FLOORS
CLEAN = (
    Setting(5, 1, 0.02, PURE), Setting(6, 3, 0.02, PURE), Setting(8, 1, 0.02, PURE),
    Setting(5, 1, 0.02, LARGE), Setting(6, 3, 0.02, LARGE), Setting(8, 1, 0.02, LARGE),
    Setting(6, 3, 0.01, PURE), Setting(6, 3, 0.05, LARGE), Setting(4, 5, 0.02, PURE), Setting(12, 1, 0.02, LARGE),
    Setting(5, 1, 0.02, SMALL), Setting(6, 3, 0.02, SMALL), Setting(8, 1, 0.02, SMALL),
    Setting(6, 3, 0.05, SMALL), Setting(12, 1, 0.02, SMALL),
)  # fmt: skip
FINE = (
    Setting(6, 3, 0.003, LARGE), Setting(6, 3, 0.001, LARGE), Setting(8, 1, 0.001, LARGE), Setting(12, 1, 0.003, LARGE),
    Setting(6, 3, 0.003, PURE), Setting(8, 1, 0.001, PURE), Setting(12, 1, 0.003, PURE), Setting(12, 1, 0.001, PURE),
)  # fmt: skip
STRAYING = tuple(
    Setting(6, 3, 0.02, LARGE, kind)
    for kind in ("shared luck", "heavy tails", "small-data bend", "break within", "break beyond")
)


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Rows `n, loss (m,)` with `replicate` labels, the curve `truth (2,)` at `AHEAD`, and its `floor`."""

    n: Array
    loss: Array
    replicate: tuple[int, ...]
    truth: Array
    floor: float


def studies(setting: Setting, count: int, seed: int = SEED) -> list[Study]:
    """Draw studies of a setting."""
    chance = np.random.default_rng([seed, *setting.name.encode()])
    return [_study(chance, setting) for _ in range(count)]


def _study(chance: Chance, setting: Setting) -> Study:
    n = SMALLEST * 2.0 ** np.arange(setting.sizes)
    floor = _floor(chance, *FLOORS[setting.floor])
    fall = _fall(chance, setting.kind, float(chance.uniform(0.15, 0.6)), n)
    truth = (1.0 - floor) * fall(np.append(n, n[-1] * AHEAD)) / fall(n[:1]) + floor
    shape = (setting.sizes, setting.runs)
    luck = chance.standard_t(3, size=shape) / np.sqrt(3.0) if setting.kind == "heavy tails" else chance.normal(size=shape)
    if setting.kind == "shared luck":
        luck = luck + chance.normal(size=(setting.sizes, 1))
    loss = np.maximum(truth[: setting.sizes, None] * (1.0 + setting.noise * luck), 1e-3)
    labels = tuple(range(setting.runs)) * setting.sizes
    return Study(np.repeat(n, setting.runs), loss.ravel(), labels, truth[setting.sizes :], floor)


def _floor(chance: Chance, low: float, high: float) -> float:
    """Draw a floor, evenly between large bounds and evenly on the log between small ones."""
    if high == 0.0:
        return 0.0
    return float(np.exp(chance.uniform(np.log(low), np.log(high))) if high < 0.1 else chance.uniform(low, high))


def _fall(chance: Chance, kind: str, exponent: float, n: Array) -> Callable[[Array], Array]:
    """Give the falling part: a power law, one that begins late, or one whose exponent doubles or halves at a break."""
    if kind == "small-data bend":
        begins = SMALLEST * (n[-1] / SMALLEST) ** chance.uniform(0.1, 0.5)
        return lambda at: np.asarray(1.0 / (1.0 + (at / begins) ** exponent))
    if kind.startswith("break"):
        within = chance.uniform(0.4, 0.8)
        place = n[0] * (n[-1] / n[0]) ** within if kind == "break within" else n[-1] * 2.0 ** chance.uniform(0.0, 2.0)
        change = exponent * float(chance.choice([-0.5, 1.0]))
        return lambda at: np.asarray((at / SMALLEST) ** -exponent * (1.0 + (at / place) ** 4) ** (-change / 4.0))
    return lambda at: np.asarray((at / SMALLEST) ** -exponent)


def least_squares(study: Study) -> tuple[Array, Array]:
    """Give the loss at `AHEAD` by a power law with a floor of 0 or more, and by a straight line on log-log axes."""
    n = np.unique(study.n)
    mean = np.array([study.loss[study.n == at].mean() for at in n])
    at = n[-1] * AHEAD
    x, one = (n / n[-1]) ** -EXPONENTS[:, None] / mean, 1.0 / mean
    xx, xo, oo, xy, oy = (x * x).sum(1), x @ one, one @ one, x.sum(1), one.sum()
    floor = np.maximum((xx * oy - xo * xy) / (xx * oo - xo**2), 0.0)
    a = (xy - floor * xo) / xx
    best = int(np.argmin(((a[:, None] * x + floor[:, None] * one - 1.0) ** 2).sum(1)))
    line = np.exp(np.polyval(np.polyfit(np.log(n), np.log(mean), 1), np.log(at)))
    return a[best] * AHEAD ** -EXPONENTS[best] + floor[best], line


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Of the studies forecast: log quantiles of the `curve (k, 2, 3)` and of a `run`, of the `truth (k, 2)`, errors of ln
    of `least_squares` and `line (k, 2)`, and P(no floor to speak of) with whether that is so, `(k,)` each.
    """

    curve: Array
    run: Array
    truth: Array
    least_squares: Array
    line: Array
    no_floor: Array
    has_none: NDArray[np.bool_]

    def covered(self) -> Array:
        """Give how often the curve's interval holds the truth, `(2,)`."""
        return np.asarray(((self.curve[..., 0] <= self.truth) & (self.truth <= self.curve[..., 2])).mean(axis=0))

    def width(self, of: str = "curve") -> Array:
        """Give the mean ln(high/low), `(2,)`."""
        found: Array = getattr(self, of)
        return np.asarray((found[..., 2] - found[..., 0]).mean(axis=0))

    def error(self) -> Array:
        """Give the root mean square error of ln of the median, `(2,)`."""
        return rms(self.curve[..., 1] - self.truth)


def rms(errors: Array) -> Array:
    return np.asarray(np.sqrt(np.mean(errors**2, axis=0)))


def told(drawn: Sequence[Study], calibration: object = None) -> Told:
    """Forecast studies, all of which must be forecast."""
    slots = [{"n": s.n, "loss": s.loss, "replicate": s.replicate} for s in drawn]
    made = [fc for fc in zip(forecast_many(slots, calibration=calibration), drawn, strict=True) if fc[0].status == "ok"]
    rows = [_asked(fc, study) for fc, study in made]
    return Told(*(np.array(column) for column in zip(*rows, strict=True)))


def _asked(fc: Forecast, study: Study) -> tuple[object, ...]:
    at = study.n[-1] * AHEAD
    curve, run = (np.log(fc.posterior.quantile(at, NINETY, runs)) for runs in (None, 1.0))
    plain, line = (np.log(found / study.truth) for found in least_squares(study))
    small = TO_SPEAK_OF * study.truth[1]
    none = 1.0 - fc.posterior.floor_above(TO_SPEAK_OF * float(np.exp(curve[1, 1])))
    return curve, run, np.log(study.truth), plain, line, none, study.floor < small


def row(setting: Setting, found: Told, places: int = 3) -> str:
    """Write a row of the table, its figures with so many decimals."""

    def two(values: Array, digits: int = places) -> str:
        return ", ".join(f"{value:.{digits}f}" for value in values)

    return (
        f"| {setting.name} | {two(found.covered(), 2)} | {two(found.width())} | {two(found.width('run'))} | "
        f"{two(found.error())} | {two(rms(found.least_squares))} | {two(rms(found.line))} |"
    )


def floors(all_told: Sequence[Told]) -> Iterator[str]:
    """Write how often a curve has no floor to speak of, by the probability it was given."""
    said = np.concatenate([one.no_floor for one in all_told])
    true = np.concatenate([one.has_none for one in all_told])
    cell = np.clip(np.digitize(said, CELLS) - 1, 0, len(CELLS) - 2)
    for i in range(len(CELLS) - 1):
        some = cell == i
        if some.any():
            yield (
                f"| {CELLS[i]:.1f} to {CELLS[i + 1]:.1f} | {some.sum()} | {said[some].mean():.2f} | "
                f"{true[some].mean():.2f} |"
            )


def tables(count: int, calibration: object) -> str:
    """Forecast every setting and write the tables."""
    head = [
        "| truth, sizes x runs, noise | covers | ln(high/low), curve | new run | error | power law with floor | line |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    clean = [(one, told(studies(one, count), calibration)) for one in CLEAN]
    lines = [f"{count} studies each, at 4 and 16 times the largest size.", "", *head, *(row(*pair) for pair in clean), ""]
    lines += ["Studies with little noise:", "", *head]
    lines += [row(one, told(studies(one, count), calibration), 4) for one in FINE]
    lines += ["", "Studies that stray, each with a floor:", "", *head]
    lines += [row(one, told(studies(one, count), calibration)) for one in STRAYING]
    lines += ["", "No floor to speak of, clean studies:", "", "| said | studies | mean said | true |"]
    return "\n".join([*lines, "| --- | --- | --- | --- |", *floors([found for _, found in clean])]) + "\n"


def main() -> None:
    """Print the tables, or write them to a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=400, help="studies of each setting")
    parser.add_argument("--calibration", type=Path, help="a table in place of the shipped one, as make calibrate writes it")
    parser.add_argument("--out", type=Path, help="write a page there in place of the screen")
    given = parser.parse_args()
    table = json.loads(given.calibration.read_text()) if given.calibration else None
    text = tables(given.count, table)
    if given.out:
        given.out.write_text(f"{ABOUT}\n{text}")
    else:
        print(text)


ABOUT = """# How narrow intervals are on clean studies

Simulated studies of 100, 200, 400, ... examples, exponents .15 to .6, floors none or .1 to .6 of the first loss: `python
-m benchmarks.settings --out docs/benchmarks_settings.md`. Told is the 90 % interval of the curve: how often it holds the
truth, its mean ln(high/low), the same of a new run, and the root mean square error of ln of the median. Beside it stand the
errors of a power law with a floor and of a straight line, both by least squares.
"""


if __name__ == "__main__":
    main()
