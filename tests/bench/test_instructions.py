"""Instructions of a start, as perf and valgrind report them, and where neither counts."""

from __future__ import annotations

import pytest

from bench import instructions
from bench.cold import HELLO


@pytest.mark.parametrize(
    ("report", "count"),
    [
        pytest.param("1421593899,,instructions:u,410527572,100.00,,\n", 1_421_593_899, id="perf"),
        pytest.param("<not supported>,,instructions:u,0,100.00,,\n", 0, id="perf-without-counters"),
        pytest.param("==7== \n==7== I   refs:      1,421,593,899\n", 1_421_593_899, id="cachegrind"),
        pytest.param("==7== I refs:      33\n", 33, id="newer-cachegrind"),
        pytest.param("valgrind:  Fatal error at startup\n", 0, id="valgrind-that-cannot-start"),
    ],
)
def test_a_count_is_read_from_the_report(report: str, count: int) -> None:
    assert instructions.count_in(report) == count


def test_without_a_counter_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instructions, "COUNTERS", (("no-such-counter",), ("true",)))
    assert instructions.main() == {}
    assert capsys.readouterr().out == "Instructions of a start: neither perf nor valgrind counts them here.\n"


def test_the_first_that_counts_is_taken_and_what_a_start_does_is_a_ratio_to_hello(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {"true": 1, HELLO + instructions._END: 1_000_000_000}
    monkeypatch.setattr(
        instructions,
        "counted",
        lambda counter, command, _=None: (
            0 if counter[0] == "perf" else counts.get(command[-1], 1_170_000_000)
        ),
    )
    ratios = instructions.main("health_check")
    assert ratios["instructions: health_check ÷ hello"]["median"] == 1.17
    assert "by valgrind" in (out := capsys.readouterr().out)
    assert "| health_check | 1170 | 1.17 |" in out
