"""The smoothly broken power law: a power law whose exponent turns from b into b1 at n = k, over about f units of log n.

Caballero et al. 2023, "Broken Neural Scaling Laws", equation 1: y = a + b x^-c0 prod_i (1 + (x/d_i)^(1/f_i))^(-c_i f_i).
Here the exponents on both sides are the parameters, so that bounds keep both positive: c0 = b and c_i = b_i - b_(i-1). With
more than one break they share one sharpness f and lie in order, each a given log distance beyond the one before: then the
curve falls everywhere.
"""

import numpy as np

from kleiber.laws import Array, Law, Shape, bounded_exp, exponent, number, size


def fall(t: Array, *shape: Array) -> Array:
    """n**-b * prod_i (1 + (n / k_i)**(1 / f))**(-(b_i - b_(i-1)) * f), with n = exp(t)."""
    exponents, places, f = _parts(shape)
    falling = -exponents[0] * t
    for before, after, place in zip(exponents, exponents[1:], places, strict=False):
        falling = falling - (after - before) * f * np.logaddexp(0.0, (t - place) / f)
    return bounded_exp(falling)


def slopes(t: Array, *shape: Array) -> tuple[Array, ...]:
    """The derivatives by b, the b_i, ln k, the gaps and f."""
    exponents, places, f = _parts(shape)
    falling, breaks = fall(t, *shape), len(places)
    by_exponent = [-t + 0.0 * falling, *(0.0 * falling for _ in places)]
    by_place = []
    by_f = 0.0 * falling
    for i, place in enumerate(places):
        z, change = (t - place) / f, exponents[i + 1] - exponents[i]
        soft = np.logaddexp(0.0, z)
        passed = np.exp(z - soft)  # the share of the break that lies behind
        by_exponent[i] = by_exponent[i] + f * soft
        by_exponent[i + 1] = by_exponent[i + 1] - f * soft
        by_place.append(change * passed)
        by_f = by_f - change * (soft - z * passed)
    by_start = [sum(by_place[i:], start=0.0 * falling) for i in range(breaks)]  # a gap moves all breaks behind it
    return tuple(falling * by for by in (*by_exponent, *by_start, by_f))


def broken_power(breaks: int) -> Law:
    """Give the law with so many breaks, at least one: exponents b, b1, ..., first break k, gaps g2, ..., sharpness f."""
    before, after = {1: (4, 6), 2: (3, 3)}.get(breaks, (3, 2))
    places, sharpness = ((0.3, 0.6, 0.85, 1.0), (0.15, 0.6)) if breaks == 1 else ((0.2, 0.5, 0.8), (0.3,))
    return Law(
        name="broken_power" if breaks == 1 else f"broken_power_{breaks}",
        formula="a * n**-b * " + " * ".join(_factor(i) for i in range(1, breaks + 1)) + " + c",
        source="Caballero et al. 2023, arXiv 2210.14891, equation 1",
        amplitude="reducible loss that one example would leave, had the first exponent held",
        floor="floor: the loss that no amount of data removes",
        shape=(
            exponent("b", "exponent before the first break", count=before, median=0.09, spread=0.6),
            *(
                exponent(f"b{i}", f"exponent after break {i}", count=after, median=0.2, spread=0.77)
                for i in range(1, breaks + 1)
            ),
            size("k", "size of the first break", places=places, low=1e-6, high=1.0),
            *(_gap(i) for i in range(2, breaks + 1)),
            number("f", "sharpness: units of log n that a break takes", sharpness, low=0.01, high=4.0),
        ),
        fall=fall,
        slopes=slopes,
        example=_example(breaks),
    )


def _parts(shape: tuple[Array, ...]) -> tuple[tuple[Array, ...], list[Array], Array]:
    """Split the shape into the exponents, the ln k_i and f."""
    exponents, gaps, f = shape[: len(shape) // 2], shape[len(shape) // 2 : -1], shape[-1]
    places = [gaps[0]]
    for gap in gaps[1:]:
        places.append(places[-1] + gap)
    return exponents, places, f


def _factor(i: int) -> str:
    place = "k" if i == 1 else "(k * exp(" + " + ".join(f"g{j}" for j in range(2, i + 1)) + "))"
    before = "b" if i == 1 else f"b{i - 1}"
    return f"(1 + (n / {place})**(1 / f))**(({before} - b{i}) * f)"


def _gap(i: int) -> Shape:
    return number(f"g{i}", f"log distance from break {i - 1} to break {i}", (1.0, 3.0), low=0.0, high=20.0)


def _example(breaks: int) -> dict[str, float]:
    exponents = {"b": 0.1} | {f"b{i}": (0.8, 0.2)[(i - 1) % 2] for i in range(1, breaks + 1)}
    gaps = {f"g{i}": 2.0 for i in range(2, breaks + 1)}
    return {"a": 2.0, **exponents, "k": 1600.0 / 3 ** (breaks - 1), **gaps, "f": 0.3, "c": 0.05}


LAW = broken_power(1)
