"""What a model's tokens cost."""

import json
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from core.settings import OPENAI_URL
from core.usage import Usage, micros

# Of a snapshot, in the forms of OpenAI, Anthropic, Cohere, Google and Mistral: the price is the model's.
_VERSION = re.compile(r"(?:-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{2}-\d{4}|\d{4}|00\d|latest)|@\d{8})$")
_GUESS = "not in the price table of {}, so booked at its highest; OPENAI_PRICE_INPUT and _OUTPUT set it"


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens, and where they are from; `is_guess` when the table does not have the model."""

    input: float
    output: float
    basis: str = field(default="", compare=False)
    is_guess: bool = field(default=False, compare=False)

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000

    def usage(self, input_tokens: int, output_tokens: int) -> Usage:
        """So many tokens and their cost, rounded up to a millionth of a dollar."""
        cost_usd = micros(self.cost_usd(input_tokens, output_tokens)) / 1_000_000
        return Usage(input_tokens=input_tokens, output_tokens=output_tokens, cost_usd=cost_usd)


def price_of(
    model: str,
    base_url: str | None = None,
    *,
    input_price: float | None = None,
    output_price: float | None = None,
) -> Price:
    """The price of `model`: what is set (OPENAI_PRICE_INPUT, _OUTPUT), else that of prices.json.

    Where the table has the server's service and not the model, the highest price there: the budget stays an
    upper bound. Any other server, such as one's own, costs nothing.
    """
    if input_price is not None and output_price is not None:
        return Price(input_price, output_price, "as set")
    listed = _listed(model.lower(), base_url or OPENAI_URL)
    read = listed.input if input_price is None else input_price
    return replace(listed, input=read, output=listed.output if output_price is None else output_price)


def _listed(model: str, base_url: str) -> Price:
    table = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    host = urlsplit(base_url).hostname or ""
    service = next((name for pattern, name in table["hosts"].items() if fnmatchcase(host, pattern)), None)
    if service is None or (not service and model.endswith(":free")):
        return Price(0.0, 0.0, "no paid service")
    prices = {
        name.replace(".", "-"): price  # some services write gpt-5-4 for gpt-5.4
        for name, price in table["usd_per_million_tokens"].items()
        if name.startswith(service)  # gateways sell the models of all makers at their own prices
    }
    name = model.removeprefix("models/").replace(".", "-")
    for key in (f"{service}/{name}", name):
        if found := prices.get(key) or prices.get(_VERSION.sub("", key)):
            return Price(found[0], found[1], f"price table of {table['read']}")
    read, wrote = map(max, zip(*prices.values(), strict=True))
    return Price(read, wrote, _GUESS.format(table["read"]), is_guess=True)
