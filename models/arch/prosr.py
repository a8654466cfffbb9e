"""ProSR (Wang et al., CVPR workshops 2018): a pyramid of dense compression units, mirrored at its edges.

The network makes what bicubic enlarging lacks; here the two are added in the graph. 0..1 in and out.
"""

import dataclasses

import torch.nn.functional as F
from torch import nn

from .layers import RGB, Dense, Residual, doublings, mirrored

BOTTLENECK = 4  # channels before a dense layer's 3x3, in times of those that it adds


@dataclasses.dataclass(frozen=True)
class Settings:
    """Of one of the two networks. `levels` has the dense layers of each block of each doubling."""

    channels: int
    growth: int
    levels: tuple
    residual: bool  # blocks go back to the channels they began with, and are added
    factor: float = 0.2
    block_compression: float = 0.4  # of channels between blocks that are not residual
    level_compression: float = 0.5
    most_channels: int = 312


SMALL = Settings(24, 12, ((6, 6, 6, 6), (6, 6), (6,)), residual=False)
LARGE = Settings(160, 40, ((8,) * 9, (8,) * 3, (8,)), residual=True)


def _compressed(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 1, bias=False)


def _dense(inputs, growth, layers):
    inner = BOTTLENECK * growth
    return Dense([nn.Sequential(nn.Conv2d(inputs + i * growth, inner, 1), nn.ReLU(),
                                mirrored(inner, growth)) for i in range(layers)])


class _Level(nn.Module):
    """All of one doubling: the blocks, then the enlarging."""

    def __init__(self, inputs, settings, index):
        super().__init__()
        layers = []
        channels = inputs
        if index > 0:
            channels = (settings.channels if settings.residual
                        else int(settings.level_compression * inputs))
            layers.append(_compressed(inputs, channels))
        blocks = settings.levels[index]
        for number, depth in enumerate(blocks):
            grown = channels + depth * settings.growth
            dense = _dense(channels, settings.growth, depth)
            if settings.residual:
                layers.append(Residual(dense, _compressed(grown, channels), factor=settings.factor))
                continue
            layers.append(dense)
            channels = grown
            if number < len(blocks) - 1:
                channels = int(settings.block_compression * grown)
                layers.append(_compressed(grown, channels))
        if channels > settings.most_channels:
            layers.append(_compressed(channels, settings.most_channels))
            channels = settings.most_channels
        layers.append(mirrored(channels, channels))
        self.body = Residual(*layers) if settings.residual else nn.Sequential(*layers)
        self.enlarge = nn.Sequential(mirrored(channels, 4 * channels), nn.PixelShuffle(2), nn.ReLU())
        self.channels = channels

    def forward(self, x):
        return self.enlarge(self.body(x))


class ProSr(nn.Module):
    """Scale 2, 4 or 8: as many levels as it doubles."""

    def __init__(self, scale, settings):
        super().__init__()
        self.scale = scale
        channels = settings.channels
        self.head = mirrored(RGB, channels)
        levels = []
        for index in range(doublings(scale)):
            levels.append(_Level(channels, settings, index))
            channels = levels[-1].channels
        self.levels = nn.Sequential(*levels)
        self.tail = mirrored(channels, RGB)

    def forward(self, x):
        base = F.interpolate(x, scale_factor=float(self.scale), mode='bicubic', align_corners=False)
        return self.tail(self.levels(self.head(x))) + base


def prosr(scale, settings, blocks=None):
    """`blocks`: at most so many in each level."""
    levels = tuple(level[:blocks] for level in settings.levels)
    return ProSr(scale, dataclasses.replace(settings, levels=levels))
