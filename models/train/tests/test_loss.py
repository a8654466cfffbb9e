import unittest

import torch

from ..loss import charbonnier, l1, spectrum


class LossTest(unittest.TestCase):
    def test_values(self):
        truth = torch.zeros(1, 3, 8, 8)
        result = truth + 0.5
        self.assertAlmostEqual(float(l1(result, truth)), 0.5)
        self.assertAlmostEqual(float(charbonnier(result, truth)), 0.5, places=5)
        # A constant error is one coefficient: 0.5 * 8 of 8 * 5 complex ones, real and imaginary.
        self.assertAlmostEqual(float(spectrum(result, truth)), 0.5 * 8 / (8 * 5 * 2), places=6)
        self.assertEqual(float(spectrum(truth, truth)), 0.0)
