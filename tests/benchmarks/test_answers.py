"""The benchmarks of what is needed, compared, decided and run next: what they share, and what they say without data."""

import numpy as np
import pytest

from benchmarks import comparison, data_need, decision, next_run


@pytest.mark.parametrize("benchmark", [comparison, data_need, decision, next_run], ids=lambda b: b.__name__)
def test_without_its_data_a_benchmark_says_that_it_is_skipped(benchmark, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KLEIBER_BENCH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [benchmark.__name__])
    with pytest.raises(SystemExit) as ending:
        benchmark.main()
    assert ending.value.code == 0
    assert "skipped: there is no lcdb" in capsys.readouterr().out


def test_the_size_of_a_target_lies_between_the_points_around_it():
    log_n, loss = np.log([1.0, 2.0, 4.0]), np.array([0.5, 0.4, 0.2])
    assert data_need.first_below(log_n, loss, 0.3) == pytest.approx(np.log(2.0) + 0.5 * np.log(2.0))
    assert data_need.first_below(log_n, loss, 0.5) == 0.0
    assert data_need.first_below(log_n, loss, 0.1) == np.log(4.0)


def test_mahmoods_functions_find_their_own_curves():
    n = np.geomspace(0.01, 1.0, 30)
    score = 0.9 - 0.2 * n**-0.3
    shape, starts = data_need.MAHMOOD["power"]
    found = shape(data_need.weighted_fit(shape, starts, n, score), np.array([4.0]))
    assert found[0] == pytest.approx(0.9 - 0.2 * 4.0**-0.3, abs=2e-3)


def test_coverage_counts_what_lies_inside_and_weighs_groups():
    answers = [
        data_need.Answer(str(i), 8.0, 2.0, (1.0, 3.0 if i < 8 else 1.5), (1.9, 2.1), 2.5, 2.25, ()) for i in range(10)
    ]
    line = data_need.covered(answers, "here")
    assert line.startswith("| here | 10 | 0.800 (") and "| 1.000 (1.000 to 1.000) |" in line
    assert "| 0.500 | 0.250 | 0.00 |" in line
