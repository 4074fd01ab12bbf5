"""Coverage of every estimand beyond means: a grid of cells, their committed rows and the page made of them."""
