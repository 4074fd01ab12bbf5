"""The pure core: arrays in, frozen dataclasses out; no web, no clock, no logging."""
