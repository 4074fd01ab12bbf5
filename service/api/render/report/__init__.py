"""Answers as pages that stand alone: figures, tables, assumptions, the paragraph for a methods section, how to cite."""
