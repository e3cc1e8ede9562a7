"""The analysis of variance, apart from its callers because SciPy alone takes more memory than thousands of runs do."""

from scipy.special import fdtrc


def p_value(explained: float, between: int, within: int) -> float:
    """Give the probability of an F statistic at least this large where nothing but noise is there.

    `explained` is the share of the sum of squares that the groups explain, below 1; `between` and `within` are the degrees
    of freedom. F = explained / (1 - explained) x within / between; its upper tail (Abramowitz and Stegun 26.6).
    """
    return float(fdtrc(between, within, explained / (1 - explained) * within / between))
