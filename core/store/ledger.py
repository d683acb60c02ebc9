"""The counters and the budget of the store in the process."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from core.store.counters import Counters, last_days
from core.store.keys import day_of
from core.store.protocol import Budget


@dataclass(slots=True)
class Ledger:
    """The days' counters, and what is reserved of the day's budget (0: no cap)."""

    clock: Callable[[], float]
    budget_micros: int
    days: dict[str, Counter[str]] = field(default_factory=dict)
    reserved: dict[str, tuple[int, float]] = field(default_factory=dict)  # token: (millionths, until when)

    def count(self, counters: Counters) -> None:
        self._today().update({name: number for name, number in counters.items() if number})

    def reserve(self, token: str, amount: int, seconds: float) -> Budget:
        """Reserve `amount` millionths for `seconds`, if the budget covers them."""
        now = self.clock()
        if not amount or not self.budget_micros:
            return Budget()
        self.reserved = {token: held for token, held in self.reserved.items() if held[1] > now}
        spent = self._today()["cost_micros"]
        left = self.budget_micros - spent - amount
        if left < 0:
            return Budget("spent", spent)
        if left < sum(held for held, _ in self.reserved.values()):
            return Budget("reserved", spent)
        self.reserved[token] = (amount, now + seconds)
        return Budget("covered", spent)

    def learn(self, spent_micros: int) -> None:
        """All instances together have spent so much today: of the budget the rest is left, no more."""
        day = self._today()
        day["cost_micros"] = max(day["cost_micros"], spent_micros)

    def settle(self, token: str, counters: Counters) -> None:
        """End the reservation of `token` and count what was spent."""
        self.reserved.pop(token, None)
        self.count(counters)

    def _today(self) -> Counter[str]:
        now = self.clock()
        today = day_of(now)
        if today not in self.days:
            self.days = {day: self.days[day] for day in last_days(now) if day in self.days}
            self.days[today] = Counter()
        return self.days[today]
