import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from ..render_text import (LAYOUTS, PAGE, FontError, choose_fonts, installed_fonts, main,
                           render_page)
from ..words import Words, is_held_out


class WordsTest(unittest.TestCase):
    def test_the_vocabularies_are_disjoint(self):
        for held_out in (False, True):
            words = Words(np.random.default_rng(1), held_out)
            drawn = {words.word() for _ in range(300)}
            self.assertGreater(len(drawn), 200)
            self.assertEqual({is_held_out(word) for word in drawn}, {held_out})

    def test_letters_are_all_there(self):
        words = Words(np.random.default_rng(1), False)
        letters = set(''.join(words.sentence() for _ in range(300)).lower())
        self.assertEqual(set('abcdefghijklmnopqrstuvwxyz') - letters, set())


class RenderTextTest(unittest.TestCase):
    def fonts(self, held_out=False):
        try:
            return choose_fonts(held_out, installed_fonts())
        except FontError as error:
            self.skipTest(str(error))

    def test_pages_repeat(self):
        fonts = self.fonts()
        page, again = (np.asarray(render_page(3, 1, False, fonts)) for _ in range(2))
        np.testing.assert_array_equal(page, again)
        for number, seed in ((8, 1), (3, 2)):
            other = np.asarray(render_page(number, seed, False, fonts))
            self.assertTrue((page != other).any())

    def test_every_layout_shows_smooth_letters(self):
        fonts = self.fonts()
        for number in range(len(LAYOUTS)):
            page = render_page(number, 1, False, fonts)
            self.assertEqual((page.size, page.mode), (PAGE, 'RGB'))
            grey = np.asarray(page.convert('L')).astype(int)
            self.assertGreater(np.ptp(grey), 120)
            self.assertGreater(len(np.unique(grey)), 20)  # between ink and paper
            self.assertGreater((np.abs(np.diff(grey, axis=1)) > 60).mean(), 0.005)

    def test_both_themes_occur(self):
        fonts = self.fonts()
        papers = [np.median(np.asarray(render_page(n, 1, False, fonts))) > 128 for n in range(15)]
        self.assertEqual(set(papers), {False, True})

    def test_typefaces_are_not_shared(self):
        text, code = self.fonts()
        held_text, held_code = self.fonts(held_out=True)
        self.assertEqual(set(text + code) & set(held_text + held_code), set())

    def test_missing_fonts_are_named(self):
        with self.assertRaisesRegex(FontError, 'DejaVuSerif.*apt-get install'):
            choose_fonts(True, {})

    def test_command_writes_pages(self):
        self.fonts(held_out=True)
        with tempfile.TemporaryDirectory() as root, contextlib.redirect_stdout(io.StringIO()):
            folder = Path(root) / 'made' / 'pages'
            arguments = ['--output', str(folder), '--count', '2', '--seed', '5', '--held-out']
            self.assertEqual(main(arguments), 0)
            names = sorted(path.name for path in folder.iterdir())
            self.assertEqual(names, ['page0000.png', 'page0001.png'])
            with Image.open(folder / names[1]) as page:
                expected = render_page(1, 5, True, self.fonts(held_out=True))
                np.testing.assert_array_equal(np.asarray(page), np.asarray(expected))

    def test_wrong_use_is_named(self):
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            self.assertEqual(main(['--output', '/nowhere', '--count', '0']), 2)
        self.assertIn('--count must be at least 1', stderr.getvalue())
