"""Providers: pure codecs, one file each, and what the operator offers through them."""
