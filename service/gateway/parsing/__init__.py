"""Parsing: from what a model wrote to a value, exactly or not at all."""

from service.gateway.parsing.exact import Reading, bare, normalised
from service.gateway.parsing.members import member, members_of
from service.gateway.parsing.refusals import refuses
from service.gateway.parsing.repairs import mended

__all__ = ["Reading", "bare", "member", "members_of", "mended", "normalised", "refuses"]
