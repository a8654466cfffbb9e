import shutil
import tempfile
import unittest
from pathlib import Path

from ..config import ConfigError, load_config

RECIPES = Path(__file__).parents[1] / 'configs'


class ConfigTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.path = Path(temporary.name) / 'recipe.toml'
        shutil.copytree(RECIPES / 'shared', self.path.parent / 'shared')
        self.text = (RECIPES / 'photo-x2-small.toml').read_text(encoding='utf-8')

    def load_changed(self, old, new):
        self.assertIn(old, self.text)
        self.path.write_text(self.text.replace(old, new), encoding='utf-8')
        return load_config(self.path)

    def test_shipped_recipes_load(self):
        for path in RECIPES.glob('*.toml'):
            self.assertEqual(load_config(path).name, path.stem)

    def test_mistakes_are_named(self):
        for old, new, message in (
                ('iterations = ', 'iteration = ', 'unknown key "iteration"'),
                ('scale = 2', '', '"scale" is missing'),
                ('channels = 32', 'channels = "32"', '"channels" must be of type int'),
                ('iterations = ', 'fall = 0.0\niterations = ', '"fall" must be above 0'),
                ('iterations = ', 'noise = 1.5\niterations = ', '"noise" must be within 0..1'),
                ('iterations = ', 'vector_rate = 0.0\niterations = ', '"vector_rate" must be above 0'),
                ('scale = 2', 'scale = ', 'not valid TOML')):
            with self.subTest(new), self.assertRaisesRegex(ConfigError, message):
                self.load_changed(old, new)

    def test_wrong_data_is_named(self):
        for added, message in (
                ('degradation = "rain"', 'must be one of bicubic, web'),
                ('candidates = 0', 'at least 1'),
                ('shares = { absent = 0.5 }', 'names absent'),
                ('shares = { T91 = 1.0 }', 'leave a rest'),
                ('shares = { T91 = -0.5 }', 'above 0')):
            with self.subTest(added), self.assertRaisesRegex(ConfigError, message):
                self.load_changed('[net]', f'[data]\n{added}\n\n[net]')

    def test_a_base_has_a_base_of_its_own(self):
        self.path.write_text(self.text, encoding='utf-8')
        shorter = self.path.parent / 'shorter.toml'
        shorter.write_text('base = "recipe.toml"\n[training]\niterations = 7\n', encoding='utf-8')
        config, whole = load_config(shorter), load_config(self.path)
        self.assertEqual((config.training.iterations, config.data), (7, whole.data))
        self.assertEqual(config.net, whole.net)

    def test_missing_file_is_named(self):
        with self.assertRaisesRegex(ConfigError, 'cannot read .*recipe.toml'):
            load_config(self.path)
