"""What the data sets of ``gan_vs_vae`` are called in its table and figures."""

from genrep.report.measurements import Measurements

# What the data sets that stand for those of the report are called beside them.
DATA = {
    "mnist-reduced": "reduced MNIST",
    "celeba-64-10k": "9,000 faces of CelebA",
    "faces-64": "drawn faces",
    "tiny-imagenet-64-4k": "3,600 images of Tiny-ImageNet",
    "scenes-64": "drawn scenes",
}
OF_THE_REPORT = {"mnist": "MNIST", "celeba": "CelebA", "imagenet": "ImageNet-64"}


def trained_on(measurements: Measurements, model: str) -> str:
    """The data set of a model in words: the report's, or what stands for it at this scale."""
    run = measurements.params.runs.get(model)
    return DATA.get(run.data.set if run else "", OF_THE_REPORT[model.partition("_")[2]])
