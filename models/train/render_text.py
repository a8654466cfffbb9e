"""Renders pages of made-up text: python3 -m models.train.render_text --output DIR --count N --seed S

Documents, program code, panels of an interface, tables and sheets of numbers, light and dark, in
several sizes. The same seed, Pillow and fonts give the same pages. Held-out pages, for measuring,
have words and a typeface that pages for training never show.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .command import reports
from .words import Words

PAGE = (960, 720)
SIZES = (9, 28)  # of the letters, in pixels
# One page in three is drawn large and reduced: letters between pixels, as on dense screens.
SOFT_CHANCE = 1 / 3
SOFT_FACTOR = 3

FONT_FOLDERS = ('/usr/share/fonts', '/usr/local/share/fonts')
TRAINING_FONTS = (
    'DejaVuSans', 'DejaVuSans-Bold', 'DejaVuSans-Oblique', 'DejaVuSansCondensed',
    'DejaVuSansCondensed-Bold', 'LiberationSans-Regular', 'LiberationSans-Bold',
    'LiberationSansNarrow-Regular', 'LiberationSerif-Regular', 'LiberationSerif-Bold',
    'LiberationSerif-Italic')
TRAINING_CODE_FONTS = (
    'DejaVuSansMono', 'DejaVuSansMono-Bold', 'LiberationMono-Regular', 'LiberationMono-Bold')
# Without a second monospaced family on every system, code is held out in this one as well.
HELD_OUT_FONTS = ('DejaVuSerif', 'DejaVuSerif-Bold')

KEYWORDS = ('if', 'else', 'for', 'while', 'return', 'def', 'const', 'let', 'class', 'import')


class FontError(Exception):
    """No usable font on this system."""


def installed_fonts(folders=FONT_FOLDERS):
    """Name without extension -> path."""
    return {path.stem: path for folder in folders for path in sorted(Path(folder).rglob('*.ttf'))}


def choose_fonts(held_out, installed):
    """(paths for text, paths for code)."""
    text = HELD_OUT_FONTS if held_out else TRAINING_FONTS
    code = HELD_OUT_FONTS if held_out else TRAINING_CODE_FONTS
    found = [[str(installed[name]) for name in names if name in installed]
             for names in (text, code)]
    if not all(found):
        raise FontError(f'none of these fonts is installed: {", ".join(text + code)} '
                        '(Debian: apt-get install fonts-dejavu fonts-liberation)')
    return found


class Page:
    """One page while it is drawn. Lengths are those of the finished page."""

    def __init__(self, rng, fonts, held_out):
        self.rng, self.words = rng, Words(rng, held_out)
        self.text_fonts, self.code_fonts = fonts
        self.factor = SOFT_FACTOR if rng.random() < SOFT_CHANCE else 1
        self._choose_colours()
        size = tuple(side * self.factor for side in PAGE)
        self.image = Image.new('RGB', size, self.paper)
        self.draw = ImageDraw.Draw(self.image)

    def _choose_colours(self):
        dark = self.rng.random() < 0.4
        tint = self.rng.integers(0, 40, 3)
        self.paper = tuple(int(t) if dark else 255 - int(t) // 3 for t in tint)
        shade = self.rng.integers(0, 70, 3)
        self.ink = tuple(255 - int(s) if dark else int(s) for s in shade)
        self.soft = tuple((2 * p + i) // 3 for p, i in zip(self.paper, self.ink))
        self.accents = [tuple(int(c) for c in self.rng.integers(90, 256, 3)) if dark
                        else tuple(int(c) for c in self.rng.integers(0, 170, 3)) for _ in range(4)]

    def accent(self):
        return self.accents[self.rng.integers(len(self.accents))]

    def font(self, size=None, code=False):
        size = int(self.rng.integers(SIZES[0], SIZES[1] + 1)) if size is None else size
        paths = self.code_fonts if code else self.text_fonts
        path = paths[self.rng.integers(len(paths))]
        return ImageFont.truetype(path, size * self.factor, layout_engine=ImageFont.Layout.BASIC)

    def write(self, x, y, text, font, colour=None):
        self.draw.text((round(x * self.factor), round(y * self.factor)), text,
                       fill=colour or self.ink, font=font)

    def width(self, text, font):
        return font.getlength(text) / self.factor

    def box(self, left, top, right, bottom, fill=None, outline=None):
        corners = [round(v * self.factor) for v in (left, top, right, bottom)]
        self.draw.rectangle(corners, fill=fill, outline=outline, width=self.factor)

    def paragraph(self, left, top, right, font, size, lines):
        """Sentences, broken into lines; returns where the next thing can stand."""
        words, y = [], top
        for _ in range(lines):
            line = ''
            while True:
                words = words or self.words.sentence().split()
                longer = f'{line} {words[0]}'.strip()
                if line and self.width(longer, font) > right - left:
                    break
                line = longer
                words.pop(0)
            self.write(left, y, line, font)
            y += size * 1.35
        return y + size * 0.6

    def finished(self):
        return self.image if self.factor == 1 else self.image.resize(PAGE, Image.Resampling.BOX)


def draw_document(page):
    columns = int(page.rng.integers(1, 4))
    width = PAGE[0] / columns
    for column in range(columns):
        y = 12.0
        while y < PAGE[1]:
            size = int(page.rng.integers(SIZES[0], 20))
            left, right = column * width + 14, (column + 1) * width - 10
            if page.rng.random() < 0.35:
                heading = int(page.rng.integers(size, SIZES[1] + 1))
                page.write(left, y, page.words.label(), page.font(heading), page.accent())
                y += heading * 1.6
            y = page.paragraph(left, y, right, page.font(size), size,
                               int(page.rng.integers(2, 9)))


def code_line(words, rng):
    """(text, kind) parts of one line: keywords, names, literals."""
    def name():
        return (words.identifier(), 'name')

    literal = (words.number(), 'literal') if rng.random() < 0.5 else (f'"{words.word()}"', 'literal')
    keyword = (str(rng.choice(KEYWORDS)), 'keyword')
    forms = (
        lambda: [keyword, (' ', ''), name(), (' = ', ''), name(), ('(', ''), literal, (');', '')],
        lambda: [name(), ('.', ''), name(), ('[', ''), literal, ('] += ', ''), name()],
        lambda: [keyword, (' (', ''), name(), (' >= ', ''), literal, (') {', '')],
        lambda: [('// ' + words.sentence(), 'comment')],
        lambda: [('}', '')])
    return forms[rng.integers(len(forms))]()


def draw_code(page):
    size = int(page.rng.integers(SIZES[0], 22))
    font = page.font(size, code=True)
    colours = {'keyword': page.accents[0], 'name': page.ink, 'literal': page.accents[1],
               'comment': page.accents[2]}
    indent = 0
    for number, y in enumerate(np.arange(8, PAGE[1], size * 1.4), 1):
        page.write(6, y, f'{number:>4}', font, page.soft)
        x = 6 + page.width('00000  ' + '  ' * indent, font)
        for text, kind in code_line(page.words, page.rng):
            page.write(x, y, text, font, colours.get(kind, page.ink))
            x += page.width(text, font)
        indent = int(np.clip(indent + page.rng.integers(-1, 2), 0, 6))


def draw_panel(page):
    """Boxes with a title, labels, buttons and fields."""
    columns, rows = int(page.rng.integers(2, 5)), int(page.rng.integers(2, 4))
    width, height = PAGE[0] / columns, PAGE[1] / rows
    for cell in range(columns * rows):
        left, top = (cell % columns) * width + 6, (cell // columns) * height + 6
        right, bottom = left + width - 12, top + height - 12
        page.box(left, top, right, bottom, outline=page.soft)
        size = int(page.rng.integers(SIZES[0], 19))
        font = page.font(size)
        page.box(left, top, right, top + size * 1.7, fill=page.accent())
        page.write(left + 6, top + size * 0.2, page.words.label(), page.font(size), page.paper)
        y = top + size * 2.2
        while y + size * 2 < bottom:
            page.write(left + 8, y, page.words.label(), font)
            middle = left + (right - left) * 0.6
            if page.rng.random() < 0.5:
                page.box(middle, y - 2, right - 6, y + size * 1.4, fill=page.accent())
                page.write(middle + 5, y, page.words.word(), font, page.paper)
            else:
                page.box(middle, y - 2, right - 6, y + size * 1.4, outline=page.ink)
                page.write(middle + 5, y, page.words.number(), font)
            y += size * 2


def draw_table(page):
    size = int(page.rng.integers(SIZES[0], 20))
    font, head = page.font(size), page.font(size)
    columns = int(page.rng.integers(4, 9))
    width, step = (PAGE[0] - 16) / columns, size * 1.7
    ruled, striped = page.rng.random() < 0.6, page.rng.random() < 0.5
    for row, y in enumerate(np.arange(8, PAGE[1], step)):
        if striped and row % 2:
            page.box(8, y, PAGE[0] - 8, y + step, fill=page.soft)
        for column in range(columns):
            x = 8 + column * width
            if ruled:
                page.box(x, y, x + width, y + step, outline=page.soft)
            if row == 0:
                page.write(x + 4, y + size * 0.2, page.words.word(), head, page.accent())
            elif column == 0:
                page.write(x + 4, y + size * 0.2, page.words.word(), font)
            else:
                text = page.words.number()
                page.write(x + width - 4 - page.width(text, font), y + size * 0.2, text, font)


def draw_numbers(page):
    """Rows of every size, with letters, digits and signs."""
    y = 6.0
    while y < PAGE[1]:
        size = int(page.rng.integers(SIZES[0], SIZES[1] + 1))
        font, x = page.font(size), 8.0
        colour = page.accent() if page.rng.random() < 0.3 else page.ink
        while x < PAGE[0]:
            kind = page.rng.random()
            text = (page.words.number() if kind < 0.6 else page.words.word().upper() if kind < 0.8
                    else ''.join(page.rng.choice(list('+-*/=<>()[]{}#@&%$_|~^?!'), 3)))
            page.write(x, y, text, font, colour)
            x += page.width(text + '  ', font)
        y += size * 1.4


LAYOUTS = (draw_document, draw_code, draw_panel, draw_table, draw_numbers)


def render_page(number, seed, held_out, fonts):
    """Page `number` of a seed; layouts take turns."""
    page = Page(np.random.default_rng((seed, number, int(held_out))), fonts, held_out)
    LAYOUTS[number % len(LAYOUTS)](page)
    return page.finished()


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train.render_text',
        description='Renders pages of made-up text as PNG files.')
    parser.add_argument('--output', required=True, metavar='DIR',
                        help='for example DATA/train/text_rendered; made when it is not there')
    parser.add_argument('--count', type=int, default=60, metavar='N',
                        help='pages (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1, metavar='S', help='default: %(default)s')
    parser.add_argument('--held-out', action='store_true',
                        help='pages to measure on: other words, another typeface')
    return parser.parse_args(arguments)


@reports(FontError, OSError, ValueError)
def main(arguments=None):
    options = parse_arguments(arguments)
    folder = Path(options.output)
    if options.count < 1 or options.seed < 0:
        raise ValueError('--count must be at least 1, and --seed at least 0')
    fonts = choose_fonts(options.held_out, installed_fonts())
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        page = render_page(number, options.seed, options.held_out, fonts)
        page.save(folder / f'page{number:04}.png')
    print(f'{options.count} pages in {folder}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
