"""What a study must satisfy beyond its structs; every problem is listed with its place, code and hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, floor

from service.gateway.calibration_data import count_columns, outcomes_of
from service.gateway.elicitation import supports
from service.gateway.parsing import normalised
from service.gateway.study import DECLINED, WITH_OPTIONS, Item, Study
from service.gateway.template import NAMES, TemplateError, placeholders
from service.web.problems import FieldError

UNCALIBRATED = frozenset({"free_text", "ranking"})
LISTED = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a design may be, and what the calibration service takes of its output."""

    cells: int = 5_000_000
    columns: int = 200
    arms: int = 64
    values: int = 10_000_000


def problems_of(study: Study, bounds: Bounds) -> list[FieldError]:
    """Everything wrong with a study that needs no provider to be seen; at most the first 100 of each kind."""
    kinds = (_names, _items, _personas, _template, _output, partial(_table, bounds))
    found = [problem for kind in kinds for _, problem in zip(range(LISTED), kind(study), strict=False)]
    cells = len(study.personas) * len(study.items) * len(study.models) * study.elicitation.replicates
    cells *= len(study.arms) if study.assignment == "crossed" else 1
    if cells > bounds.cells:
        text = f"the design has {cells} cells, the limit is {bounds.cells}"
        found.append(FieldError("", "too_many_cells", text, "split the personas over several requests"))
    return found


def _names(study: Study) -> Iterator[FieldError]:
    """Names and units stand once."""
    lists: Sequence[tuple[str, str, str, Iterable[str]]] = (
        ("personas", "unit_id", "duplicate_unit", (p.unit_id for p in study.personas)),
        ("arms", "name", "duplicate_arm", (a.name for a in study.arms)),
        ("items", "name", "duplicate_item", (i.name for i in study.items)),
        ("models", "name", "duplicate_model", (m.name for m in study.models)),
    )
    for path, member, code, names in lists:
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                text = f"an earlier entry has the same {member}"
                yield FieldError(f"/{path}/{index}/{member}", code, text, "name each once")
            seen.add(name)


def _items(study: Study) -> Iterator[FieldError]:
    """Options where they belong, each code and label once; ranges that hold a number; the method can ask it."""
    method = study.elicitation.method
    for index, item in enumerate(study.items):
        place = f"/items/{index}"
        yield from _options(item, place)
        yield from _range(item, place)
        if reason := supports(item, method):
            hint = "ask this item in another request with method sample"
            yield FieldError(f"{place}/type", "unsupported_method", reason, hint)
        if item.decline == "schema" and method in {"decision", "logprob"}:
            text = f"{method} answers follow no schema"
            yield FieldError(f"{place}/decline", "unsupported_method", text, "decline: option or none")
    if method == "logprob" and study.elicitation.items_per_call > 1:
        text = "one token answers one item"
        yield FieldError("/elicitation/items_per_call", "unsupported_method", text, "one item per call with logprob")


def _options(item: Item, place: str) -> Iterator[FieldError]:
    if item.type not in WITH_OPTIONS:
        if item.options:
            text = f"a {item.type} item has no options"
            yield FieldError(f"{place}/options", "options_not_taken", text, "leave options out")
        return
    if len(item.options) < 2:
        yield FieldError(f"{place}/options", "options_missing", f"a {item.type} item needs two options", "list them")
    words = [normalised(str(option.code)) for option in item.offered]
    labels = [normalised(option.label) for option in item.offered]
    codes = Counter(words)
    meanings = Counter(labels)
    for number, (code, label) in enumerate(zip(words, labels, strict=True)):
        at = f"{place}/options/{number}"
        if codes[code] > 1 or (code == DECLINED and number < len(item.options)):
            yield FieldError(f"{at}/code", "duplicate_option", "the code is taken", "give each option its own code")
        elif meanings[label] > 1 or (label in codes and label != code):
            text = "the label reads like another option"
            yield FieldError(f"{at}/label", "duplicate_option", text, "give each option words of its own")


def _range(item: Item, place: str) -> Iterator[FieldError]:
    if item.type != "numeric" and (item.low is not None or item.high is not None or item.integer):
        text = f"min, max and integer belong to numeric items, this one is {item.type}"
        yield FieldError(place, "range_not_taken", text, "leave them out")
    if item.low is None or item.high is None:
        return
    if item.low >= item.high:
        hint = (
            "exchange them" if item.low > item.high else "leave the item out, its answer is known; or widen the range"
        )
        yield FieldError(f"{place}/min", "empty_range", "min is not below max", hint)
    elif item.integer and ceil(item.low) > floor(item.high):
        text = "no whole number lies between min and max"
        yield FieldError(f"{place}/min", "empty_range", text, "widen the range, or integer: false")


def _personas(study: Study) -> Iterator[FieldError]:
    """Arms that are known, and that are there where they are needed."""
    arms = {arm.name for arm in study.arms}
    assigned = study.assignment == "assigned"
    counted = study.output == "calibration" and len(arms) > 1
    for index, persona in enumerate(study.personas):
        if persona.arm is not None and persona.arm not in arms:
            text = "the arm is not among arms"
            yield FieldError(f"/personas/{index}/arm", "unknown_arm", text, "use a name of arms, exactly")
        elif persona.arm is None and len(arms) > 1 and (assigned or (counted and persona.human)):
            text = "a persona without an arm" if assigned else "a human unit without the arm its answer is from"
            yield FieldError(f"/personas/{index}/arm", "arm_needed", text, "say which arm the unit is in")


def _template(study: Study) -> Iterator[FieldError]:
    """Placeholders that every persona can fill; arms and items that are shown."""
    asked: set[str] = set()
    for part, template in (("system", study.template.system), ("user", study.template.user)):
        try:
            asked |= placeholders(template)
        except TemplateError as error:
            yield FieldError(f"/template/{part}", "bad_template", str(error), "placeholders are {attribute}")
            return
    if "item" not in asked and study.elicitation.method != "decision":
        yield FieldError("/template", "item_not_shown", "no {item} in the template", "put {item} where it is asked")
    if "arm" not in asked and any(arm.text for arm in study.arms):
        yield FieldError("/template", "arm_not_shown", "no {arm} in the template", "put {arm} where its text belongs")
    wanted = asked - NAMES
    for index, persona in enumerate(study.personas):
        for name in sorted(NAMES & persona.attributes.keys()):
            text = f"{name} stands for the study's own {name}"
            yield FieldError(f"/personas/{index}/attributes", "reserved_name", text, "call the attribute otherwise")
        if lacking := sorted(wanted - persona.attributes.keys()):
            text = f"the template asks for {', '.join(lacking)[:200]}"
            hint = "give every persona these attributes, null where unknown"
            yield FieldError(f"/personas/{index}/attributes", "unknown_placeholder", text, hint)


def _output(study: Study) -> Iterator[FieldError]:
    """What the calibration output has columns for."""
    if study.output != "calibration":
        return
    if study.done:
        text = "the answers of cells done before are not at hand"
        yield FieldError("/resume/done", "not_calibratable", text, "leave resume out: the cache has what was answered")
    categories = {item.type == "choice" for item in study.items if item.type not in UNCALIBRATED}
    for index, item in enumerate(study.items):
        if item.type == "choice" and len(categories) > 1:
            text = "categories beside numbers: no plan takes both"
            yield FieldError(
                f"/items/{index}/type", "not_calibratable", text, "ask choice items in a request of their own"
            )
        if item.type in UNCALIBRATED:
            text = f"a {item.type} item has no column of numbers"
            yield FieldError(f"/items/{index}/type", "not_calibratable", text, "output: cells, or leave the item out")
        elif item.type == "likert" and not all(isinstance(option.code, int) for option in item.options):
            text = "a likert item's codes are the numbers of its scale"
            yield FieldError(f"/items/{index}/options", "not_calibratable", text, "number the codes, or type choice")


def _table(bounds: Bounds, study: Study) -> Iterator[FieldError]:
    """A calibration table that the calibration service takes, before anything is paid for it."""
    if study.output != "calibration":
        return
    taken: set[str] = set()
    for index, item in enumerate(study.items):
        names = outcomes_of(item)
        if not taken.isdisjoint(names):
            text = "an outcome of this item has the name of an earlier one"
            yield FieldError(f"/items/{index}/name", "not_calibratable", text, "call the item otherwise")
        taken.update(names)
    columns, people = count_columns(study), len(study.personas)
    hint = "fewer arms, items, models or replicates in one request, or output: cells"
    if columns > bounds.columns:
        text = f"the table would have {columns} prediction columns, the limit is {bounds.columns}"
        yield FieldError("/output", "too_many_columns", text, hint)
    elif (values := people * (columns + len(taken) + 3)) > bounds.values:
        text = f"the table would have {values} values, the limit is {bounds.values}"
        yield FieldError("/output", "too_many_columns", text, hint)
    if len(study.arms) > bounds.arms:
        text = f"the table would have {len(study.arms)} arms, the limit is {bounds.arms}"
        yield FieldError("/arms", "too_many_columns", text, hint)
