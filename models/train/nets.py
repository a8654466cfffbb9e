"""The plain family: 3x3 convolutions (the last can be 1x1), per-channel PReLU, an anchor and a pixel
shuffle.

The anchor is the input repeated scale*scale times along the channels, added to the last
convolution's output before the shuffle, which is the same as adding the nearest-upsampled input
after it. The network therefore only learns what nearest upsampling misses.

Training uses `TrainableNet`, whose convolutions can have extra branches. All branches are linear,
so each forward pass first collapses them into one kernel: training costs hardly more than for
the plain network, and `collapse()` gives the network that ships.
"""

import torch
import torch.nn.functional as F
from torch import nn

CHANNELS_RGB = 3


class CollapsibleConv(nn.Module):
    """A convolution (3x3, say) trained as direct 3x3 (+ wide 3x3, then 1x1) (+ identity).

    The wide branch is there where `expansion`, its width, is above 0; the identity where inputs and
    outputs are as many.
    """

    def __init__(self, inputs, outputs, expansion, kernel_size=3):
        super().__init__()
        padding = kernel_size // 2
        self.has_wide = expansion > 0
        if self.has_wide:
            self.wide = nn.Conv2d(inputs, expansion, kernel_size, padding=padding, bias=False)
            self.narrow = nn.Conv2d(expansion, outputs, 1, bias=False)
        self.direct = nn.Conv2d(inputs, outputs, kernel_size, padding=padding)
        self.has_identity = inputs == outputs

    def collapse(self):
        """The one equivalent kernel and its bias."""
        outputs, inputs, rows, columns = self.direct.weight.shape
        kernel = self.direct.weight
        if self.has_wide:
            wide = self.narrow.weight.flatten(1) @ self.wide.weight.flatten(1)
            kernel = kernel + wide.view(outputs, inputs, rows, columns)
        if self.has_identity:
            centre = torch.zeros(rows, columns, dtype=kernel.dtype, device=kernel.device)
            centre[rows // 2, columns // 2] = 1.0
            kernel = kernel + torch.eye(inputs).to(kernel)[:, :, None, None] * centre
        return kernel, self.direct.bias

    @torch.no_grad()
    def start_from(self, kernel, bias):
        """Makes `collapse()` give this kernel and bias; the branches stay random."""
        self.direct.weight += kernel - self.collapse()[0]
        self.direct.bias.copy_(bias)

    def forward(self, x):
        """The branches one by one: what `collapse()` must equal."""
        y = self.direct(x)
        if self.has_wide:
            y = y + self.narrow(self.wide(x))
        return y + x if self.has_identity else y


def anchor(x, scale):
    """The input in the channel order of `pixel_shuffle` (one run of scale*scale per colour)."""
    return x.repeat_interleave(scale * scale, dim=1)


def code_noise(y, generator):
    """`y` with noise as large as the rounding error of 8-bit codes for its range.

    The range is part of the gradient, so that tensors with few far values become dear.
    """
    step = (y.amax() - y.amin()) / 255.0
    return y + step * (torch.rand(y.shape, generator=generator, device=y.device) - 0.5)


def run_plain(x, weights, scale, noise=None):
    """Runs the shipped network. `weights` as made by `TrainableNet.collapse()`, x in 0..1.

    With a generator as `noise`, every tensor gets noise like that of its 8-bit codes. The result is
    not clamped: the loss needs the overshoot.
    """
    y = x
    last = len(weights) - 1
    for layer, (kernel, bias, slope) in enumerate(weights):
        y = F.conv2d(y, kernel, bias, padding=kernel.shape[-1] // 2)
        if layer < last:
            y = F.prelu(y, slope)
            if noise is not None:
                y = code_noise(y, noise)
    return F.pixel_shuffle(y + anchor(x, scale), scale)


class TrainableNet(nn.Module):
    def __init__(self, channels, body_layers, expansion, scale, tail_kernel=3):
        super().__init__()
        self.scale = scale
        outputs = CHANNELS_RGB * scale * scale
        widths = [CHANNELS_RGB] + [channels] * (body_layers + 1) + [outputs]
        kernels = [3] * (body_layers + 1) + [tail_kernel]
        self.convs = nn.ModuleList(
            CollapsibleConv(a, b, expansion, kernel)
            for a, b, kernel in zip(widths, widths[1:], kernels))
        self.slopes = nn.ParameterList(
            nn.Parameter(torch.full((channels,), 0.25)) for _ in range(body_layers + 1))

    def collapse(self):
        """One (kernel, bias, slope) per layer; the last layer's slope is None."""
        slopes = list(self.slopes) + [None]
        return [(*conv.collapse(), slope) for conv, slope in zip(self.convs, slopes)]

    @torch.no_grad()
    def start_from(self, weights):
        """Takes over a trained network; of one for another scale, all layers but the last."""
        layers = list(zip(self.convs, list(self.slopes) + [None], weights))
        if self.convs[-1].direct.weight.shape != weights[-1][0].shape:
            layers.pop()
        for conv, own_slope, (kernel, bias, slope) in layers:
            conv.start_from(kernel, bias)
            if slope is not None:
                own_slope.copy_(slope)

    def forward(self, x):
        return run_plain(x, self.collapse(), self.scale)


class Ema:
    """Exponential moving average of the collapsed network, which is what ships.

    The decay is ramped up at the start, so that the random initial weights are forgotten.
    """

    def __init__(self, decay):
        self.decay = decay
        self.updates = 0
        self.weights = None

    @torch.no_grad()
    def update(self, weights):
        self.updates += 1
        if self.weights is None:
            self.weights = [tuple(None if t is None else t.detach().clone() for t in layer)
                            for layer in weights]
            return
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for averages, layer in zip(self.weights, weights):
            for average, value in zip(averages, layer):
                if average is not None:
                    average.lerp_(value.detach(), 1.0 - decay)


def parameter_count(weights):
    return sum(t.numel() for layer in weights for t in layer if t is not None)
