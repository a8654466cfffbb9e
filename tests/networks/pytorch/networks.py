"""Networks as their authors write them in PyTorch, small and with random weights: what the real
exporter makes of Python's shape arithmetic, slices, assignments and einsum."""

import torch
import torch.nn.functional as F
from torch import nn

WIDTH = 16
WINDOW = 8


def conv(inputs, outputs, kernel=3, **options):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, **options)


class Around(nn.Module):
    """A head, a body with a skip over it, and a pixel shuffle to twice the size."""

    def __init__(self, body):
        super().__init__()
        self.head = conv(3, WIDTH)
        self.body = body
        self.tail = nn.Sequential(conv(WIDTH, WIDTH), conv(WIDTH, 12), nn.PixelShuffle(2))

    def forward(self, x):
        features = self.head(x)
        return self.tail(self.body(features) + features) + F.interpolate(x, scale_factor=2)


class SpatialAttention(nn.Module):
    """Enhanced spatial attention (RFANet, RFDN, RLFN): a gate at a sixth of the size."""

    def __init__(self, narrow=8):
        super().__init__()
        self.first = conv(WIDTH, narrow, 1)
        self.side = conv(narrow, narrow, 1)
        self.halved = nn.Conv2d(narrow, narrow, 3, stride=2)
        self.small = conv(narrow, narrow)
        self.last = conv(narrow, WIDTH, 1)

    def forward(self, x):
        first = self.first(x)
        small = self.small(F.max_pool2d(self.halved(first), kernel_size=7, stride=3))
        size = (x.size(2), x.size(3))
        large = F.interpolate(small, size, mode="bilinear", align_corners=False)
        return x * torch.sigmoid(self.last(large + self.side(first)))


class ContrastAttention(nn.Module):
    """Contrast-aware channel attention (IMDN, BSRN): means by sums over counted pixels."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Sequential(conv(WIDTH, 4, 1), nn.ReLU(), conv(4, WIDTH, 1), nn.Sigmoid())
        self.spread = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH, padding_mode="reflect")

    def forward(self, x):
        def mean(y):
            return y.sum(3, keepdim=True).sum(2, keepdim=True) / (y.size(2) * y.size(3))

        contrast = mean((x - mean(x)).pow(2)).pow(0.5)
        return self.spread(x * self.gate(contrast + F.adaptive_avg_pool2d(x, 1)))


class Variance(nn.Module):
    """The unbiased variance of the whole picture (SMFANet): a count less one."""

    def __init__(self):
        super().__init__()
        self.mix = conv(WIDTH, WIDTH, 1)
        self.weight = nn.Parameter(torch.rand(1, WIDTH, 1, 1))

    def forward(self, x):
        y, z = self.mix(x).chunk(2, dim=1)
        spread = torch.var(x, dim=(-2, -1), keepdim=True)
        return torch.cat([F.gelu(y), z], dim=1) * (1 + spread * self.weight)


def to_windows(x):
    """[B, H, W, C] -> [windows, pixels, C]"""
    batch, height, width, channels = x.shape
    x = x.view(batch, height // WINDOW, WINDOW, width // WINDOW, WINDOW, channels)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, WINDOW * WINDOW, channels)


def from_windows(windows, height, width):
    batch = int(windows.shape[0] / (height * width / WINDOW / WINDOW))
    x = windows.view(batch, height // WINDOW, width // WINDOW, WINDOW, WINDOW, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(batch, height, width, -1)


class WindowAttention(nn.Module):
    """Attention among the pixels of a window (Swin); with cosines as in Swin2SR."""

    def __init__(self, heads=2, cosine=False):
        super().__init__()
        self.heads = heads
        self.cosine = cosine
        self.norm = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.bias = nn.Parameter(torch.randn(heads, WINDOW**2, WINDOW**2) * 0.1)
        self.logit_scale = nn.Parameter(torch.rand(heads, 1, 1))

    def forward(self, x):
        height, width = x.shape[2:]
        x = x.permute(0, 2, 3, 1)
        windows = to_windows(self.norm(x))
        count, pixels, channels = windows.shape
        qkv = self.qkv(windows).reshape(count, pixels, 3, self.heads, channels // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        if self.cosine:
            scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
            scores = scores * torch.clamp(self.logit_scale, max=4.6).exp()
        else:
            scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
        weights = (scores + self.bias).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(count, pixels, channels)
        return (x + from_windows(self.out(mixed), height, width)).permute(0, 3, 1, 2)


class EinsumAttention(nn.Module):
    """Windows cut by einops and multiplied by einsum (OmniSR, SCUNet)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)

    def forward(self, x):
        batch, channels, height, width = x.shape
        rows, columns = height // WINDOW, width // WINDOW
        cut = x.reshape(batch, channels, rows, WINDOW, columns, WINDOW).permute(0, 2, 4, 3, 5, 1)
        tokens = cut.reshape(batch * rows * columns, WINDOW * WINDOW, channels)
        q, k, v = (
            part.reshape(-1, WINDOW * WINDOW, 2, channels // 2).permute(0, 2, 1, 3)
            for part in self.qkv(tokens).chunk(3, dim=-1)
        )
        weights = torch.einsum("bhid,bhjd->bhij", q * 0.3, k).softmax(-1)
        mixed = torch.einsum("bhij,bhjd->bhid", weights, v).permute(0, 2, 1, 3)
        seen = mixed.reshape(batch, rows, columns, WINDOW, WINDOW, channels)
        return seen.permute(0, 5, 1, 3, 2, 4).reshape(batch, channels, height, width)


class Padded(nn.Module):
    """Pads pictures to whole windows itself, and crops the result (SwinIR and its heirs)."""

    def __init__(self, network, mode):
        super().__init__()
        self.network = network
        self.mode = mode

    def forward(self, x):
        height, width = x.shape[2:]
        below = (WINDOW - height % WINDOW) % WINDOW
        right = (WINDOW - width % WINDOW) % WINDOW
        y = self.network(F.pad(x, (0, right, 0, below), self.mode))
        return y[:, :, : height * 2, : width * 2]


class ChannelAttention(nn.Module):
    """Attention among channels over all pixels (Restormer, DITN)."""

    def __init__(self, heads=2):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Sequential(
            conv(WIDTH, 3 * WIDTH, 1), conv(3 * WIDTH, 3 * WIDTH, groups=3 * WIDTH)
        )

    def forward(self, x):
        batch, channels, height, width = x.shape
        q, k, v = (
            part.view(batch, self.heads, channels // self.heads, height * width)
            for part in self.qkv(x).chunk(3, dim=1)
        )
        scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
        return (scores.softmax(-1) @ v).reshape(batch, channels, height, width)


class ChannelConv(nn.Module):
    """A convolution along the channels (ECA)."""

    def __init__(self):
        super().__init__()
        self.line = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x):
        means = F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(-1, -2)
        gate = self.line(means).transpose(-1, -2).unsqueeze(-1)
        return x * torch.sigmoid(gate)


class Unfolded(nn.Module):
    """Overlapping windows by nn.Unfold (HAT, LAPAR)."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(9))

    def forward(self, x):
        batch, channels, height, width = x.shape
        taps = F.unfold(x, 3, padding=1).view(batch, channels, 9, height, width)
        return (taps * self.weight.view(1, 1, 9, 1, 1)).sum(2)


def shift_mask(height, width, shift):
    """Which pixels of a window were neighbours before the picture was rolled."""
    regions = torch.zeros((1, height, width, 1))
    count = 0
    edges = (slice(0, -WINDOW), slice(-WINDOW, -shift), slice(-shift, None))
    for rows in edges:
        for columns in edges:
            regions[:, rows, columns, :] = count
            count += 1
    windows = to_windows(regions).view(-1, WINDOW * WINDOW)
    apart = windows.unsqueeze(1) - windows.unsqueeze(2)
    return apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)


class ShiftedWindows(nn.Module):
    """Windows that are moved by half of one, with a mask that is computed (SwinIR, HAT, DAT)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, x):
        height, width = x.shape[2:]
        shift = WINDOW // 2
        moved = torch.roll(x.permute(0, 2, 3, 1), shifts=(-shift, -shift), dims=(1, 2))
        q, k, v = self.qkv(to_windows(moved)).chunk(3, dim=-1)
        scores = q @ k.transpose(-2, -1) * 0.25 + shift_mask(height, width, shift)
        mixed = from_windows(scores.softmax(-1) @ v, height, width)
        back = torch.roll(mixed, shifts=(shift, shift), dims=(1, 2))
        return x + back.permute(0, 3, 1, 2)


class Wavelet(nn.Module):
    """Haar's transform, and its inverse by assignment to every other pixel."""

    def __init__(self):
        super().__init__()
        self.mix = conv(4 * WIDTH, 4 * WIDTH, 1)

    def forward(self, x):
        a, b = x[:, :, 0::2, 0::2], x[:, :, 1::2, 0::2]
        c, d = x[:, :, 0::2, 1::2], x[:, :, 1::2, 1::2]
        bands = torch.cat([a + b + c + d, c + d - a - b, b + d - a - c, a + d - b - c], 1) / 2
        p, q, r, s = self.mix(bands).chunk(4, dim=1)
        y = torch.zeros_like(x)
        y[:, :, 0::2, 0::2] = p - q - r + s
        y[:, :, 1::2, 0::2] = p - q + r - s
        y[:, :, 0::2, 1::2] = p + q - r - s
        y[:, :, 1::2, 1::2] = p + q + r + s
        return y / 2


class PartialConv(nn.Module):
    """A convolution of some channels, assigned (FasterNet)."""

    def __init__(self):
        super().__init__()
        self.part = conv(4, 4)

    def forward(self, x):
        y = x.clone()
        y[:, :4, :, :] = self.part(y[:, :4, :, :])
        return y


class DynamicKernel(nn.Module):
    """A kernel for each channel that the picture makes (ESC)."""

    def __init__(self):
        super().__init__()
        self.make = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv(WIDTH, 9 * WIDTH, 1))

    def forward(self, x):
        batch, channels, height, width = x.shape
        kernel = self.make(x).reshape(-1, 1, 3, 3)
        flat = x.reshape(1, batch * channels, height, width)
        return F.conv2d(flat, kernel, padding=1, groups=batch * channels).reshape(x.shape)


class Experts(nn.Module):
    """The best of some small networks, weighted (SeemoRe)."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(WIDTH, 3)
        self.experts = nn.ModuleList([conv(WIDTH, WIDTH, 1) for _ in range(3)])

    def forward(self, x):
        scores = self.gate(x.mean((2, 3))).softmax(-1)
        weights, chosen = torch.topk(scores, 1, dim=1)
        return self.experts[int(chosen[0])](x) * weights.view(-1, 1, 1, 1)


class LocalMeans(nn.Module):
    """Means of what lies around, by sums up to each pixel (NAFNet's local variant)."""

    def __init__(self):
        super().__init__()
        self.gate = conv(WIDTH, WIDTH, 1)

    def forward(self, x):
        sums = F.pad(x.cumsum(dim=-1).cumsum(dim=-2), (1, 0, 1, 0))
        side = 16
        boxes = sums[:, :, side:, side:] - sums[:, :, side:, :-side]
        boxes = boxes - sums[:, :, :-side, side:] + sums[:, :, :-side, :-side]
        means = F.pad(boxes / side**2, (7, 8, 7, 8), mode="replicate")
        return x * self.gate(means)


class Fusion(nn.Module):
    """Two scales, of which the smaller is rounded (MIRNet)."""

    def __init__(self):
        super().__init__()
        self.mix = conv(2 * WIDTH, WIDTH)

    def forward(self, x):
        small = F.interpolate(x, scale_factor=0.5, mode="bilinear")
        return self.mix(torch.cat([x, F.interpolate(small, scale_factor=2, mode="bilinear")], 1))


class Chosen(nn.Module):
    """A choice by the picture, and constants beside it."""

    def __init__(self):
        super().__init__()
        self.mix = conv(WIDTH + 1, WIDTH)

    def forward(self, x):
        batch, _, height, width = x.shape
        y = self.mix(torch.cat([x, torch.full((batch, 1, height, width), 0.5)], 1))
        return torch.where(y > 0, y, y * 0.1) + (y < 0.2).float() * x


NETWORKS = {
    "rlfn": lambda: Around(SpatialAttention()),
    "bsrn": lambda: Around(ContrastAttention()),
    "smfanet": lambda: Around(Variance()),
    "swinir": lambda: Padded(Around(WindowAttention()), "reflect"),
    "swin2sr": lambda: Padded(Around(WindowAttention(cosine=True)), "reflect"),
    "omnisr": lambda: Padded(Around(EinsumAttention()), "constant"),
    "restormer": lambda: Around(ChannelAttention()),
    "eca": lambda: Around(ChannelConv()),
    "unfold": lambda: Around(Unfolded()),
    "swinir-shifted": lambda: Padded(Around(ShiftedWindows()), "reflect"),
    "wavelet": lambda: Padded(Around(Wavelet()), "reflect"),
    "partial": lambda: Around(PartialConv()),
    "dynamic": lambda: Around(DynamicKernel()),
    "experts": lambda: Around(Experts()),
    "local": lambda: Around(LocalMeans()),
    "fusion": lambda: Padded(Around(Fusion()), "replicate"),
    "chosen": lambda: Around(Chosen()),
}
