"""Figures as pure functions of measurements: the same measurements give the same bytes."""

from genrep.report.figures.mnist_timing import draw

__all__ = ["draw"]
