"""What a model's tokens cost."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from core.usage import Usage, micros

_SNAPSHOT_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000

    def usage(self, input_tokens: int, output_tokens: int) -> Usage:
        """So many tokens and their cost, rounded up to a millionth of a dollar."""
        cost_usd = micros(self.cost_usd(input_tokens, output_tokens)) / 1_000_000
        return Usage(input_tokens=input_tokens, output_tokens=output_tokens, cost_usd=cost_usd)


def price_of(model: str, *, input_price: float | None = None, output_price: float | None = None) -> Price:
    """The price of `model`: what is set (OPENAI_PRICE_INPUT, _OUTPUT), else that of prices.json.

    An unknown model has a large one's price: a wrong guess overstates rather than understates.
    """
    prices = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    listed = prices["usd_per_million_tokens"].get(_SNAPSHOT_DATE.sub("", model), prices["unknown_model"])
    return Price(
        listed[0] if input_price is None else input_price,
        listed[1] if output_price is None else output_price,
    )
