import unittest

import torch

from ..optimizer import Muon, orthogonalized


class OptimizerTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def test_steps_have_singular_values_near_one(self):
        for shape in ((8, 27), (27, 8), (16, 16)):
            for spread in (1.0, 0.05):
                matrix = torch.randn(shape)
                u, _, v = torch.linalg.svd(matrix, full_matrices=False)
                matrix = u @ torch.diag(torch.linspace(spread, 1.0, min(shape))) @ v
                values = torch.linalg.svdvals(orthogonalized(matrix))
                self.assertGreater(float(values.min()), 0.5)
                self.assertLess(float(values.max()), 1.3)

    def test_badly_scaled_directions_learn_alike(self):
        inputs = torch.randn(200, 12) * torch.logspace(-1, 0, 12)
        truth = torch.randn(6, 12)
        weights = torch.nn.Parameter(torch.zeros(6, 12))
        optimizer = Muon([weights], 0.05)
        for _ in range(600):
            optimizer.zero_grad()
            (inputs @ (weights - truth).T).square().mean().backward()
            optimizer.step()
        self.assertLess(float((weights - truth).abs().max()), 0.2)
