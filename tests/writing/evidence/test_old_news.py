"""An old article's "today" is over: the thread that says it is told so."""

from __future__ import annotations

from datetime import date

import pytest

from core.writing.evidence.old_news import old_news

TODAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("It closes today.", "“today”", id="today"),
        pytest.param("It closed on Tuesday.", "“Tuesday”", id="weekday"),
        pytest.param("Es schließt am Dienstag.", "“Dienstag”", id="de"),
        pytest.param("Il ferme aujourd’hui.", "“aujourd’hui”", id="fr"),
        pytest.param("Cierra el martes, no mañana.", "“mañana” and “martes”", id="es"),
        pytest.param("橋は今日閉鎖される。", "“今日”", id="ja"),
        pytest.param("Мост закрыли вчера.", "“вчера”", id="ru"),
    ],
)
def test_the_warning_names_the_date_and_the_word(text: str, said: str) -> None:
    warning = old_news(["The bridge.", text], "2026-03-03", TODAY)
    assert warning == f"The article was published on 3 March 2026, and the thread says {said}: name the date."


@pytest.mark.parametrize(
    ("text", "published"),
    [
        pytest.param("It closes today.", "2026-03-13", id="seven-days-old"),
        pytest.param("It closes today.", None, id="no-date"),
        pytest.param("It closes today.", "soon", id="no-day"),
        pytest.param("It closes in May.", "2020-01-01", id="no-relative-day"),
        pytest.param("It closed on Tuesday, 3 March 2026.", "2026-03-03", id="with-its-date"),
        pytest.param("It opens every Tuesday and on Sundays.", "2020-01-01", id="habit"),
        pytest.param("It closed on March 3. A vote is due on Friday.", "2026-03-03", id="date-named"),
        pytest.param("“We closed it today,” she said.", "2020-01-01", id="quotation"),
        pytest.param("The Sun and Mars rise. It is Easter Monday.", "2020-01-01", id="no-days"),
        pytest.param("Todayish yesterdayland.", "2020-01-01", id="parts-of-words"),
    ],
)
def test_no_warning_without_need(text: str, published: str | None) -> None:
    assert old_news([text], published, TODAY) is None


def test_words_count_in_the_language_of_the_thread() -> None:
    assert old_news(["Der Turm steht hier."], "2020-01-01", TODAY, "de") is None
    assert old_news(["Elle est venue hier."], "2020-01-01", TODAY, "fr-CA") is not None
    assert old_news(["Abre a las nueve de la mañana."], "2020-01-01", TODAY, "es") is None
