import unittest

import torch

from ..adversary import Adversary, view
from .synthetic import picture, small_config


class AdversaryTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.adversary = Adversary(small_config(adversarial=1).adversarial)
        truth = torch.from_numpy(picture(48, 48, 1)).permute(2, 0, 1)[None].float() / 255
        self.truth = truth
        self.blurred = torch.nn.functional.avg_pool2d(truth, 5, 1, 2)

    def test_it_learns_what_is_true(self):
        for _ in range(60):
            self.adversary.learn(self.blurred, self.truth)
        opinion = [float(self.adversary.discriminator(image)[0].mean())
                   for image in (self.truth, self.blurred)]
        self.assertGreater(opinion[0], opinion[1] + 1.0)
        self.assertGreater(float(self.adversary.loss(self.blurred, self.truth)),
                           float(self.adversary.loss(self.truth, self.truth)))

    def test_the_network_learns_and_the_discriminator_does_not_from_its_loss(self):
        result = self.blurred.clone().requires_grad_()
        self.adversary.loss(result, self.truth).backward()
        self.assertGreater(float(result.grad.abs().max()), 0.0)
        for parameter in self.adversary.discriminator.parameters():
            self.assertIsNone(parameter.grad)

    def test_views_are_windows_of_half_the_sides(self):
        seen = set()
        for seed in range(40):
            window = view(self.truth, torch.Generator().manual_seed(seed))
            self.assertEqual(window.shape[-2:], (24, 24))
            self.assertTrue(torch.equal(
                window, view(self.truth, torch.Generator().manual_seed(seed))))
            seen.add(window.storage_offset() % 8)
        self.assertEqual(seen, set(range(8)))

    def test_it_does_not_see_colours_of_the_same_mean(self):
        discriminator = self.adversary.discriminator.eval()  # else each look evens out its kernels
        other = self.truth.clone()
        other[:, 0] += 0.1
        other[:, 1] -= 0.1
        opinions = [discriminator(image)[0] for image in (self.truth, other)]
        self.assertTrue(torch.allclose(*opinions, atol=1e-6))
        self.assertFalse(torch.allclose(opinions[0], discriminator(self.blurred)[0], atol=1e-6))
