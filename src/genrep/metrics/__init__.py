"""Metrics, one file each; a metric's id carries its protocol.

Native metrics use a classifier trained on the data set itself. They work on grey 28x28 images and offline, are
never mixed with Inception's, and are never compared with published numbers.
"""
