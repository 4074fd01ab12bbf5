"""Layouts: the shapes in which a sample can arrive. One file each; every file ends in a ``Sample`` or a refusal."""
