"""Training patches: images decoded and reduced once into a cache, then cut at random."""

import dataclasses
import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from .degrade import DAMAGES, degrade
from .resize import resize_uint8

HOLD_OUT_EVERY = 29  # images; what is left out of training tells how it goes
HELD_OUT_SIDE = 256  # low-resolution pixels of each that are looked at
HELD_OUT_SEED = 2021  # of the damage to them, alike in every run

# Low-resolution pixels around a patch that are damaged with it and cut away: the patch's own borders
# look like the rest, and JPEG's blocks begin anywhere.
MARGIN = (3, 10)

EXTENSIONS = {'.png', '.jpg', '.jpeg', '.webp', '.bmp'}


class DataError(Exception):
    """Images that are missing or unusable; the message says what to do."""


def list_images(folder):
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f'no such folder: {folder} (give the data folder with --data)')
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in EXTENSIONS)
    if not files:
        raise DataError(f'no images ({", ".join(sorted(EXTENSIONS))}) in {folder}')
    return files


def read_rgb(path):
    """Decodes to (H, W, 3) uint8; grey becomes three equal channels."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert('RGB'))


def crop_to_multiple(image, multiple):
    height, width = (side - side % multiple for side in image.shape[:2])
    return image[:height, :width]


def reduce_photo(image, reduce_from, reduce_to):
    longest = max(image.shape[:2])
    if longest < reduce_from:
        return image
    factor = max(2, round(longest / reduce_to))
    return resize_uint8(image, 1 / factor, np.float32)


@dataclasses.dataclass(frozen=True)
class Place:
    """Of a patch: an image, the low-resolution corner in it, quarter turns, and whether mirrored."""

    which: int
    y: int
    x: int
    turns: int
    mirror: bool


class PatchSource:
    """Aligned low/high resolution pairs in two flat memory-mapped files.

    Batches depend only on (seed, iteration), so a resumed run sees what an uninterrupted one sees.
    """

    def __init__(self, folder, degradation='bicubic', shares=None, candidates=1):
        folder = Path(folder)
        index = json.loads((folder / 'index.json').read_text(encoding='utf-8'))
        self.scale = index['scale']
        self.degradation = degradation
        self._damage = DAMAGES.get(degradation)
        self._candidates = candidates
        self.images = len(index['images'])
        self.pixels = sum(height * width for height, width in index['images'])
        low = np.memmap(folder / 'low.bin', np.uint8, 'r')
        high = np.memmap(folder / 'high.bin', np.uint8, 'r')
        self._low = list(self._views(low, index['images'], self.scale))
        self._high = list(self._views(high, index['images'], 1))
        self._cumulative = np.cumsum(_weights(index, shares or {}))

    @staticmethod
    def _views(flat, sizes, divisor):
        start = 0
        for height, width in sizes:
            shape = (height // divisor, width // divisor, 3)
            count = shape[0] * shape[1] * 3
            yield flat[start:start + count].reshape(shape)
            start += count

    def held_out(self):
        """(low, high) uint8 pairs, (H, W, 3), of the images that no batch is cut from."""
        side = HELD_OUT_SIDE
        pairs = zip(self._low[::HOLD_OUT_EVERY], self._high[::HOLD_OUT_EVERY])
        for number, (low, high) in enumerate(pairs):
            low, high = low[:side, :side], high[:side * self.scale, :side * self.scale]
            if self._damage:
                rng = np.random.default_rng((HELD_OUT_SEED, number))
                low = degrade(high, self.scale, rng, self._damage)
            yield low, high

    def _place(self, rng, patch):
        """Where to cut a patch from, and how to turn it."""
        which = int(np.searchsorted(self._cumulative, rng.random(), side='right'))
        which = min(which, self.images - 1)
        rows, columns = self._low[which].shape[:2]
        y = int(rng.integers(rows - patch + 1))
        x = int(rng.integers(columns - patch + 1))
        return Place(which, y, x, int(rng.integers(4)), rng.random() < 0.5)

    def _most_detailed(self, rng, patch):
        """Of a few places the one with the most detail: much of a photo is smooth and soon learned."""
        places = [self._place(rng, patch) for _ in range(self._candidates)]
        if len(places) == 1:
            return places[0]
        return max(places, key=lambda place: _detail(self._cut_high(place, patch)))

    def _cut_low(self, place, patch):
        return _cut(self._low[place.which], place.y, place.x, patch, place)

    def _cut_high(self, place, patch, margin=0):
        top, left, side = (
            n * self.scale for n in (place.y - margin, place.x - margin, patch + 2 * margin))
        return _cut(self._high[place.which], top, left, side, place)

    def _pair(self, rng, patch):
        """One patch, (3, H, W) uint8, low and high."""
        place = self._most_detailed(rng, patch)
        if self._damage:
            pair = self._damaged_pair(rng, place, patch)
        else:
            pair = self._cut_low(place, patch), self._cut_high(place, patch)
        return [image.transpose(2, 0, 1) for image in pair]

    def _damaged_pair(self, rng, place, patch):
        rows, columns = self._low[place.which].shape[:2]
        margin = min(int(rng.integers(MARGIN[0], MARGIN[1] + 1)),
                     place.y, place.x, rows - patch - place.y, columns - patch - place.x)
        # Damaged after turning, which is what JPEG treats unequally.
        high = self._cut_high(place, patch, margin)
        low = degrade(high, self.scale, rng, self._damage)
        return [image[start:start + side, start:start + side] for image, start, side in (
            (low, margin, patch), (high, margin * self.scale, patch * self.scale))]

    def batch(self, seed, iteration, batch, patch):
        """Two float tensors in 0..1: (batch, 3, patch, patch) and its high-resolution twin."""
        rng = np.random.default_rng((seed, iteration))
        pairs = [self._pair(rng, patch) for _ in range(batch)]
        return tuple(torch.from_numpy(np.stack(side)).float().div_(255.0) for side in zip(*pairs))


def _cut(image, top, left, side, place):
    part = np.rot90(image[top:top + side, left:left + side], place.turns)
    return part[:, ::-1] if place.mirror else part


def _detail(image):
    """How much the green of neighbouring pixels differs."""
    green = image[..., 1].astype(np.int16)
    return sum(np.abs(np.diff(green, axis=axis)).mean() for axis in (0, 1))


def _weights(index, shares):
    """How often each image is cut from; the sum is 1, and held-out images have 0."""
    # Between "every image alike" (large photos hardly seen) and "every pixel alike" (small sets
    # hardly seen).
    weight = np.sqrt([height * width for height, width in index['images']])
    weight[::HOLD_OUT_EVERY] = 0
    if not shares:
        return weight / weight.sum()
    folders = np.array(index['folders'])
    groups = [(folders == name, share) for name, share in shares.items()]
    rest = ~np.isin(folders, list(shares))
    if rest.any():
        groups.append((rest, 1 - sum(shares.values())))
    for inside, share in groups:
        if weight[inside].sum() == 0:
            raise DataError('a folder that has a share of its own has no image to cut from')
        weight[inside] *= share / weight[inside].sum()
    return weight / weight.sum()


def open_patches(config, data_dir, cache_dir, report=lambda text: None):
    """The patches of a recipe, from its cache, which is made when it is not there."""
    folder = build_cache(
        data_dir, cache_dir, config.scale, config.training.patch, config.data, report)
    return PatchSource(
        folder, config.data.degradation, config.data.shares, config.data.candidates)


def _cache_key(files, scale, patch, data_config):
    facts = [[path.parent.name, path.name, path.stat().st_size] for path in files]
    # Patches are damaged as they are cut, so one cache serves every degradation.
    data = dict(dataclasses.asdict(data_config), degradation='bicubic')
    del data['candidates']  # chosen among as patches are cut, too
    if not data['shares']:
        del data['shares']  # caches made before there were shares stay in use
    text = json.dumps([facts, scale, patch, data])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _high_resolution(path, data_config, multiple):
    image = read_rgb(path)
    return crop_to_multiple(
        reduce_photo(image, data_config.reduce_from, data_config.reduce_to), multiple)


def build_cache(data_dir, cache_dir, scale, patch, data_config, report=lambda text: None):
    """Decodes and reduces every image once; returns the folder of the finished cache.

    Images smaller than one patch are left out and counted in the report.
    """
    files = [path for name in data_config.folders
             for path in list_images(Path(data_dir) / 'train' / name)]
    folder = Path(cache_dir) / _cache_key(files, scale, patch, data_config)
    if (folder / 'index.json').exists():
        return folder
    # Made beside its place and moved there when whole: runs may start side by side, or be killed.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        _write_cache(files, Path(unfinished), scale, patch, data_config, report)
        folder.mkdir(exist_ok=True)
        for name in ('low.bin', 'high.bin', 'index.json'):
            os.replace(Path(unfinished) / name, folder / name)
    return folder


def _write_cache(files, folder, scale, patch, data_config, report):
    sizes, folders, left_out = [], [], 0
    with open(folder / 'low.bin', 'wb') as low, open(folder / 'high.bin', 'wb') as high:
        for done, path in enumerate(files, 1):
            image = _high_resolution(path, data_config, scale)
            if min(image.shape[:2]) < patch * scale:
                left_out += 1
                continue
            high.write(image.tobytes())
            low.write(resize_uint8(image, 1 / scale, np.float32).tobytes())
            sizes.append(image.shape[:2])
            folders.append(path.parent.name)
            if done % 100 == 0 or done == len(files):
                report(f'prepared {done}/{len(files)} images')
    if not sizes:
        raise DataError(f'no training image is at least {patch * scale} pixels wide')
    report(f'{len(sizes)} images kept, {left_out} smaller than a patch left out')
    (folder / 'index.json').write_text(
        json.dumps({'scale': scale, 'images': sizes, 'folders': folders}), encoding='utf-8')
