from __future__ import annotations

import argparse

from service.api.commands.column_arguments import add_columns, add_file


def test_columns_are_repeated_where_there_may_be_several():
    parser = argparse.ArgumentParser()
    add_file(parser, required=False)
    add_columns(parser)
    chosen = parser.parse_args(["f.csv", "--outcome", "a", "--outcome", "b", "--prediction", "c", "--na", "NA"])
    assert (chosen.file, chosen.outcome, chosen.prediction, chosen.na) == ("f.csv", ["a", "b"], ["c"], ["NA"])
    assert parser.parse_args([]).file is None
    assert parser.parse_args([]).covariate == []
