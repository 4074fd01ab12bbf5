"""Answers as tables in the terminal, made from the decoded JSON answer alone; one file per command."""
