"""What a model's tokens cost."""

import re
from dataclasses import dataclass

_SNAPSHOT_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000


# Standard tier, developers.openai.com/api/docs/pricing, read in 2026-11 from public copies of the page.
_TABLE = {
    "gpt-5.6-luna": Price(1.00, 6.00),
    "gpt-5.5": Price(5.00, 30.00),
    "gpt-5.4-nano": Price(0.20, 1.25),
    "gpt-5.4-mini": Price(0.75, 4.50),
    "gpt-5.4": Price(2.50, 15.00),
    "gpt-5-nano": Price(0.05, 0.40),
    "gpt-5-mini": Price(0.25, 2.00),
    "gpt-4.1-nano": Price(0.10, 0.40),
    "gpt-4.1-mini": Price(0.40, 1.60),
}
# A model that the table does not know is taken for a large one, so that a wrong guess rather overstates.
_UNKNOWN = Price(5.00, 30.00)


def price_of(model: str, *, input_price: float | None = None, output_price: float | None = None) -> Price:
    """The price of `model`: what is set (OPENAI_PRICE_INPUT, _OUTPUT), else the table's or a large one's."""
    listed = _TABLE.get(_SNAPSHOT_DATE.sub("", model), _UNKNOWN)
    return Price(
        listed.input if input_price is None else input_price,
        listed.output if output_price is None else output_price,
    )
