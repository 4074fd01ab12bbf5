from __future__ import annotations

import threading

import matplotlib as mpl

from service.api.render.figures.drawing import Sheet, drawn, ruled, rules, titled
from service.api.render.figures.scale import scale
from tests.api.render.answering import AWKWARD
from tests.api.render.drawings import inside, of, texts


def sheet(*labels: str) -> Sheet:
    page = Sheet(200)
    axes = page.panel(20, 120)
    axis = scale([0.0, 3e9])
    ruled(axes, axis.ticks())
    ruled(axes, [(60.0, "half")], upright=True)
    rules(axes, [0.2, 0.4], [(0, 10), (20, 30)])
    titled(page, axis, "estimate", 180)
    for index, label in enumerate(labels):
        page.text(10, 20 + index, label)
    page.line([10, 20], [5, 5], color="#000000")
    return page


def test_the_same_sheet_gives_the_same_bytes_in_any_thread() -> None:
    found = [drawn(lambda: sheet(*AWKWARD))]
    threads = [threading.Thread(target=lambda: found.append(drawn(lambda: sheet(*AWKWARD)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert len(set(found)) == 1
    assert "<dc:date" not in found[0]


def test_any_name_is_text_and_no_formula() -> None:
    root = of(sheet(*AWKWARD))
    written = texts(root)
    assert AWKWARD[0] in written
    assert AWKWARD[2] in written
    assert any("3" in text for text in written)
    assert "estimate (\u00d7 10\u2079)" in written
    assert inside(root)


def test_no_global_figure_is_made_and_no_setting_of_the_machine_is_read() -> None:
    import sys

    of(sheet())
    assert "matplotlib.pyplot" not in sys.modules
    assert mpl.rcParams["svg.hashsalt"] == "rectifier"
