"""Figures of our own making: charts as shapes, shapes as SVG and as PNG."""
