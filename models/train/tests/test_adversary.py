import unittest

import torch

from ..adversary import Adversary
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
