import unittest

import torch

from ..optimizer import Muon, Optimizers, orthogonalized


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

    def test_vectors_learn_at_their_own_rate(self):
        moved = []
        for vector_rate in (1.0, 5.0):
            kernel, bias = (torch.nn.Parameter(torch.ones(shape)) for shape in ((3, 3), (3,)))
            optimizers = Optimizers([kernel, bias], 0.1, vector_rate)
            optimizers.set_learning_rate(0.01)
            optimizers.step((kernel.square().sum() + bias.square().sum()))
            moved.append([float((1.0 - p).abs().max()) for p in (kernel, bias)])
        (kernel_before, bias_before), (kernel_after, bias_after) = moved
        self.assertEqual(kernel_before, kernel_after)
        self.assertAlmostEqual(bias_after, 5.0 * bias_before, places=5)

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
