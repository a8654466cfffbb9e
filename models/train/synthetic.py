"""Pictures made by rule, for tests and for trying all steps without data."""

from pathlib import Path

import numpy as np
from PIL import Image


def picture(height, width, seed):
    """Smooth colour waves with a few hard edges, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    channels = []
    for _ in range(3):
        fy, fx, phase = rng.uniform(0.05, 0.6, 3)
        channels.append(127 + 100 * np.sin(fy * y + fx * x + 6 * phase))
    image = np.stack(channels, axis=2)
    for _ in range(6):
        top, left = rng.integers(height), rng.integers(width)
        image[top:top + 9, left:left + 9] = rng.uniform(0, 255, 3)
    return np.clip(image, 0, 255).astype(np.uint8)


def write_pictures(folder, count=3, height=52, width=61):
    folder = Path(folder)
    folder.mkdir(parents=True)
    for i in range(count):
        Image.fromarray(picture(height, width, i)).save(folder / f'{i}.png')
