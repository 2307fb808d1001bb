"""Figures as pure functions of measurements: the same measurements give the same bytes."""
