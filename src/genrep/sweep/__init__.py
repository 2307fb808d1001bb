"""Assumption sweeps: every reading of an open choice, run and held against the published number that it can move.

``readings`` makes the readings of ``assumptions.yaml`` runnable, ``run`` trains and measures them, and
genrep.report.sweeps writes what came out.
"""
