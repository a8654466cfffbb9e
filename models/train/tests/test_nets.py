import unittest

import torch
import torch.nn.functional as F

from ..nets import (
    CollapsibleConv, Ema, PRelu, TrainableNet, anchor, parameter_count, run_plain, value_range)


class NetsTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def test_collapsed_block_equals_its_branches(self):
        for inputs, outputs in ((3, 8), (8, 8), (8, 12)):
            block = CollapsibleConv(inputs, outputs, 20).double()
            x = torch.randn(2, inputs, 9, 7, dtype=torch.float64)
            collapsed = F.conv2d(x, *block.collapse(), padding=1)
            torch.testing.assert_close(collapsed, block(x), rtol=0, atol=1e-12)

    def test_anchor_is_nearest_upsampling(self):
        x = torch.rand(1, 3, 4, 5)
        for scale in (2, 3, 4):
            upsampled = F.interpolate(x, scale_factor=scale, mode='nearest')
            self.assertTrue(torch.equal(F.pixel_shuffle(anchor(x, scale), scale), upsampled))

    def test_prelu_has_the_gradients_of_torch(self):
        x = torch.randn(2, 5, 4, 3, dtype=torch.float64, requires_grad=True)
        slope = torch.rand(5, dtype=torch.float64, requires_grad=True)
        gradient = torch.randn(2, 5, 4, 3, dtype=torch.float64)
        own, wanted = PRelu.apply(x, slope), F.prelu(x, slope)
        self.assertTrue(torch.equal(own, wanted))
        pairs = zip(torch.autograd.grad(own, (x, slope), gradient),
                    torch.autograd.grad(wanted, (x, slope), gradient))
        for mine, its in pairs:
            torch.testing.assert_close(mine, its)

    def test_range_has_the_gradient_of_its_ends(self):
        y = torch.randn(2, 4, 5, 3, requires_grad=True)
        value_range(y).backward()
        expected = torch.zeros_like(y).flatten()
        expected[y.argmax()], expected[y.argmin()] = 1.0, -1.0
        self.assertTrue(torch.equal(y.grad.flatten(), expected))
        self.assertEqual(float(value_range(y)), float(y.amax() - y.amin()))

    def test_bfloat16_leaves_the_anchor_exact(self):
        x = torch.rand(1, 3, 6, 5)
        weights = TrainableNet(8, 1, 0, 2).collapse()
        *body, (kernel, bias, _) = weights
        still = [*body, (torch.zeros_like(kernel), torch.zeros_like(bias), None)]
        result = run_plain(x, still, 2, dtype=torch.bfloat16)
        self.assertTrue(torch.equal(result, F.interpolate(x, scale_factor=2, mode='nearest')))

    def test_default_size(self):
        weights = TrainableNet(32, 4, 64, 2).collapse()
        self.assertEqual(parameter_count(weights), 41516)

    def test_receptive_field(self):
        for tail_kernel, first, last in ((3, 6, 18), (1, 7, 17)):
            net = TrainableNet(8, 4, 8, 2, tail_kernel)
            x = torch.rand(1, 3, 25, 25, requires_grad=True)
            net(x)[0, :, 24, 24].sum().backward()  # of low-resolution pixel 12, 12
            touched = x.grad[0].abs().sum(0) > 0
            rows, columns = touched.any(1).nonzero().flatten(), touched.any(0).nonzero().flatten()
            self.assertEqual([rows[0], rows[-1], columns[0], columns[-1]],
                             [first, last, first, last])

    def test_forward_is_the_collapsed_network(self):
        net = TrainableNet(8, 2, 8, 3)
        x = torch.rand(1, 3, 6, 5)
        self.assertEqual(net(x).shape, (1, 3, 18, 15))
        self.assertTrue(torch.equal(net(x), run_plain(x, net.collapse(), 3)))

    def test_trained_network_is_taken_over(self):
        parent = TrainableNet(8, 2, 0, 2)
        x = torch.rand(1, 3, 6, 5)
        same = TrainableNet(8, 2, 8, 2)
        same.start_from(parent.collapse())
        torch.testing.assert_close(same(x), parent(x))
        other = TrainableNet(8, 2, 8, 3)
        last = other.convs[-1].collapse()[0].clone()
        other.start_from(parent.collapse())
        for mine, its in zip(other.collapse()[:-1], parent.collapse()):
            torch.testing.assert_close(mine, its)
        self.assertTrue(torch.equal(other.convs[-1].collapse()[0], last))

    def test_smaller_network_grows(self):
        parent = TrainableNet(8, 2, 0, 2)
        x = torch.rand(1, 3, 6, 5)
        for expansion in (0, 8):
            grown = TrainableNet(12, 4, expansion, 2)
            grown.start_from(parent.collapse())
            torch.testing.assert_close(grown(x), parent(x))
            grown(x).square().mean().backward()
            last = grown.convs[-1].direct.weight.grad
            self.assertGreater(float(last[:, 8:].abs().max()), 0.0)  # new channels can be learned
        with self.assertRaisesRegex(ValueError, 'larger'):
            parent.start_from(grown.collapse())

    def test_average_follows_the_weights(self):
        ema = Ema(0.5)
        for value in (0.0, 1.0, 1.0):
            ema.update([(torch.full((2,), value), torch.zeros(1), None)])
        # Ramp of the decay: 3/12 at the second update, 4/13 at the third.
        expected = 1 - (1 - 0.75) * 4 / 13
        torch.testing.assert_close(ema.weights[0][0], torch.full((2,), expected))
        self.assertIsNone(ema.weights[0][2])
