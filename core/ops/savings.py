"""What the cache saves: repeated requests cost no call of the model."""

DAYS = 30  # of a month


def savings(requests_a_day: int, *, repeated: float, call_usd: float) -> tuple[float, float, float]:
    """The model's USD a month without the cache and with it, and what it saves."""
    without = requests_a_day * DAYS * call_usd
    return without, without * (1 - repeated), without * repeated
