"""Tables of a design: what to buy, what it gives, how sure that is."""

from __future__ import annotations

from typing import Any

from service.api.render.report.blocks import (
    Facts,
    Section,
    Table,
    ends,
    facts,
    figure,
    name,
    section,
    share,
    table,
    words,
    yes,
)
from service.api.render.words import clean

Answer = dict[str, Any]


def what_to_buy(design: Answer, heading: str = "What to buy") -> Section | None:
    """The groups of units, and the models' part."""
    return section(heading, figures(design), groups(design["groups"]), _arms(design["arms"]), _models(design["models"]))


def figures(design: Answer) -> Facts:
    """What a design achieves."""
    return facts(
        ("humans", figure(design["n_human"])),
        ("LLM-only units", figure(design["n_llm_only"])),
        ("LLM-only units per human", figure(design["sampling_ratio"])),
        ("draws per persona", figure(design["draws_per_persona"])),
        ("cost", figure(design["cost"])),
        ("standard error", figure(design["standard_error"])),
        ("width of the interval", figure(design["interval_width"])),
        ("worth humans", figure(design["effective_sample_size"])),
        ("smallest effect that is found", figure(design["mde"])),
        ("power", share(design["power"])),
    )


def groups(found: list[Answer] | None, caption: str = "Units to buy, and what one costs") -> Table | None:
    """Ways of spending on one unit."""
    if found is None:
        return None
    return table(
        caption,
        found,
        ("units", lambda g: figure(g["n"])),
        ("of", lambda g: words("humans" if g["human"] else "LLM-only")),
        ("arm", lambda g: name(g["arm"])),
        ("asked of", lambda g: words(", ".join(map(clean, g["models"])) or "no LLM")),
        ("one costs", lambda g: figure(g["unit_cost"])),
    )


def bands(answer: Answer) -> Section | None:
    """What the pilot leaves open."""
    band, robust = answer["bands"], answer["robust"]
    if not band:
        return None
    return section(
        "How sure that is",
        facts(
            ("level of the bands", share(band["level"])),
            ("standard error", ends(*band["standard_error"])),
            ("humans, if the truth were known", ends(*band["n_human"])),
            ("LLM-only units, if the truth were known", ends(*band["n_llm_only"])),
            ("cost, over that of humans alone", ends(*band["cost_share"])),
            ("worst regret of the design", figure(robust and robust["plug_in_worst_regret"])),
            ("worst regret of the robust design", figure(robust and robust["worst_regret"])),
            ("humans of the robust design", figure(robust and robust["n_human"])),
            ("LLM-only units of the robust design", figure(robust and robust["n_llm_only"])),
            ("standard error of the robust design", figure(robust and robust["standard_error"])),
        ),
        groups(robust and robust["groups"], "Units of the robust design"),
    )


def against_humans(answer: Answer) -> Section | None:
    """The design beside humans alone."""
    alone = answer.get("human_only") or {}
    return section(
        "Beside humans alone",
        facts(
            ("do LLM answers pay", yes(answer["llm_pays"])),
            ("cost, over that of humans alone for the same precision", figure(answer["cost_share"])),
            ("humans alone", figure(alone.get("n_human"))),
            ("cost of humans alone", figure(alone.get("cost"))),
            ("standard error of humans alone", figure(alone.get("standard_error"))),
            ("power of humans alone", share(alone.get("power"))),
            ("least PPI correlation that pays", figure(answer.get("rho_min"))),
        ),
    )


def _arms(arms: list[Answer]) -> Table:
    return table(
        "Units by arm",
        arms,
        ("arm", lambda a: name(a["name"])),
        ("humans", lambda a: figure(a["n_human"])),
        ("LLM-only units", lambda a: figure(a["n_llm_only"])),
    )


def _models(models: list[Answer]) -> Table:
    return table(
        "LLM answers to buy, and what they are worth",
        models,
        ("model", lambda m: name(m["name"])),
        ("answers", lambda m: figure(m["n"])),
        ("cost", lambda m: figure(m["cost"])),
        ("more variance without it", lambda m: share(m["marginal_value"])),
        ("price per answer from which none is bought", lambda m: figure(m["break_even_price"])),
    )
