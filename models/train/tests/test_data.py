import dataclasses
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from ..data import DataError, PatchSource, build_cache, list_images, read_rgb, reduce_photo
from ..resize import resize
from .synthetic import FOLDER, small_config, write_pictures


class DataTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        write_pictures(self.root / 'train' / FOLDER)
        self.config = small_config()

    def build(self, **arguments):
        values = dict(scale=2, patch=12, data_config=self.config.data)
        values.update(arguments)
        return build_cache(self.root, self.root / 'cache', **values)

    def test_patches_are_aligned(self):
        low, high = PatchSource(self.build()).batch(seed=1, iteration=0, batch=8, patch=12)
        self.assertEqual((low.shape, high.shape), ((8, 3, 12, 12), (8, 3, 24, 24)))
        for low_patch, high_patch in zip(low.numpy(), high.numpy()):
            reduced = resize(high_patch.transpose(1, 2, 0).astype(np.float64), 0.5)
            # Inside, where the patch's own borders do not matter, only 8-bit rounding differs.
            difference = np.abs(reduced.clip(0, 1).transpose(2, 0, 1) - low_patch)[:, 2:-2, 2:-2]
            self.assertLess(difference.max() * 255, 0.51)

    def test_batches_depend_on_seed_and_iteration_only(self):
        folder = self.build()
        first, second = PatchSource(folder), PatchSource(folder)
        first.batch(1, 0, 4, 12)
        a, b = first.batch(1, 7, 4, 12)[0], second.batch(1, 7, 4, 12)[0]
        self.assertTrue(bool((a == b).all()))
        self.assertFalse(bool((a == first.batch(1, 8, 4, 12)[0]).all()))
        self.assertFalse(bool((a == first.batch(2, 7, 4, 12)[0]).all()))

    def test_cache_is_used_again_and_an_unfinished_one_is_rebuilt(self):
        reports = []
        folder = self.build(report=reports.append)
        count = len(reports)
        self.assertEqual(self.build(report=reports.append), folder)
        self.assertEqual(len(reports), count)
        (folder / 'index.json').unlink()
        self.assertEqual(self.build(report=reports.append), folder)
        self.assertEqual(len(reports), 2 * count)
        self.assertNotEqual(self.build(patch=13), folder)

    def test_small_images_are_left_out(self):
        Image.fromarray(np.zeros((10, 90, 3), np.uint8)).save(
            self.root / 'train' / FOLDER / 'small.png')
        reports = []
        self.assertEqual(PatchSource(self.build(report=reports.append)).images, 3)
        self.assertIn('1 smaller', reports[-1])
        with self.assertRaisesRegex(DataError, 'at least 200'):
            self.build(patch=100)

    def test_missing_data_is_named(self):
        config = dataclasses.replace(self.config.data, folders=('absent',))
        with self.assertRaisesRegex(DataError, 'absent.*--data'):
            self.build(data_config=config)
        (self.root / 'empty').mkdir()
        with self.assertRaisesRegex(DataError, 'no images'):
            list_images(self.root / 'empty')

    def test_large_photos_are_reduced_by_a_whole_factor(self):
        photo = np.zeros((40, 300, 3), np.uint8)
        self.assertIs(reduce_photo(photo, 301, 100), photo)
        self.assertEqual(reduce_photo(photo, 300, 100).shape, (14, 100, 3))
        self.assertEqual(reduce_photo(photo, 300, 280).shape, (20, 150, 3))

    def test_grey_images_become_rgb(self):
        path = self.root / 'grey.png'
        Image.fromarray(np.full((3, 4), 77, np.uint8)).save(path)
        self.assertTrue((read_rgb(path) == 77).all())
        self.assertEqual(read_rgb(path).shape, (3, 4, 3))
