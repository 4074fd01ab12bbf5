"""The wire: msgspec structs, each with its way into the core and back, written by hand."""
