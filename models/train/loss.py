"""What training minimizes: L1 of colours and of luma, near the end Charbonnier with a spectrum term.

Recipes can end with PSNR itself.

A share of the loss is on luma, since that is what eyes resolve and what PSNR-Y measures (README.md
says what it is worth). The rest keeps the colours. Luma is BT.601's, scaled so that an error alike
in R, G and B counts as it does in them.
"""

import torch
import torch.nn.functional as F

_LUMA = (65.481 / 219.0, 128.553 / 219.0, 24.966 / 219.0)
_CHARBONNIER_EPSILON = 1e-3  # in units of the value range 0..1
_SQUARES_FLOOR = 1e-5  # 50 dB: keeps patches that are nearly right from outweighing all others
_SPECTRUM_WEIGHT = 0.05
_GRID_WINDOW = 4  # input pixels per side


def luma(image):
    """(N, 3, H, W) in 0..1 to (N, H, W) in 0..1."""
    red, green, blue = _LUMA
    return red * image[:, 0] + green * image[:, 1] + blue * image[:, 2]


def absolute(difference):
    return difference.abs().mean()


def charbonnier(difference):
    """L1 that is smooth at zero (Charbonnier et al., ICIP 1994)."""
    return (difference.square() + _CHARBONNIER_EPSILON**2).sqrt().mean()


def negative_psnr(difference):
    """Minus the mean of all patches' PSNR in dB, which is what scores are made of (as in HINet, Chen
    et al., CVPRW 2021).

    So a patch counts by the factor that its squared error shrinks by: easy ones as much as hard ones.
    """
    squares = difference.square().flatten(1).mean(1)
    return 10.0 * (squares + _SQUARES_FLOOR).log10().mean()


def spectrum(difference):
    """L1 of the two-dimensional spectrum, scaled so that it keeps the energy."""
    return torch.view_as_real(torch.fft.rfft2(difference, norm='ortho')).abs().mean()


def _colors_and_luma(measure, difference, luma_share):
    return (1.0 - luma_share) * measure(difference) + luma_share * measure(luma(difference))


def main_loss(result, truth, luma_share):
    return _colors_and_luma(absolute, result - truth, luma_share)


def tail_loss(result, truth, luma_share):
    difference = result - truth
    return (_colors_and_luma(charbonnier, difference, luma_share)
            + _SPECTRUM_WEIGHT * _colors_and_luma(spectrum, difference, luma_share))


def psnr_loss(result, truth, luma_share):
    return _colors_and_luma(negative_psnr, result - truth, luma_share)


def grid(result, truth, scale):
    """What repeats in the errors every `scale` pixels: L1 of their mean at each place of that grid, per
    colour and window of the patch. So a shift of colour counts too.

    The pixel shuffle has a kernel of its own for each place, so they can drift apart, and differently
    in bright and in dark, smooth and fine parts of a picture: hence the windows.
    """
    return F.avg_pool2d(F.pixel_unshuffle(result - truth, scale), _GRID_WINDOW).abs().mean()
