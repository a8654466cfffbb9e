import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from ..__main__ import CONFIGS, main
from ..config import load_config
from ..data import open_patches
from ..smoke import write_data, write_recipe


class MainTest(unittest.TestCase):
    def test_wrong_use_is_named(self):
        for arguments, message in (
                (['photo-x2-small'], '--data DIR is missing'),
                (['photo-x2-small', '--smoke'], 'give --output DIR'),
                (['photo-x2-small', '--smoke', '--output', 'x', '--data', 'y'], 'no --data'),
                (['photo-x9', '--data', 'y'], 'photo-x2-small')):
            with self.subTest(arguments), contextlib.redirect_stderr(io.StringIO()) as stderr:
                with self.assertRaises(SystemExit) as failure:
                    main(arguments)
                self.assertEqual(failure.exception.code, 2)
                self.assertIn(message, stderr.getvalue())

    def test_the_trial_of_a_recipe_has_its_network_and_its_damage(self):
        recipe = CONFIGS / 'restore-x2.toml'
        whole = load_config(recipe)
        with tempfile.TemporaryDirectory() as root:
            shorter = load_config(write_recipe(recipe, root))
            self.assertEqual((shorter.net, shorter.data), (whole.net, whole.data))
            self.assertLess(shorter.training.iterations, 100)
            self.assertIn('of no use', shorter.data_statement)
            source = open_patches(shorter, write_data(recipe, Path(root) / 'data'), root)
            self.assertEqual(source.degradation, 'web')
            self.assertEqual(source.images, 2 * len(whole.data.folders))
