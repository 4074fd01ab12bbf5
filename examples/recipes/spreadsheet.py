"""A CSV file as spreadsheets write it where decimals have a comma, to one with commas between columns.

    python3 examples/recipes/spreadsheet.py spreadsheet.csv > study.csv

It reads UTF-8 with or without a byte order mark, else Windows-1252; semicolons or tabs between columns; and turns
cells such as 4,5 or 1.234,5 into 4.5 and 1234.5. Every other cell stays as it is. Standard library only.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

DECIMAL_COMMA = re.compile(r"\s*[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+\s*")


def text(file):
    """The characters of a file."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return file.read_bytes().decode("cp1252")


def cell(value):
    """4,5 as 4.5; anything that is not such a number as it is."""
    return value.strip().replace(".", "").replace(",", ".") if DECIMAL_COMMA.fullmatch(value) else value


def rows(lines):
    """The rows of a file whose columns are separated by what its header has most of: semicolons or tabs."""
    header = lines.partition("\n")[0]
    separator = max(";\t", key=header.count)
    if separator not in header:
        sys.exit("no semicolon and no tab in the header: this file need not be converted")
    for row in csv.reader(io.StringIO(lines, newline=""), delimiter=separator):
        yield [cell(value) for value in row]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # wherever it runs
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows(text(Path(sys.argv[1]))))
