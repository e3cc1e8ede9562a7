"""A loss near the largest number: the report is written, and says why nothing is forecast (L15)."""

import numpy as np
import pytest

import kleiber
from kleiber.report import write_report


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1e308, 0.5, 0.4, 0.3, 0.25], "which is not one curve"),
        ([0.6, 0.5, 0.4, 0.3, 1e308], "which is not one curve"),
        ([1e308, 0.5e308, 0.4e308, 0.3e308, 0.25e308], "which arithmetic can hold"),
        ([1.7e308] * 5, "which arithmetic can hold"),
    ],
)
def test_a_report_of_what_no_number_can_hold_is_refused_in_words(tmp_path, losses, said):
    findings = kleiber.analyse({"n": 100 * 2 ** np.arange(5), "loss": losses})
    assert said in str(findings)
    assert write_report(findings, tmp_path / "r")
