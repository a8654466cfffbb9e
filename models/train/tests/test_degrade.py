import math
import unittest

import numpy as np

from ..degrade import (DAMAGES, FILTERS, add_gaussian, add_poisson, degrade, gaussian_blur, reduce_by,
                       through_jpeg)
from ..resize import resize
from .synthetic import picture


class DegradeTest(unittest.TestCase):
    def test_blur_has_its_deviations_along_its_axes(self):
        dot = np.zeros((41, 41, 3), np.uint8)
        dot[20, 20] = 255
        y, x = np.mgrid[-20:21, -20:21]
        for angle, expected in ((0.0, (4.0, 2.25)), (math.pi / 2, (2.25, 4.0))):
            spread = gaussian_blur(np.clip(dot, 0, 255), (2.0, 1.5), angle)[:, :, 0].astype(float)
            variances = [(spread * axis**2).sum() / spread.sum() for axis in (x, y)]
            np.testing.assert_allclose(variances, expected, rtol=0.15)  # 8 bits cut the tails

    def test_blur_mirrors_at_the_borders(self):
        flat = np.full((11, 14, 3), 200, np.uint8)
        self.assertTrue((gaussian_blur(flat, (1.2, 0.4), 0.7) == 200).all())
        # Nothing from the opposite side, as a spectrum would have it without a border.
        half = np.zeros((16, 32, 3), np.uint8)
        half[:, 16:] = 255
        blurred = gaussian_blur(half, (1.0, 1.0), 0.0)
        self.assertEqual((blurred[:, 0].max(), blurred[:, -1].min()), (0, 255))

    def test_filters_reduce(self):
        image = picture(24, 36, 1)
        for scale in (2, 3, 4):
            for kind in FILTERS:
                small = reduce_by(image, scale, kind)
                self.assertEqual(small.shape, (24 // scale, 36 // scale, 3))
            box = image.reshape(24 // scale, scale, 36 // scale, scale, 3).mean(axis=(1, 3))
            self.assertLessEqual(np.abs(reduce_by(image, scale, 'box') - box).max(), 0.6)
            exact = resize(image, 1 / scale)
            self.assertLess(np.abs(reduce_by(image, scale, 'bicubic') - exact).max(), 0.01)
        with self.assertRaisesRegex(ValueError, 'nearest'):
            reduce_by(image, 2, 'nearest')

    def test_noise_has_its_deviation(self):
        rng = np.random.default_rng(1)
        for level in (60.0, 255.0):
            flat = np.full((90, 90, 3), level, np.float32)
            gaussian = add_gaussian(flat, 7.0, False, rng) - level
            poisson = add_poisson(flat, 7.0, False, rng) - level
            self.assertAlmostEqual(float(gaussian.std()), 7.0, delta=0.2)
            self.assertAlmostEqual(float(poisson.std()), 7.0 * math.sqrt(level / 255), delta=0.2)
            self.assertLess(abs(float(poisson.mean())), 0.2)
        for add in (add_gaussian, add_poisson):
            grey = add(flat, 7.0, True, rng) - flat
            self.assertLess(np.ptp(grey, axis=2).max(), 1e-3)

    def test_jpeg_quality_matters(self):
        image = picture(40, 40, 1)
        errors = [np.abs(through_jpeg(image, q).astype(int) - image).mean() for q in (40, 95)]
        self.assertGreater(errors[0], 1.5 * errors[1])

    def test_damage_depends_on_the_generator_only(self):
        image = picture(48, 64, 1)
        first, again, other = (degrade(image, 2, np.random.default_rng(s)) for s in (5, 5, 6))
        self.assertEqual((first.shape, first.dtype), ((24, 32, 3), np.uint8))
        np.testing.assert_array_equal(first, again)
        self.assertTrue((first != other).any())

    def test_narrow_damage_goes_less_far_and_spares_fewer(self):
        image = np.kron(picture(8, 8, 1), np.ones((12, 12, 1), np.uint8))
        clean = resize(image, 0.5)

        def errors(name):
            return [np.abs(degrade(image, 2, np.random.default_rng(s), DAMAGES[name]) - clean).mean()
                    for s in range(100)]

        narrow, wide = (np.percentile(errors(name), (10, 99)) for name in ('narrow-web', 'web'))
        self.assertGreater(narrow[0], wide[0])
        self.assertLess(narrow[1], wide[1])

    def test_damage_is_moderate_and_varied(self):
        image = np.kron(picture(8, 8, 1), np.ones((12, 12, 1), np.uint8))  # few edges, as in photos
        clean = resize(image, 0.5)
        errors = [np.sqrt(np.mean((degrade(image, 2, np.random.default_rng(s)) - clean)**2))
                  for s in range(60)]
        self.assertLess(min(errors), 4.0)
        self.assertGreater(max(errors), 10.0)
        self.assertLess(np.median(errors), 25.0)
