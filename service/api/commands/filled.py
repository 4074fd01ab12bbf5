"""Names of columns replaced by the columns of the file, by the service's own reader of CSV."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from service.api.commands.requests.document import document
from service.api.commands.source import Source
from service.api.commands.usage import RefusedError
from service.api.limits import Limits
from service.api.reading.csv_file import read_csv
from service.api.reading.csv_request import in_csv
from service.api.reading.table_file import TableFile, Wanted
from service.api.reading.table_request import TableDecoder
from service.web.inspection import Inspection
from service.web.problems import ProblemError


def filled(kind: type, promised: Collection[str], named: dict[str, Any], source: Source) -> dict[str, Any]:
    """The request ``named``, of this type, with its columns in place; ``RefusedError`` with every problem."""
    tree, most = copy.deepcopy(named), Limits().max_values

    def read(wanted: set[Wanted], found: Inspection) -> TableFile:
        return read_csv(source.body, wanted, most, found)

    try:
        TableDecoder(kind, promised, in_csv).decode(tree, read, most)
    except ProblemError as problem:
        raise RefusedError(problem, document({}, named)) from problem
    return tree
