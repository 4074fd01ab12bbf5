"""Elicitation: how a question is put for each method, and how its completion is read."""

from service.gateway.elicitation.completions import read
from service.gateway.elicitation.schema import schema_of
from service.gateway.elicitation.support import labels_of, supports
from service.gateway.elicitation.wording import question_text

__all__ = ["labels_of", "question_text", "read", "schema_of", "supports"]
