"""Answers and facts in forms for people."""
