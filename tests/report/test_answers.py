"""The sections on what to buy and on models compared, from findings that were really made."""

import numpy as np
import pytest

from kleiber import KleiberError, analyse
from kleiber.curves.curve import make_curve
from kleiber.report.page import page
from kleiber.report.sections import advice, comparison

N = np.repeat(200.0 * 2.0 ** np.arange(6), 2)


def curve(model, exponent, seed):
    noise = 1 + 0.01 * np.random.default_rng(seed).normal(size=12)
    return make_curve(N, ((N / 200) ** -exponent + 0.1) * noise, replicate=list(range(2)) * 6, model=model)


@pytest.fixture(scope="module")
def found():
    curves = [curve("plain", 0.3, 0), curve("<b>new</b>", 0.4, 1)]
    terms = {"months": 6, "cost_per_month": 20_000, "gain": (0.0, 0.2)}
    return analyse(curves, value_per_point=50_000, price_per_example=0.5, terms=terms)


def test_the_page_has_both_sections_and_escapes_names(found) -> None:
    html = page(found.to_dict())
    assert "What to buy" in html and "Models compared" in html
    assert "<b>new</b>" not in html.split('<script type="application/json"')[0] and "&lt;b&gt;new" in html


def test_the_advice_has_every_option_once_and_the_chosen_one_marked(found) -> None:
    html = str(advice.render(found.to_dict()))
    for one in found.to_dict()["advice"]:
        assert one["sentences"][0].split(",")[0] in html
    assert html.count('<th scope="row">buy nothing<td>') + html.count("<strong>buy nothing</strong>") == 2
    assert html.count("<strong>") == 2


def test_the_comparison_has_a_row_for_each_size_and_level(found) -> None:
    (one,) = found.to_dict()["comparisons"]
    html = str(comparison.render(found.to_dict()))
    rows = sum(len(pair["at"]) + len(pair["multipliers"]) + 1 for pair in one["pairs"]) + len(one["exponents"]["pairs"])
    assert html.count("<tr>") == rows + html.count("<thead>")


def test_the_terms_of_an_advice_name_what_sizes_count(found) -> None:
    plain = found.to_dict()
    assert "price of an example" in str(advice.render(plain)) and "tokens" not in str(advice.render(plain))
    html = str(advice.render({**plain, "curves": [{**one, "unit_of_n": "tokens"} for one in plain["curves"]]}))
    assert "price, for one of the tokens" in html and "tokens n" in html and "an example" not in html


def test_without_what_they_tell_of_the_sections_are_empty() -> None:
    found = analyse(curve("plain", 0.3, 0)).to_dict()
    assert found["advice"] == [] and found["comparisons"] == []
    assert str(advice.render(found)) == "" == str(comparison.render(found))


def test_half_a_question_is_refused_by_name() -> None:
    with pytest.raises(KleiberError, match="price_per_example"):
        analyse(curve("plain", 0.3, 0), value_per_point=1000.0)
    with pytest.raises(KleiberError, match="value_per_point"):
        analyse(curve("plain", 0.3, 0), terms={"months": 3})
    with pytest.raises(KleiberError, match="moths"):
        analyse(curve("plain", 0.3, 0), value_per_point=1.0, price_per_example=1.0, terms={"moths": 3})
