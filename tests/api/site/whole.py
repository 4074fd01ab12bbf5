"""The site of the calibration service as it is."""

from __future__ import annotations

from functools import partial

from service.api.catalogue import CATALOGUE
from service.api.openapi import build_document
from service.api.parts import calibration_parts, cards
from service.api.site.site import Site


def whole_site() -> Site:
    parts = calibration_parts()
    return Site(cards, CATALOGUE, partial(build_document, parts.computations))
