"""One file per layout of the data: its structs, and its way into a sample."""
