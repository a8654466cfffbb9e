"""What several of the networks are made of."""

import torch
import torch.nn.functional as F
from torch import nn

RGB = 3


def conv(inputs, outputs, kernel=3, **options):
    """A convolution that leaves the picture's size as it is: zeros lie beyond its edges."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, **options)


def mirrored(inputs, outputs, kernel=3):
    """A convolution beyond whose edges the picture is mirrored."""
    return nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel))


def shuffled(channels, outputs, scale, activation):
    """Enlarged by a pixel shuffle: a convolution, the shuffle, an activation."""
    return nn.Sequential(conv(channels, outputs * scale**2), nn.PixelShuffle(scale), activation)


class Nearest(nn.Module):
    """Each pixel `scale` times in both directions."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return F.interpolate(x, scale_factor=float(self.scale), mode='nearest')


class Residual(nn.Module):
    """`body(x) * factor + x`."""

    def __init__(self, *body, factor=1.0):
        super().__init__()
        self.body = nn.Sequential(*body)
        self.factor = factor

    def forward(self, x):
        y = self.body(x)
        return (y if self.factor == 1.0 else y * self.factor) + x


class Dense(nn.Module):
    """Layers of which each sees what came in and what all before it made, joined along the channels."""

    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


def doublings(scale):
    """How often a scale doubles: 2 of scale 4. Raises ValueError of one that is no power of two."""
    times = scale.bit_length() - 1
    if scale < 2 or scale != 2**times:
        raise ValueError(f'the scale must be a power of two of at least 2, not {scale}')
    return times
