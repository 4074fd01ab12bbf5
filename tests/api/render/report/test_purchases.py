from __future__ import annotations

from service.api.render.report.blocks import Facts, Section, Table
from service.api.render.report.purchases import against_humans, bands, figures, groups, what_to_buy
from tests.api.render.answering import answer
from tests.api.render.pages import column


def told(section: Section | None) -> dict[str, str]:
    assert section is not None
    (block,) = section.blocks
    assert isinstance(block, Facts)
    return {name: cell.text for name, cell in block.entries}


def test_what_to_buy_and_what_it_gives() -> None:
    design = answer("/v1/designs")["design"]
    assert {name: cell.text for name, cell in figures(design).entries}["humans"] == "175"
    found = groups(design["groups"])
    assert isinstance(found, Table)
    assert column(found, "units") == ["175", "1,507", "398"]
    assert column(found, "asked of") == ["gpt, small", "small", "gpt, small"]
    assert groups(None) is None
    section = what_to_buy(design)
    assert section is not None
    assert len(section.blocks) == 3


def test_beside_humans_alone() -> None:
    found = told(against_humans(answer("/v1/designs")))
    assert found["do LLM answers pay"] == "yes"
    assert found["humans alone"] == "200"


def test_bands_of_a_pilot() -> None:
    whole = answer("/v1/calibrations")
    section = bands(whole)
    assert section is not None
    found = told(Section("", section.blocks[:1]))
    units = section.blocks[1]
    assert isinstance(units, Table)
    assert column(units, "units")[0] == f"{whole['robust']['groups'][0]['n']:,}"
    assert found["level of the bands"] == "95 %"
    assert found["standard error"].startswith("[")
    assert bands({"bands": None, "robust": None}) is None
    assert "worst regret of the design" not in told(bands(whole | {"robust": None}))
