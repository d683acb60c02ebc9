"""What tokens cost; an unknown model is never underestimated."""

from __future__ import annotations

import pytest

from core.settings import DEFAULT_MODEL
from core.writing.model.prices import Price, price_of

UNKNOWN = price_of("an-unknown-model")


@pytest.mark.parametrize(
    ("model", "price"),
    [
        pytest.param("gpt-5.4", Price(2.50, 15.00), id="listed"),
        pytest.param("gpt-5.4-mini", Price(0.75, 4.50), id="longest-name-wins"),
        pytest.param("gpt-5.4-mini-2026-03-17", Price(0.75, 4.50), id="dated-snapshot"),
        pytest.param("gpt-5.4-2026-03-05", Price(2.50, 15.00), id="dated-snapshot-of-the-large-one"),
        pytest.param("gpt-5.45", UNKNOWN, id="name-that-only-begins-alike"),
        pytest.param("ft:gpt-4.1-mini:us", UNKNOWN, id="fine-tuned"),
        pytest.param("", UNKNOWN, id="no-name"),
    ],
)
def test_a_model_has_the_price_of_its_longest_listed_name(model: str, price: Price) -> None:
    assert price_of(model) == price


@pytest.mark.parametrize("model", ["gpt-5.4-pro", "gpt-5.5-pro", "gpt-5.4-pro-2026-03-05"])
def test_an_expensive_variant_does_not_get_the_price_of_a_cheap_one(model: str) -> None:
    assert price_of(model).output >= UNKNOWN.output


def test_an_unknown_model_costs_at_least_as_much_as_any_listed_one() -> None:
    listed = [price_of(name) for name in ("gpt-5.6-luna", "gpt-5.5", "gpt-5.4", DEFAULT_MODEL, "gpt-5-mini")]
    assert all(UNKNOWN.input >= price.input and UNKNOWN.output >= price.output for price in listed)


def test_the_default_model_is_listed() -> None:
    assert price_of(DEFAULT_MODEL) != UNKNOWN


@pytest.mark.parametrize(
    ("given", "price"),
    [
        pytest.param({"input_price": 0.1}, Price(0.1, 15.00), id="input-only"),
        pytest.param({"output_price": 0.2}, Price(2.50, 0.2), id="output-only"),
        pytest.param({"input_price": 0.0, "output_price": 0.0}, Price(0, 0), id="free"),
    ],
)
def test_prices_that_are_set_win_over_the_table(given: dict[str, float], price: Price) -> None:
    assert price_of("gpt-5.4", **given) == price


def test_a_price_is_per_million_tokens() -> None:
    assert Price(2.0, 10.0).cost_usd(500_000, 100_000) == pytest.approx(2.0)
    assert Price(2.0, 10.0).cost_usd(0, 0) == 0
