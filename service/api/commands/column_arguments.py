"""Which column of a CSV file is what: the options that all commands with people's answers share."""

from __future__ import annotations

import argparse

EPILOG = (
    "A prediction SPEC is MODEL=COLUMN, MODEL@ARM=COLUMN (what the LLM said under that arm, for every row), or COLUMN "
    "alone. Further facts follow after commas: gpt@control=gpt_c,outcome=trust,draw=0 (also category, covariate, fill "
    'and population_mean). An odd name is written as JSON: {"model": "gpt", "arm": "a=b", "values": "column"}.\n'
    "An empty field is missing. FILE may be - (standard input), or a .json file with the whole request."
)


def add_file(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The file of rows and what is read as missing in it."""
    words = "CSV with a header (commas, UTF-8), - for standard input, or a .json request"
    parser.add_argument("file", metavar="FILE", nargs=None if required else "?", help=words)
    parser.add_argument(
        "--na", metavar="TEXT", action="append", default=[], help="read fields that say TEXT as missing, such as NA"
    )


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Which column is what."""
    group = parser.add_argument_group("columns of the file")
    add = group.add_argument
    add("--outcome", metavar="COLUMN", action="append", default=[], help="what people answered; may be repeated")
    add("--prediction", metavar="SPEC", action="append", default=[], help="what an LLM answered; see below")
    add("--arm", metavar="COLUMN", help="the experimental condition of a row")
    add("--covariate", metavar="COLUMN", action="append", default=[], help="anything else known; may be repeated")
    add("--weight", metavar="COLUMN", help="survey weights")
    add("--cluster", metavar="COLUMN", help="whose rows belong together, such as the respondent's id")
    add("--stratum", metavar="COLUMN", help="blocks or strata")
    add("--subgroup", metavar="COLUMN", help="estimates are also given for each")
    add("--unit", metavar="COLUMN", help="a name per row; two rows may not share one")
    add("--human", metavar="COLUMN", help="true for everyone who was asked, answered or not")
    add("--sampling-probability", metavar="COLUMN", help="known probability of having been asked")
    add(
        "--prediction-design",
        choices=("shared", "independent"),
        help="shared: LLM answers under every arm; independent: for the row's own arm "
        "(default: shared if a prediction names its arm)",
    )
