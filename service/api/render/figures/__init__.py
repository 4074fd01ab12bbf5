"""Figures of answers as SVG, drawn by matplotlib, which is imported with them: at the first report."""
