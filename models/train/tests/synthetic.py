"""Images and recipes small enough for tests."""

from pathlib import Path

import numpy as np
from PIL import Image

from ..config import Config, DataConfig, FinetuneConfig, NetConfig, TrainingConfig

FOLDER = 'made'


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


def small_config(iterations=20, **training):
    recipe = dict(iterations=iterations, batch=2, patch=12, learning_rate=1e-3, warmup=0, tail=0,
                  start_from='', ema_decay=0.9, seed=3, log_every=5, checkpoint_every=5, evaluate_every=10)
    recipe.update(training)
    return Config(
        name='made-x2', aliases=('made',), scale=2, licence='Apache-2.0', data_statement='made',
        net=NetConfig(channels=8, body_layers=2, expansion=12),
        training=TrainingConfig(**recipe),
        finetune=FinetuneConfig(iterations=60, batch=4, patch=12, learning_rate=0.5),
        data=DataConfig(folders=(FOLDER,), degradation='bicubic', reduce_from=2560, reduce_to=1600))
