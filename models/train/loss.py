"""What training minimizes: L1, and near the end Charbonnier with a term on the spectrum."""

import torch
import torch.nn.functional as F

_CHARBONNIER_EPSILON = 1e-3  # in units of the value range 0..1
_SPECTRUM_WEIGHT = 0.05


def charbonnier(result, truth):
    """L1 that is smooth at zero (Charbonnier et al., ICIP 1994)."""
    return ((result - truth).square() + _CHARBONNIER_EPSILON**2).sqrt().mean()


def spectrum(result, truth):
    """L1 between the two-dimensional spectra, scaled so that white noise costs as much as in L1."""
    difference = torch.fft.rfft2(result - truth, norm='ortho')
    return torch.view_as_real(difference).abs().mean()


def tail_loss(result, truth):
    return charbonnier(result, truth) + _SPECTRUM_WEIGHT * spectrum(result, truth)


l1 = F.l1_loss
