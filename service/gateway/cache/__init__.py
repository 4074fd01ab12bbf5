"""Where finished answers are kept, by the hash of everything that determines them."""
