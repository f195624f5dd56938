import xml.etree.ElementTree as ElementTree

import pytest

from clara.evaluation.metrics import wilson_interval
from clara.reporting import page as report
from clara.reporting import plots


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_bars_show_their_values_and_say_what_was_not_measured() -> None:
    svg = plots.bar_chart({"clara <1>": wilson_interval(3, 4), "text": 0.5, "gold": None}, x_label="exact match")
    shown = " ".join(texts(svg))
    for expected in ("clara <1>", "0.750", "0.500", "not measured", "exact match"):
        assert expected in shown
    assert plots.bar_chart({"a": 0.5}) == plots.bar_chart({"a": 0.5})


def test_learning_curves_draw_what_was_logged() -> None:
    rows = [{"step": i, "loss": 1 / (i + 1), **({"recall": 0.5} if i % 10 == 0 else {})} for i in range(60)]
    assert {"loss", "recall", "step"} <= set(texts(plots.learning_curves(rows, keys=["loss", "recall", "absent"])))
    with pytest.raises(ValueError, match="absent"):
        plots.learning_curves(rows, keys=["absent"])


def test_text_from_documents_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    page = report.render_report(
        evil,
        [
            report.Section(
                evil,
                [
                    report.paragraph(evil),
                    report.note(evil),
                    report.code(evil),
                    report.cards([(evil, evil)]),
                    report.table([evil, "n"], [[evil, 1]]),
                    report.figure("<svg/>", evil),
                ],
            )
        ],
        subtitle=evil,
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 12


def test_cells_show_intervals_numbers_and_gaps() -> None:
    shown = report.table(["system", "EM", "n", "x"], [["clara", wilson_interval(8, 10), 1200, None]], strong=[0])
    for expected in ("0.800<small>0.49–0.94</small>", "1,200", "–", '<tr class="strong">'):
        assert expected in shown


def test_a_staircase_names_its_steps_and_leaves_gaps_where_nothing_was_measured() -> None:
    curves = {"EM": {"untrained": wilson_interval(1, 4), "after": wilson_interval(3, 4)}, "recall": {"untrained": None}}
    svg = plots.staircase(curves, y_label="score")
    assert {"EM", "recall", "untrained", "after", "score"} <= set(texts(svg))
    assert svg == plots.staircase(curves, y_label="score")
