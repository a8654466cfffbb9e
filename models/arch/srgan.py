"""SRResNet, the generator of SRGAN (Ledig et al., CVPR 2017), in three forms that are in use.

All take and give `[1, 3, H, W]` to `[1, 3, scale H, scale W]`.
"""

from torch import nn

from .layers import RGB, Nearest, Residual, conv, doublings, shuffled


def _normed(inputs, outputs, kernel=3):
    return [conv(inputs, outputs, kernel), nn.BatchNorm2d(outputs)]


def srresnet(scale=4, channels=64, blocks=16):
    """As in the paper: ends of 9x9, PReLU, pixel shuffles. 0..1 in and out."""
    def block():
        return Residual(*_normed(channels, channels), nn.PReLU(), *_normed(channels, channels))

    return nn.Sequential(
        conv(RGB, channels, 9), nn.PReLU(),
        Residual(*(block() for _ in range(blocks)), *_normed(channels, channels)),
        *(shuffled(channels, channels, 2, nn.PReLU()) for _ in range(doublings(scale))),
        conv(channels, RGB, 9))


def tensorlayer(scale=4, channels=64, blocks=16):
    """TensorLayer's, which the phone SRGAN was made from: 3x3, ReLU, a 1x1 and tanh. 0..1 in, -1..1 out."""
    def block():
        return Residual(*_normed(channels, channels), nn.ReLU(), *_normed(channels, channels))

    return nn.Sequential(
        conv(RGB, channels), nn.ReLU(),
        Residual(*(block() for _ in range(blocks)), *_normed(channels, channels)),
        *(shuffled(channels, channels, 2, nn.ReLU()) for _ in range(doublings(scale))),
        conv(channels, RGB, 1), nn.Tanh())


def keras(scale=4, channels=64, blocks=15):
    """The Keras form: LeakyReLU, ends of 5x5, enlarged by nearest neighbour, tanh. 0..1 in, -1..1 out."""
    wide = 2 * channels

    def block():
        return Residual(*_normed(channels, channels), nn.LeakyReLU(0.25), *_normed(channels, channels))

    def enlarged(inputs):
        return [conv(inputs, wide), nn.LeakyReLU(0.25), Nearest(2), conv(wide, wide),
                nn.LeakyReLU(0.3)]

    times = doublings(scale)
    return nn.Sequential(
        *_normed(RGB, channels, 5), nn.LeakyReLU(0.25),
        *(block() for _ in range(blocks)),
        *(layer for i in range(times) for layer in enlarged(channels if i == 0 else wide)),
        conv(wide, RGB, 5), nn.Tanh())
