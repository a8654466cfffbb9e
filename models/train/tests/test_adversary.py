import unittest

import torch

from ..adversary import VIEW_STEPS, Adversary, view
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

    def test_views_are_alike_in_size_and_begin_where_they_are_told(self):
        self.assertTrue(torch.equal(view(self.truth, (3, 5)), self.truth[..., 3:43, 5:45]))
        last = VIEW_STEPS - 1
        self.assertEqual(view(self.truth, (last, last)).shape, view(self.truth, (0, 0)).shape)
