"""What tokens cost; an unknown model is never underestimated."""

from __future__ import annotations

from typing import Any

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
    assert UNKNOWN.is_guess
    assert not any(price.is_guess for price in listed)


GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai"
ROUTER = "https://openrouter.ai/api/v1"


@pytest.mark.parametrize(
    ("model", "base_url", "listed"),
    [
        pytest.param("models/gemini-2.5-flash", GEMINI, True, id="folder"),
        pytest.param("gemini-2.0-flash-001", GEMINI, True, id="numbered-version"),
        pytest.param("gemini-2.5-flash-x", GEMINI, False, id="begins-alike"),
        pytest.param("gpt-5.4", GEMINI, False, id="of-another-service"),
        pytest.param(
            "gpt-5-4-mini", "https://mine.openai.azure.com/openai/v1", True, id="azure-without-dots"
        ),
        pytest.param("my-deployment", "https://mine.openai.azure.com/openai/v1", False, id="azure-own-name"),
        pytest.param("openai/gpt-5.4", ROUTER, True, id="gateway"),
        pytest.param("anthropic/claude-sonnet-4.5", ROUTER, True, id="gateway-with-dots"),
        pytest.param("deepseek/deepseek-chat", ROUTER, False, id="gateway-with-prices-of-its-own"),
        pytest.param("openai/gpt-5.4", None, True, id="prefix-of-the-service"),
        pytest.param("GPT-5.4", "https://API.OpenAI.com/v1", True, id="capitals"),
        pytest.param("openai/gpt-oss-120b", "https://api.groq.com/openai/v1", True, id="groq"),
        pytest.param(
            "claude-sonnet-4-5-20250929", "https://api.anthropic.com/v1", True, id="anthropic-dated"
        ),
        pytest.param("mistral-large-latest", "https://api.mistral.ai/v1", True, id="latest"),
        pytest.param("gpt-5.4", "https://eu.api.openai.com/v1", True, id="region"),
        pytest.param("grok-9", "https://us-east-1.api.x.ai/v1", False, id="region-unknown-model"),
        pytest.param("x", "https://mine.westeurope.models.ai.azure.com", False, id="azure-serverless"),
        pytest.param("x", "https://ark.cn-beijing.volces.com/api/v3", False, id="service-without-prices"),
        pytest.param("command-a-03-2025", "https://api.cohere.ai/compatibility/v1", True, id="month-first"),
    ],
)
def test_a_model_of_a_paid_service_is_listed_or_known_to_be_guessed(
    model: str, base_url: str | None, listed: bool
) -> None:
    price = price_of(model, base_url)
    assert price.is_guess is not listed
    assert price.input > 0
    assert price.basis.startswith("price table of 2026-11" if listed else "not in the price table")


@pytest.mark.parametrize(
    ("model", "base_url"),
    [
        ("llama3.2", "http://localhost:11434/v1"),
        ("gpt-5.4", "http://192.168.1.7:1234/v1"),
        ("qwen3", "http://vllm.internal:8000/v1"),
        ("gpt-5.4", "https://api.openai.com.example.net/v1"),
        ("meta-llama/llama-3.3-70b-instruct:free", ROUTER),
    ],
)
def test_a_server_of_no_paid_service_costs_nothing_unless_a_price_is_set(model: str, base_url: str) -> None:
    assert price_of(model, base_url) == Price(0, 0)
    assert price_of(model, base_url, input_price=1.0, output_price=2.0) == Price(1, 2)


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
def test_prices_that_are_set_win_over_the_table(given: dict[str, Any], price: Price) -> None:
    assert price_of("gpt-5.4", **given) == price


def test_a_price_is_per_million_tokens() -> None:
    assert Price(2.0, 10.0).cost_usd(500_000, 100_000) == pytest.approx(2.0)
    assert Price(2.0, 10.0).cost_usd(0, 0) == 0
