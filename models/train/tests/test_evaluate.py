import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch.nn.functional as F

from ..evaluate import (check_bicubic, compare, evaluate_folder, luma, psnr, ssim,
                        upscale_bicubic, upscale_with)
from ..nets import anchor
from .synthetic import picture, write_pictures


def slow_ssim(a, b):
    """The definition, window by window."""
    x = np.arange(11) - 5.0
    window = np.exp(-(x[:, None]**2 + x[None, :]**2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255)**2, (0.03 * 255)**2
    values = []
    for top in range(a.shape[0] - 10):
        for left in range(a.shape[1] - 10):
            p, q = a[top:top + 11, left:left + 11], b[top:top + 11, left:left + 11]
            mp, mq = (window * p).sum(), (window * q).sum()
            vp, vq = (window * (p - mp)**2).sum(), (window * (q - mq)**2).sum()
            cov = (window * (p - mp) * (q - mq)).sum()
            values.append((2 * mp * mq + c1) * (2 * cov + c2)
                          / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
    return np.mean(values)


class EvaluateTest(unittest.TestCase):
    def test_luma_range(self):
        self.assertAlmostEqual(float(luma(np.full((1, 1, 3), 255, np.uint8))[0, 0]), 235.0)
        self.assertAlmostEqual(float(luma(np.zeros((1, 1, 3), np.uint8))[0, 0]), 16.0)

    def test_psnr(self):
        self.assertAlmostEqual(psnr(np.zeros((4, 4)), np.full((4, 4), 25.5)), 20.0)
        self.assertEqual(psnr(np.ones((4, 4)), np.ones((4, 4))), float('inf'))

    def test_ssim_is_the_definition(self):
        a, b = luma(picture(17, 15, 1)), luma(picture(17, 15, 2))
        self.assertAlmostEqual(ssim(a, b), slow_ssim(a, b), places=10)
        self.assertAlmostEqual(ssim(a, a), 1.0)

    def test_borders_do_not_count(self):
        truth = picture(24, 24, 1)
        wrong = truth.copy()
        wrong[:2] = wrong[-2:] = 0
        wrong[:, :2] = wrong[:, -2:] = 0
        self.assertEqual(compare(wrong, truth, 2), (float('inf'), 1.0))
        self.assertLess(compare(wrong, truth, 1)[0], 30)

    def test_folder_scores(self):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / 'made'
            write_pictures(folder, height=37, width=41)
            nearest = lambda x: F.pixel_shuffle(anchor(x, 2), 2)
            scores = evaluate_folder(folder, 2, {
                'bicubic': lambda low: upscale_bicubic(low, 2),
                'nearest': lambda low: upscale_with(nearest, low)})
        self.assertGreater(scores['bicubic']['psnr_y'], scores['nearest']['psnr_y'] + 1)

    def test_wrong_references_are_reported(self):
        self.assertIsNone(check_bicubic('Set5', 2, 33.70))
        self.assertIsNone(check_bicubic('holiday', 2, 20.0))
        self.assertIn('expected 33.68', check_bicubic('Set5', 2, 33.72))
