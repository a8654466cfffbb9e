"""Made-up words, so that no text is copied from anywhere."""

import zlib

ONSETS = ('b', 'c', 'ch', 'd', 'f', 'fl', 'g', 'gr', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'pl', 'qu',
          'r', 's', 'sh', 'st', 't', 'th', 'tr', 'v', 'w', 'x', 'y', 'z', '')
VOWELS = ('a', 'e', 'i', 'o', 'u', 'y', 'ai', 'ea', 'io', 'ou', 'ä', 'é', 'ö')
VOWEL_CHANCES = (0.2, 0.2, 0.15, 0.15, 0.1, 0.03, 0.04, 0.04, 0.03, 0.03, 0.01, 0.01, 0.01)
CODAS = ('', '', '', 'l', 'm', 'n', 'nd', 'ng', 'r', 'rk', 's', 'st', 't', 'x')
HELD_OUT_ONE_IN = 5  # words are for measuring only


def is_held_out(word):
    """Whether a word is kept for measuring; training never shows it."""
    return zlib.crc32(word.lower().encode()) % HELD_OUT_ONE_IN == 0


class Words:
    """Draws words from one of the two vocabularies."""

    def __init__(self, rng, held_out):
        self.rng, self.held_out = rng, held_out

    def word(self):
        while True:
            syllables = self.rng.integers(1, 4)
            word = ''.join(
                self.rng.choice(ONSETS) + self.rng.choice(VOWELS, p=VOWEL_CHANCES)
                + self.rng.choice(CODAS) for _ in range(syllables))
            if len(word) > 1 and is_held_out(word) == self.held_out:
                return word

    def sentence(self):
        words = [self.word() for _ in range(self.rng.integers(4, 14))]
        if len(words) > 7:
            words[3] += str(self.rng.choice([',', ';', ':']))
        return ' '.join(words).capitalize() + str(self.rng.choice(['.', '.', '.', '?', '!']))

    def label(self):
        return ' '.join(self.word() for _ in range(self.rng.integers(1, 3))).capitalize()

    def identifier(self):
        parts = [self.word() for _ in range(self.rng.integers(1, 4))]
        if self.rng.random() < 0.5:
            return '_'.join(parts)
        return parts[0] + ''.join(part.capitalize() for part in parts[1:])

    def number(self):
        size = 10 ** int(self.rng.integers(1, 7))
        value = float(self.rng.random() * size)
        form = self.rng.choice(['{:.0f}', '{:,.0f}', '{:.2f}', '-{:.1f}', '{:.1f} %', '{:.3e}'])
        return str(form).format(value)
