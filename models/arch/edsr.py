"""EDSR's baseline (Lim et al., CVPR workshops 2017). Takes 0..255 less the mean, gives 0..255."""

from torch import nn

from .layers import RGB, Residual, conv, doublings


def edsr(scale=2, channels=64, blocks=16):
    """Residual blocks without batch normalization, pixel shuffles."""
    def block():
        return Residual(conv(channels, channels), nn.ReLU(), conv(channels, channels))

    def enlarged():
        if scale == 3:
            return [conv(channels, 9 * channels), nn.PixelShuffle(3)]
        return [layer for _ in range(doublings(scale))
                for layer in (conv(channels, 4 * channels), nn.PixelShuffle(2))]

    return nn.Sequential(
        conv(RGB, channels),
        Residual(*(block() for _ in range(blocks)), conv(channels, channels)),
        *enlarged(), conv(channels, RGB))
