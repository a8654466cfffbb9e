"""MESRGAN: ESRGAN's dense blocks out of MobileNetV2's inverted residuals, and the plain form beside it.

Takes pictures less their mean and divided by their deviation, gives 0..1.
"""

from torch import nn

from .esrgan import FACTOR, SLOPE, dense_block
from .layers import RGB, Residual, conv, doublings, shuffled


def _inverted(inputs, outputs, expansion):
    """1x1 to `expansion` times the channels, 3x3 on each of them alone, 1x1 to the outputs."""
    inner = expansion * inputs
    return nn.Sequential(
        conv(inputs, inner, 1), nn.LeakyReLU(SLOPE),
        conv(inner, inner, groups=inner), nn.LeakyReLU(SLOPE),
        conv(inner, outputs, 1))


def mesrgan(scale=4, blocks=16, channels=64, growth=32, expansion=2):
    """`expansion` 0 has plain 3x3 convolutions in place of the inverted residuals."""
    def layer(inputs, outputs):
        return _inverted(inputs, outputs, expansion) if expansion > 0 else conv(inputs, outputs)

    return nn.Sequential(
        conv(RGB, channels, 9),
        Residual(Residual(*(dense_block(channels, growth, layer) for _ in range(blocks)), factor=FACTOR),
                 conv(channels, channels)),
        *(shuffled(channels, channels, 2, nn.PReLU()) for _ in range(doublings(scale))),
        conv(channels, channels), nn.PReLU(), conv(channels, RGB))
