"""The options of the computing commands; nothing but argparse is imported to explain them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from math import isfinite, nan

from service.api.commands.column_arguments import EPILOG, add_columns, add_file

Parser = argparse.ArgumentParser


class _Paragraphs(argparse.HelpFormatter):
    """Every line of a description or an epilog is a paragraph of its own."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        return "\n".join(fill(line, width, indent) for line in text.splitlines())


class _Once(argparse.Action):
    """An option of one value: a second one is refused, not taken in place of the first."""

    _said = False

    def __call__(
        self, _parser: Parser, namespace: argparse.Namespace, values: object, option_string: str | None = None
    ) -> None:
        if self._said and option_string is not None:
            raise argparse.ArgumentError(self, "stands twice; it has one value")
        self._said = True
        setattr(namespace, self.dest, values)


def fill(command: str, parser: Parser) -> None:
    """Give the parser of a command its options."""
    parser.register("action", None, _Once)
    parser.formatter_class = _Paragraphs
    parser.usage = f"rectifier {command} {_USAGE[command]} [options]"
    _FILLED[command](parser)


def _calibrate(parser: Parser) -> None:
    parser.description = "Calibrated estimates from a CSV file of human and LLM answers."
    parser.epilog = EPILOG
    add_file(parser, required=True)
    add_columns(parser)
    _add_plan(parser)
    _add_output(parser, csv="one line per estimate")


def _design(parser: Parser) -> None:
    parser.description = (
        "How many humans to ask and which LLM answers to buy: from a pilot (FILE and its columns), or from assumed "
        "quantities (--ppi-correlation)."
    )
    parser.epilog = EPILOG
    add_file(parser, required=False)
    add_columns(parser)
    _add_assumed(parser)
    _add_wanted(parser)
    _add_output(parser, csv="the frontier")


def _diagnose(parser: Parser) -> None:
    parser.description = "Whether the LLM answers in a CSV file may be relied on."
    parser.epilog = EPILOG
    add_file(parser, required=True)
    add_columns(parser)
    add = parser.add_argument_group("checks").add_argument
    add("--check", metavar="NAME", action="append", default=[], help="only this check; may be repeated (default: all)")
    add("--margin", type=_number, help="of equivalence, in standard deviations of the humans (default: 0.2)")
    add("--test-retest", metavar="R", help="correlation of people with themselves: 0.8, or trust=0.8,vote=0.9")
    add("--fieldwork-start", metavar="DAY", help="on which the first human answered, as 2026-03-01")
    add("--model-cutoff", metavar="MODEL=DAY", action="append", default=[], help="last day of its training data")
    add("--negative-control", metavar="OUTCOME", action="append", default=[], help="that the treatment cannot move")
    add("--min-cell", type=_number, metavar="N", help="fewest humans of a subgroup in an arm (default: 10)")
    add("--settings", metavar="JSON", help="all of these as JSON or @FILE; single options go first")
    add("--confidence-level", type=_number, metavar="LEVEL", help="default: 0.95")
    add("--seed", type=int, help="default: 0")
    _add_output(parser, csv="one line per check")


def _track_record(parser: Parser) -> None:
    parser.description = (
        "The human effect behind a new LLM-only effect, by the record of past studies.\n"
        "Columns of the file: name, human, human_se, llm, llm_se; one row per effect, all on one scale and sign."
    )
    parser.epilog = (
        "The new study is --new NAME=EFFECT,SE, or the row that has no human effect (--new NAME of several)."
    )
    add_file(parser, required=True)
    add = parser.add_argument
    add("--new", metavar="NEW", help='the new LLM-only effect: "message B=0.25,0.01", or the name of its row')
    _add_renamed(parser)
    add("--error-split", metavar="A,B,C", help="errors of the conformal interval: LLM, past gaps, tasks")
    add("--confidence-level", type=_number, metavar="LEVEL", help="default: 0.95")
    _add_output(parser, csv=None)


def _screen(parser: Parser) -> None:
    parser.description = (
        "Many hypotheses under one error rate, weighted by what LLMs expect, and which to take to humans next.\n"
        "Columns of the file: name, llm, llm_se, and for those that humans were asked either human and human_se, "
        "or p_value; empty where humans were not asked."
    )
    add_file(parser, required=True)
    add = parser.add_argument
    _add_renamed(parser)
    add("--multiplicity", metavar="NAME", help="benjamini_hochberg or holm (default: benjamini_hochberg)")
    add("--error-rate", type=_number, metavar="RATE", help="default: 0.05")
    add("--calibration", metavar="PAIRS", help="slope=0.4,residual_sd=0.15: human effects to expect of LLM effects")
    add("--weighting", metavar="PAIRS", help="such as method=cross_weighted,least_weight=0.2")
    add("--next", metavar="PAIRS", help="budget=2000,human_cost=5,outcome_sd=1,n_human_per_hypothesis=200")
    add("--seed", type=int, help="default: 0")
    _add_output(parser, csv="one line per hypothesis")


def _add_plan(parser: Parser) -> None:
    add = parser.add_argument_group("plan (rectifier methods lists what there is)").add_argument
    add("--estimand", metavar="TYPE", help='mean, proportions, ..., or JSON: {"type": "quantile", "q": 0.5}')
    add("--estimator", metavar="NAME", help="default: auto")
    add("--identification", metavar="NAME", help="randomization, exchangeability or sampling")
    add("--control", metavar="ARM", help="the reference arm (default: the first)")
    add("--confidence-level", type=_number, metavar="LEVEL", help="default: 0.95")
    add("--interval", metavar="NAME", help="default: auto")
    add("--alternative", metavar="NAME", help="two_sided, less, greater, equivalence or non_inferiority")
    add("--margin", type=_number, help="of equivalence and non_inferiority, in units of the outcome")
    add("--null-value", type=_number, metavar="VALUE", help="default: 0")
    add("--multiplicity", metavar="NAME", help="none, holm, hochberg, benjamini_hochberg or max_t")
    add("--missing", metavar="NAME", help="error, drop_unit or response_propensity")
    add("--compare", action="store_true", default=None, help="every other estimator beside")
    add("--costs", metavar="PAIRS", help="human=5,llm=0.02,budget=1000: what to buy next time; by model llm.gpt=0.02")
    add("--replicates", type=int, metavar="N", help="of bootstrap and randomization (default: 1999)")
    add("--seed", type=int, help="default: 0")
    add("--plan", metavar="JSON", help="the whole plan as JSON or @FILE; single options go first")


def _add_assumed(parser: Parser) -> None:
    add = parser.add_argument_group("what is assumed, without a file").add_argument
    add("--ppi-correlation", metavar="R", help="of human and LLM answers: 0.5, or gpt=0.6,small=0.3")
    add("--model-correlation", type=_number, metavar="R", help="between the models' answers; with several models")
    add("--arm-correlation", type=_number, metavar="R", help="of one unit's answers in two arms; when shared")
    add("--outcome-sd", type=_number, metavar="SD", help="default: 1")
    add("--arms", metavar="A,B", help="names of the arms (default: one population)")


def _add_wanted(parser: Parser) -> None:
    group = parser.add_argument_group("prices and what is wanted")
    add = group.add_argument
    add("--costs", metavar="PAIRS", help="human=5,llm=0.02 and budget=1000; by model llm.gpt=0.2,llm.small=0.01")
    wanted = group.add_mutually_exclusive_group()
    wanted.add_argument("--budget", type=_number, help="the smallest standard error for it")
    wanted.add_argument("--standard-error", type=_number, metavar="SE", help="the least cost for it")
    wanted.add_argument("--interval-width", type=_number, metavar="WIDTH", help="the least cost for it")
    wanted.add_argument("--effective-sample-size", type=_number, metavar="N", help="the least cost for it")
    wanted.add_argument("--equivalence", type=_number, metavar="MARGIN", help="the least cost that shows it")
    wanted.add_argument("--detect", action="store_true", help="the least cost that finds --effect with --power")
    add("--effect", type=_number, help="the effect to find")
    add("--power", type=_number, help="default: 0.8")
    add("--identification", metavar="NAME", help="randomization or exchangeability (default)")
    add("--confidence-level", type=_number, metavar="LEVEL", help="default: 0.95")
    add("--min-human-per-arm", type=_number, metavar="N")
    add("--max-human", type=_number, metavar="N")
    add("--max-llm-only", type=_number, metavar="N")
    add("--simulate", action="store_true", default=None, help="draw and analyse the planned study many times")
    add("--replicates", type=int, metavar="N", help="of --simulate (default: 1000)")
    add("--seed", type=int, help="default: 0")
    add("--plan", metavar="JSON", help="the pilot's plan as JSON or @FILE")


def _add_renamed(parser: Parser) -> None:
    words = "COLUMN of the file stands for NAME; may be repeated"
    parser.add_argument("--column", metavar="NAME=COLUMN", action="append", default=[], help=words)


def _add_output(parser: Parser, *, csv: str | None) -> None:
    group = parser.add_argument_group("output (default: tables)")
    one = group.add_mutually_exclusive_group()
    one.add_argument("--json", action="store_const", dest="output", const="json", help="the answer as the service's")
    if csv is not None:
        one.add_argument("--csv", action="store_const", dest="output", const="csv", help=f"as CSV: {csv}")
    one.add_argument(
        "--request", action="store_const", dest="output", const="request", help="what would be posted, as JSON"
    )
    group.add_argument("--report", metavar="FILE", help="also write a report to be read in a browser (HTML)")
    group.add_argument("--figure", metavar="FILE", help="also write the figure (SVG)")
    group.add_argument("--models", metavar="JSON", help="versions and dates of the models, as JSON or @FILE")
    words = "begin also what takes longer than the service would allow"
    group.add_argument("--no-work-limit", action="store_true", help=words)


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = nan
    if not isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return found


_USAGE = {
    "calibrate": "FILE --outcome COLUMN --prediction SPEC",
    "design": "[FILE] --costs PAIRS",
    "diagnose": "FILE --outcome COLUMN --prediction SPEC",
    "track-record": "FILE [--new NAME=EFFECT,SE]",
    "screen": "FILE [--next PAIRS]",
}
_FILLED: Mapping[str, Callable[[Parser], None]] = {
    "calibrate": _calibrate,
    "design": _design,
    "diagnose": _diagnose,
    "track-record": _track_record,
    "screen": _screen,
}
