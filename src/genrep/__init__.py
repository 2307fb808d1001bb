"""genrep: replications of five published comparisons of image generative models."""

__version__ = "0.1.0"
