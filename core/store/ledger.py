"""The counters and the budget of the store in the process, and of each client with a key."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.rate_limit import Client
from core.store.counters import SPENT, USES, Counters, last_days
from core.store.keys import day_of
from core.store.protocol import Budget, Lookup
from core.usage import AMOUNT, micros


@dataclass(slots=True)
class Ledger:
    """The days' counters, and what is reserved of the day's budget (0: no cap)."""

    clock: Callable[[], float]
    budget_micros: int
    days: dict[str, Counter[str]] = field(default_factory=dict)
    reserved: dict[str, tuple[int, float]] = field(default_factory=dict)  # token: (millionths, until when)

    def count(self, counters: Counters) -> None:
        """The counters of a client with a key, whose names begin with @, are left out."""
        today = self._today()
        for name, number in counters.items():
            if number and name[0] != "@":
                today[name] += number

    def reserve(self, token: str, amount: int, seconds: float) -> Budget:
        """Reserve `amount` millionths for `seconds`, if the budget covers them."""
        budget = self.check(amount)
        if budget.state == "covered" and budget.spent_micros >= 0:
            self.reserved[token] = (amount, self.clock() + seconds)
        return budget

    def check(self, amount: int) -> Budget:
        """Whether `amount` could be reserved."""
        if not amount or not self.budget_micros:
            return Budget()
        now, spent = self.clock(), self._today()["cost_micros"]
        self.reserved = {token: held for token, held in self.reserved.items() if held[1] > now}
        left = self.budget_micros - spent - amount
        if left < 0:
            return Budget("spent", spent)
        is_free = left >= sum(held for held, _ in self.reserved.values())
        return Budget("covered" if is_free else "reserved", spent)

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


class Ledgers:
    """`common` is everybody's; each client with a key has one of its own, as many as API_KEYS has."""

    def __init__(self, clock: Callable[[], float], budget_micros: int) -> None:
        self.common = Ledger(clock, budget_micros)
        self._own: dict[str, Ledger] = {}

    def own(self, client: Client) -> Ledger | None:
        """The client's, if it has a key."""
        if client.has_key and client.name not in self._own:
            self._own[client.name] = Ledger(self.common.clock, client.budget_micros)
        return self._own.get(client.name)

    def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        """Reserve the look-up's cost for `seconds`, if both budgets cover it."""
        amount, own = micros(lookup.max_cost_usd), self.own(lookup.client)
        of_all, ours = self.common.check(amount), own.check(amount) if own else Budget()
        budget = replace(of_all, own_spent_micros=ours.spent_micros)
        if of_all.state == "covered" and ours.state != "covered":
            return replace(budget, state="own_spent" if ours.state == "spent" else "own_reserved")
        if of_all.state == "covered":
            for ledger in filter(None, (self.common, own)):
                ledger.reserve(lookup.token, amount, seconds)
        return budget

    def count(self, client: Client, *all_counters: Counters) -> None:
        """Add the counters to everybody's, the client's own to its, if it has a key."""
        own = self.own(client)
        for counters in filter(None, all_counters):
            self.common.count(counters)
            if own:
                own.count({name: counters.get(f"@{name}", 0) for name in USES})

    def settle(self, lookup: Lookup, counters: Counters) -> None:
        """End the reservations and count what was spent."""
        self.common.settle(lookup.token, {})
        self.count(lookup.client, counters)
        if own := self.own(lookup.client):
            spent = {name: counters.get(name, 0) for name in SPENT}
            own.settle(lookup.token, {**spent, "generations": counters.get("generated", 0) % AMOUNT})
