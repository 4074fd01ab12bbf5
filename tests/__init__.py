"""The tests. A package, because ppi-python installs one of the same name."""
