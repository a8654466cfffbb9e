"""RRDBNet, the generator of ESRGAN (Wang et al., ECCV workshops 2018). 0..1 in and out."""

from torch import nn

from .layers import RGB, Dense, Nearest, Residual, conv, doublings

SLOPE = 0.2
FACTOR = 0.2


def dense_block(channels, growth, layer=conv):
    """Four grown layers and one back to `channels`; `layer(inputs, outputs)` is what they are made of."""
    widths = [channels + i * growth for i in range(5)]
    grown = [nn.Sequential(layer(width, growth), nn.LeakyReLU(SLOPE)) for width in widths[:-1]]
    return Residual(Dense(grown), layer(widths[-1], channels), factor=FACTOR)


def rrdbnet(scale=4, blocks=23, channels=64, growth=32):
    """`blocks` residual-in-residual dense blocks: 23 in the paper, 6 in the small network for drawings."""
    def block():
        return Residual(*(dense_block(channels, growth) for _ in range(3)), factor=FACTOR)

    def enlarged():
        return [Nearest(2), conv(channels, channels), nn.LeakyReLU(SLOPE)]

    return nn.Sequential(
        conv(RGB, channels),
        Residual(*(block() for _ in range(blocks)), conv(channels, channels)),
        *(layer for _ in range(doublings(scale)) for layer in enlarged()),
        conv(channels, channels), nn.LeakyReLU(SLOPE), conv(channels, RGB))
