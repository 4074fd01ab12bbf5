"""Bodies in: one reader per media type, each giving the same wire struct or the same refusals."""
