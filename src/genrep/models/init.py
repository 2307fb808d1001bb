"""Initial weights that the replicated examples rely on."""

from torch import nn


def glorot_(module: nn.Module) -> nn.Module:
    """Glorot-uniform weights and zero biases in every convolution and linear layer: Keras's default."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module
