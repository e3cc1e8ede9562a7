import numpy as np
import pytest

from kleiber.answers.compare.coupled import SCORES, beat_runs, coupled_scores


def test_coupled_scores_have_their_correlation_and_make_the_better_one_surer():
    normal = SCORES[None]
    told = []
    for alike in (0.0, 0.6):
        scores = coupled_scores(np.random.default_rng(1), alike)
        assert np.corrcoef(*scores)[0, 1] == pytest.approx(alike, abs=0.04)
        told.append(beat_runs(normal, normal + 1.0, scores)[0])
        assert beat_runs(normal, normal, scores)[0] == pytest.approx(0.5, abs=0.03)
    assert told[0] == pytest.approx(0.760, abs=0.02)  # P(normal of variance 2 < 1)
    assert told[1] == pytest.approx(0.868, abs=0.02)  # and of variance .8
