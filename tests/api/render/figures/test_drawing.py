from __future__ import annotations

import threading

import matplotlib as mpl

from service.api.render.figures.drawing import Sheet, drawn, ruled, rules, stroke, titled
from service.api.render.figures.scale import scale
from tests.api.render.answering import AWKWARD
from tests.api.render.drawings import SVG, inside, of, texts


def sheet(*labels: str) -> Sheet:
    page = Sheet(200)
    panel = page.panel(20, 120)
    axis = scale([0.0, 3e9])
    ruled(panel, axis.ticks())
    ruled(panel, [(60.0, "half")], upright=True)
    rules(panel, [0.2, 0.4], [(0, 10), (20, 30)])
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


def test_a_panel_is_a_part_of_its_sheet_and_what_is_drawn_on_it_stays_in_place() -> None:
    page = Sheet(200)
    panel = page.panel(20, 120, left=40, right=80)
    assert panel.at(0, 0) == (40, 20)
    assert panel.at(1, 120) == (400, 140)
    stroke(panel, [0, 1], [0, 120], color="#000000")
    page.area([(0, 0), (10, 0), (10, 10)], "#000000")
    page.lines([((1, 2), (3, 4)), ((5, 6), (7, 8))], color="#000000")
    drawn_paths = [path.attrib["d"].split() for path in of(page).iter(f"{SVG}path")]
    assert ["M", "40", "20", "L", "400", "140"] in drawn_paths
    assert ["M", "1", "2", "L", "3", "4", "M", "5", "6", "L", "7", "8"] in drawn_paths
    assert ["M", "0", "0", "L", "10", "0", "L", "10", "10", "z"] in drawn_paths


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
