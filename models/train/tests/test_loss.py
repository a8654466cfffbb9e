import unittest

import torch

from ..loss import absolute, charbonnier, grid, luma, main_loss, negative_psnr, spectrum


class LossTest(unittest.TestCase):
    def test_values(self):
        difference = torch.full((1, 3, 8, 8), 0.5)
        self.assertAlmostEqual(float(absolute(difference)), 0.5)
        self.assertAlmostEqual(float(charbonnier(difference)), 0.5, places=5)
        # A constant is one coefficient: 0.5 * 8 of 8 * 5 complex ones, real and imaginary.
        self.assertAlmostEqual(float(spectrum(difference)), 0.5 * 8 / (8 * 5 * 2), places=6)

    def test_psnr_is_the_mean_over_patches(self):
        difference = torch.full((2, 3, 8, 8), 0.1)  # 20 dB
        difference[1] = 0.01  # 40 dB
        self.assertAlmostEqual(float(negative_psnr(difference[:1])), -20.0, delta=0.01)
        self.assertAlmostEqual(float(negative_psnr(difference[1:])), -39.586, places=3)  # 1e-5 more
        self.assertAlmostEqual(float(negative_psnr(difference)), -29.791, places=3)
        self.assertAlmostEqual(float(negative_psnr(difference * 0.0)), -50.0, places=4)

    def test_grid_is_what_repeats(self):
        truth = torch.rand(2, 3, 16, 32)
        self.assertAlmostEqual(float(grid(truth + 0.25, truth, 4)), 0.25, places=6)
        repeated = torch.zeros_like(truth)
        repeated[:, :, 1::4, 2::4] = 0.5  # one of 16 places
        self.assertAlmostEqual(float(grid(truth + repeated, truth, 4)), 0.5 / 16, places=6)
        alternating = torch.zeros_like(truth)  # from one window place to the next: it does not repeat
        alternating[:, :, ::8], alternating[:, :, 4::8] = 0.5, -0.5
        self.assertAlmostEqual(float(grid(truth + alternating, truth, 4)), 0.0, places=6)

    def test_a_grid_here_does_not_make_up_for_another_there(self):
        truth = torch.zeros(1, 3, 16, 32)
        repeated = torch.zeros_like(truth)
        repeated[:, :, 1::4, 2::4] = 0.5
        repeated[..., 16:] *= -1.0
        self.assertAlmostEqual(float(grid(truth + repeated, truth, 4)), 0.5 / 16, places=6)

    def test_an_error_alike_in_all_colours_counts_alike_in_luma(self):
        grey = torch.full((1, 3, 4, 4), 0.25)
        self.assertAlmostEqual(float(luma(grey).mean()), 0.25, places=4)
        self.assertAlmostEqual(float(main_loss(grey, 0 * grey, 0.5)), 0.25, places=4)

    def test_colour_counts_even_where_luma_is_right(self):
        error = torch.zeros(1, 3, 4, 4)
        error[:, 0], error[:, 1] = 128.553, -65.481
        self.assertAlmostEqual(float(luma(error).abs().max()), 0.0, places=4)
        self.assertGreater(float(main_loss(error, 0 * error, 0.5)), 1.0)
        self.assertAlmostEqual(float(main_loss(error, 0 * error, 1.0)), 0.0, places=4)
