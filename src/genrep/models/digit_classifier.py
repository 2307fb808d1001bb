"""The small network behind the native metrics: two convolution stages, a feature vector, class logits."""

from itertools import pairwise

from torch import Tensor, nn

from genrep.params.networks import DigitClassifierParams


class DigitClassifier(nn.Module):
    """Logits from images in [0, 1]; ``embed`` gives the features before the last layer."""

    def __init__(self, shape: tuple[int, int, int], classes: int, params: DigitClassifierParams):
        super().__init__()
        C, H, W = shape
        down = len(params.channels)
        stages = [
            layer
            for i, o in pairwise((C, *params.channels))
            for layer in (
                nn.Conv2d(i, o, 3, padding=1),
                nn.BatchNorm2d(o),
                nn.ReLU(),
                nn.Conv2d(o, o, 3, padding=1),
                nn.BatchNorm2d(o),
                nn.ReLU(),
                nn.MaxPool2d(2),
            )
        ]
        self.embed = nn.Sequential(
            *stages,
            nn.Flatten(),
            nn.Dropout(params.dropout),
            nn.Linear(params.channels[-1] * (H >> down) * (W >> down), params.features),
            nn.ReLU(),
        )
        self.head = nn.Linear(params.features, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.embed(x))  # (B, C, H, W) -> (B, classes)


def build(params: DigitClassifierParams, shape: tuple[int, int, int], classes: int) -> nn.ModuleDict:
    """``classifier``."""
    return nn.ModuleDict({"classifier": DigitClassifier(shape, classes, params)})
