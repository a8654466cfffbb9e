"""RDN (Zhang et al., CVPR 2018) and RRDN, as Idealo wrote them and UpscalerJS ships them.

`layers` convolutions (C), each with `growth` channels (G), in each of `blocks` blocks (D), on `channels`
(G0). RDN takes and gives 0..255, RRDN 0..1.
"""

import torch
from torch import nn

from .layers import RGB, Dense, Nearest, Residual, conv

FACTOR = 0.2


def _grown(channels, growth, layers):
    return Dense([nn.Sequential(conv(channels + i * growth, growth), nn.ReLU())
                  for i in range(layers)])


class Rdn(nn.Module):
    """Residual dense blocks, all of whose results are joined; enlarged by nearest neighbour."""

    def __init__(self, scale=4, layers=1, blocks=2, growth=4, channels=64):
        super().__init__()
        wide = channels + layers * growth
        self.head = conv(RGB, channels)
        self.entry = conv(channels, channels)
        self.blocks = nn.ModuleList(
            Residual(_grown(channels, growth, layers), conv(wide, channels, 1))
            for _ in range(blocks))
        self.join = nn.Sequential(conv(blocks * channels, channels, 1), conv(channels, channels))
        self.tail = nn.Sequential(
            conv(channels, 64, 5), nn.ReLU(), conv(64, 32), nn.ReLU(), conv(32, RGB * scale**2),
            Nearest(scale), conv(RGB * scale**2, RGB))

    def forward(self, x):
        head = self.head(x)
        y = self.entry(head)
        made = []
        for block in self.blocks:
            y = block(y)
            made.append(y)
        return self.tail(self.join(torch.cat(made, 1)) + head)


def rrdn(scale=4, layers=4, blocks=3, growth=32, channels=64, groups=10):
    """`groups` residual groups (T) of dense blocks whose results are weighted by 0.2; a pixel shuffle."""
    wide = channels + layers * growth

    def block():
        return Residual(_grown(channels, growth, layers), conv(wide, channels), factor=FACTOR)

    def group():
        return Residual(*(block() for _ in range(blocks)), factor=FACTOR)

    return nn.Sequential(
        conv(RGB, channels),
        Residual(*(group() for _ in range(groups)), conv(channels, channels)),
        conv(channels, RGB * scale**2), nn.PixelShuffle(scale), conv(RGB, RGB))
