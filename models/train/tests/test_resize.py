import unittest

import numpy as np

from ..resize import resize, resize_uint8, to_uint8

# The a = -0.5 cubic at distances 0.25, 0.75, 1.25 and 1.75: exact in binary.
CUBIC = [0.8671875, 0.2265625, -0.0703125, -0.0234375]


def column(values):
    return np.asarray(values, np.float64).reshape(-1, 1, 1).repeat(4, axis=1)


class ResizeTest(unittest.TestCase):
    def test_halving_widens_the_kernel(self):
        impulse = column(np.eye(1, 16, 8)[0])
        result = resize(impulse, 0.5)[:, 0, 0]
        # Output pixel i is centred on 2i + 0.5, so the impulse at 8 is 0.5 from outputs 4 and so on.
        expected = np.zeros(8)
        expected[[4, 3, 5, 2]] = [CUBIC[0] / 2, CUBIC[1] / 2, CUBIC[2] / 2, CUBIC[3] / 2]
        np.testing.assert_allclose(result, expected, atol=1e-15)

    def test_doubling_does_not_widen_the_kernel(self):
        impulse = column(np.eye(1, 9, 4)[0])
        result = resize(impulse, 2)[:, 0, 0]
        expected = np.zeros(18)
        expected[5:13] = [CUBIC[3], CUBIC[2], CUBIC[1], CUBIC[0]] + CUBIC
        np.testing.assert_allclose(result, expected, atol=1e-15)

    def test_border_is_mirrored_with_the_edge_pixel_repeated(self):
        ramp = column([10.0, 20, 30, 40, 50, 60, 70, 80])
        mirrored = column([40.0, 30, 20, 10, 10, 20, 30, 40, 50, 60, 70, 80, 80, 70, 60, 50])
        np.testing.assert_allclose(resize(ramp, 0.5), resize(mirrored, 0.5)[2:6], atol=1e-12)

    def test_keeps_constants_and_inner_ramps(self):
        np.testing.assert_allclose(resize(np.full((7, 5, 3), 91.0), 1 / 3), 91.0)
        ramp = resize(column(np.arange(40.0)), 0.25)[2:-2, 0, 0]
        np.testing.assert_allclose(ramp, np.arange(10.0)[2:-2] * 4 + 1.5)

    def test_size_is_rounded_up(self):
        self.assertEqual(resize(np.zeros((7, 9, 3)), 0.5).shape, (4, 5, 3))
        self.assertEqual(resize(np.zeros((1, 1, 3)), 0.25).shape, (1, 1, 3))

    def test_rounds_halves_up_and_clamps(self):
        np.testing.assert_array_equal(
            to_uint8(np.array([-3.0, 0.49, 0.5, 1.5, 2.5, 254.6, 300.0])),
            [0, 0, 1, 2, 3, 255, 255])

    def test_single_precision_agrees_after_rounding_to_one_level(self):
        image = np.random.default_rng(0).integers(0, 256, (33, 41, 3), np.uint8)
        single = resize_uint8(image, 1 / 3, np.float32).astype(int)
        self.assertLessEqual(np.abs(single - resize_uint8(image, 1 / 3)).max(), 1)

    def test_grey_array_is_refused(self):
        with self.assertRaisesRegex(ValueError, r'\(H, W, C\)'):
            resize(np.zeros((4, 4)), 2)
