import dataclasses
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
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

    def test_damaged_patches_are_aligned_and_repeat(self):
        # Large enough that a patch has room for its margin.
        write_pictures(self.root / 'train' / 'large', height=120, width=132)
        config = dataclasses.replace(self.config.data, folders=('large',))
        folder = self.build(data_config=config)
        source, again = PatchSource(folder, 'web'), PatchSource(folder, 'web')
        low, high = source.batch(1, 3, 16, 12)
        self.assertEqual((low.shape, high.shape), ((16, 3, 12, 12), (16, 3, 24, 24)))
        self.assertTrue(torch.equal(low, again.batch(1, 3, 16, 12)[0]))
        self.assertFalse(torch.equal(low, PatchSource(folder).batch(1, 3, 16, 12)[0]))
        # A shift of one small pixel in any direction must fit worse.
        reduced = high.view(16, 3, 12, 2, 12, 2).mean(dim=(3, 5))
        error = lambda dy, dx: float((low[:, :, 1:-1, 1:-1] - torch.roll(
            reduced, (dy, dx), (2, 3))[:, :, 1:-1, 1:-1]).square().mean())
        for shift in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            self.assertLess(error(0, 0), 0.5 * error(*shift))

    def test_held_out_images_are_damaged_alike_in_every_run(self):
        folder = self.build()
        clean = list(PatchSource(folder).held_out())
        damaged = list(PatchSource(folder, 'web').held_out())
        again = list(PatchSource(folder, 'web').held_out())
        self.assertEqual(len(damaged), len(clean))
        for (low, high), (bad, same), (bad_again, _) in zip(clean, damaged, again):
            self.assertEqual(low.shape, bad.shape)
            self.assertTrue((high == same).all() and (bad == bad_again).all())
            self.assertTrue((low != bad).any())

    def test_one_cache_serves_what_is_done_to_patches(self):
        for change in ({'degradation': 'web'}, {'candidates': 3}):
            changed = dataclasses.replace(self.config.data, **change)
            self.assertEqual(self.build(), self.build(data_config=changed))

    def test_a_folder_gets_its_share(self):
        folder = self.root / 'train' / 'dark'
        folder.mkdir()
        for i in range(2):
            Image.fromarray(np.zeros((30, 30, 3), np.uint8)).save(folder / f'{i}.png')
        config = dataclasses.replace(
            self.config.data, folders=(FOLDER, 'dark'), shares={'dark': 0.75})
        source = PatchSource(self.build(data_config=config), shares=config.shares)
        low, _ = source.batch(1, 0, 400, 12)
        dark = float((low.flatten(1).amax(1) == 0).float().mean())
        self.assertAlmostEqual(dark, 0.75, delta=0.07)

    def test_of_several_candidates_the_most_detailed_is_taken(self):
        folder = self.root / 'train' / 'flat'
        folder.mkdir()
        Image.fromarray(np.full((30, 30, 3), 99, np.uint8)).save(folder / 'flat.png')
        data = dataclasses.replace(self.config.data, folders=(FOLDER, 'flat'), shares={'flat': 0.5})
        cache = self.build(data_config=data)
        for candidates, wanted in ((1, 1 / 2), (2, 1 / 4), (4, 1 / 16)):
            source = PatchSource(cache, shares=data.shares, candidates=candidates)
            _, high = source.batch(1, 0, 400, 12)
            flat = float((high.flatten(1).std(1) == 0).float().mean())
            self.assertAlmostEqual(flat, wanted, delta=0.07)

    def test_a_share_without_images_is_named(self):
        config = dataclasses.replace(self.config.data, shares={FOLDER: 0.5})
        folder = self.build(data_config=config)
        with self.assertRaisesRegex(DataError, 'share'):
            PatchSource(folder, shares={'absent': 0.5})

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
