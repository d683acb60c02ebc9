"""Under which cause an answer counts, and what it cost or saved."""

from collections import Counter
from typing import Literal

from core.cache.entry import AnswerT, Entry
from core.request import AVOIDED, RequestRecord, counters_of
from core.store.counters import Counters
from core.usage import micros

Made = Literal["generated", "same_content", "edited"]


def avoided(result: str, entry: Entry[AnswerT]) -> Counters:
    """What an answer adds that cost no call."""
    return counters_of(result, cost_micros=micros(entry.answer.cost_usd)) | {"@hits": 1}


def note(record: RequestRecord, *names: str) -> None:
    """Have the log line count them."""
    for name in names:
        record.cache.counted[name] = record.cache.counted.get(name, 0) + 1


def made(entry: Entry[AnswerT], record: RequestRecord, how: Made) -> Counters:
    """What a lease's answer adds; the record has it, too. What its reader `edited` is no answer of ours."""
    if how == "edited":
        return {}
    counters = Counter(record.usage.counters(generated=how == "generated"))
    names: list[str] = [how]
    if how == "same_content":
        counters.update(avoided(how, entry))
    elif entry.answer.generator != "openai":
        counters["composed"] = 1
        names.append("composed")
    note(record, *names)
    return counters


def composed(record: RequestRecord) -> Counters:
    """What the built-in composer's answer adds beside a lease; noted in the record."""
    note(record, "generated", "composed")
    return {"generated": 1, "composed": 1, "@generations": 1}


def unanswered(entry: Entry[AnswerT], record: RequestRecord) -> Counters:
    """What takes back an answer that nobody got, since another part of its request failed."""
    found, counters = record.cache.counted, Counter[str]()
    for name in (*AVOIDED, "generated", "composed"):
        if found.get(name):
            counters.subtract(avoided(name, entry) if name in AVOIDED else {name: 1})
            found[name] = 0
    counters["@generations"] = counters["generated"]
    return counters
