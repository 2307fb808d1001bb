"""Metrics, one file each; a metric's id carries its protocol.

Each is a function of features, probabilities or uint8 images. ``native`` and ``inception_metrics`` bring those of one
network together, with their ids; ``feature_store`` computes Inception features once per set of images.

Native metrics use a classifier trained on the data set itself. They work on grey 28x28 images and offline, are
never mixed with Inception's, and are never compared with published numbers.
"""
