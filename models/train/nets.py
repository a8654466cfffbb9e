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
        """Makes `collapse()` give this kernel and bias; the branches stay random.

        Of fewer channels: in the first ones. Outputs that the kernel has give nothing on inputs that
        it does not have; the others stay random.
        """
        outputs, inputs = kernel.shape[:2]
        collapsed = self.collapse()[0]
        wanted = collapsed.clone()
        wanted[:outputs] = 0.0
        wanted[:outputs, :inputs] = kernel
        self.direct.weight += wanted - collapsed
        self.direct.bias[:outputs] = bias

    @torch.no_grad()
    def start_from_identity(self):
        """Makes `collapse()` pass on what it is given; the branches stay random."""
        self.direct.weight -= self.collapse()[0]
        centre = self.direct.weight.shape[-1] // 2
        self.direct.weight[:, :, centre, centre] += torch.eye(len(self.direct.weight))
        self.direct.bias.zero_()

    def forward(self, x):
        """The branches one by one: what `collapse()` must equal."""
        y = self.direct(x)
        if self.has_wide:
            y = y + self.narrow(self.wide(x))
        return y + x if self.has_identity else y


def anchor(x, scale):
    """The input in the channel order of `pixel_shuffle` (one run of scale*scale per colour)."""
    return x.repeat_interleave(scale * scale, dim=1)


def rows_of(x):
    """(N, C, H, W) as (N * H, W * C): a view of a tensor with its channels last in memory."""
    batch, channels, height, width = x.shape
    return x.permute(0, 2, 3, 1).reshape(batch * height, width * channels)


class PRelu(torch.autograd.Function):
    """`F.prelu` with a gradient that is faster on a CPU.

    It is made image by image, since one image's tensors stay in the processor's cache, and in rows,
    since passes over long runs of memory are the fast ones.
    """

    @staticmethod
    def forward(context, x, slope):
        context.save_for_backward(x, slope)
        return F.prelu(x, slope)

    @staticmethod
    def backward(context, gradient):
        x, slope = context.saved_tensors
        x = x.contiguous(memory_format=torch.channels_last)
        slopes, for_x, for_slopes = slope.repeat(x.shape[-1]), torch.empty_like(x), 0
        for image in range(len(x)):
            here = slice(image, image + 1)
            value, given = rows_of(x[here]), rows_of(gradient[here])
            above = torch.ops.aten.threshold_backward(given, value, 0)
            torch.lerp(above, given, slopes, out=rows_of(for_x[here]))
            for_slopes = for_slopes + (given * value.clamp_max(0)).sum(0)
        return for_x, for_slopes.view(-1, len(slope)).sum(0)


class CodeNoise:
    """Adds noise as large as the rounding error of 8-bit codes, for the tensors of one batch.

    All are as large as the first. Random numbers are dear on a CPU, so they share them: each takes
    its own part of one row of them, mostly at other places than the others.
    """

    _SHIFT = 7919  # of one tensor's noise to the next one's

    def __init__(self, generator, tensors):
        self._generator = generator
        self._tensors = tensors
        self._row = None
        self._start = 0

    def __call__(self, y):
        """`y` (N, C, H, W) with noise for its range, which is part of the gradient.

        So tensors with few far values become dear.
        """
        in_order = y.permute(0, 2, 3, 1)  # as it lies in memory
        noise = self._next(in_order).permute(0, 3, 1, 2)
        return torch.addcmul(y, noise, value_range(in_order) / 255.0)

    def _next(self, like):
        count = like.numel()
        if self._row is None:
            row = torch.rand(count + self._SHIFT * self._tensors, generator=self._generator,
                             device=like.device)
            self._row = (row - 0.5).to(like.dtype)
        part = self._row[self._start:self._start + count]
        self._start += self._SHIFT
        return part.view(like.shape)


def value_range(y):
    """`y.amax() - y.amin()` whose gradient goes to two places and costs no pass over the tensor."""
    rows = y.reshape(-1, y.shape[-2] * y.shape[-1])
    with torch.no_grad():
        high, low = rows.amax(1).argmax(), rows.amin(1).argmin()
        across_high, across_low = rows[high].argmax(), rows[low].argmin()
    return rows[high, across_high] - rows[low, across_low]


def run_plain(x, weights, scale, noise=None, dtype=None):
    """Runs the shipped network. `weights` as made by `TrainableNet.collapse()`, x in 0..1.

    With a generator as `noise`, every tensor gets noise like that of its 8-bit codes. `dtype` is that
    of the convolutions (default: as x is); anchor and result are as x is. The result is not clamped:
    the loss needs the overshoot.
    """
    dtype = dtype or x.dtype
    # With channels last, convolutions in bfloat16 need not reorder what they are given.
    y = x.to(dtype, memory_format=torch.channels_last)
    last = len(weights) - 1
    add_noise = CodeNoise(noise, last) if noise is not None else None
    for layer, (kernel, bias, slope) in enumerate(weights):
        y = F.conv2d(y, kernel.to(dtype), bias.to(dtype), padding=kernel.shape[-1] // 2)
        if layer < last:
            y = PRelu.apply(y, slope.to(dtype))
            if add_noise:
                y = add_noise(y)
    return F.pixel_shuffle(y.to(x.dtype) + anchor(x, scale), scale)


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
        """Takes over a trained network; of one with another last layer, all layers before it.

        A narrower or shallower one grows without a change to what it computes (Chen et al.,
        "Net2Net", 2016): new layers pass on what they are given, new channels are random and nothing
        that was there listens to them yet.

        Raises ValueError for a wider or deeper one.
        """
        *body, last = weights
        new_layers = len(self.convs) - len(weights)
        if new_layers < 0 or len(body[0][1]) > len(self.slopes[0]):
            raise ValueError('the trained network is larger than this one')
        for conv, own_slope, (kernel, bias, slope) in zip(self.convs, self.slopes, body):
            conv.start_from(kernel, bias)
            own_slope[:len(slope)] = slope
        for layer in range(len(body), len(body) + new_layers):
            self.convs[layer].start_from_identity()
            self.slopes[layer].fill_(1.0)
        kernel, bias, _ = last
        own = self.convs[-1].direct.weight
        if own.shape[0] == kernel.shape[0] and own.shape[2:] == kernel.shape[2:]:
            self.convs[-1].start_from(kernel, bias)

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
