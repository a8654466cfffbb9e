"""Images and recipes small enough for tests."""

from ..config import (
    AdversarialConfig, Config, DataConfig, DistillationConfig, FinetuneConfig, NetConfig, PolishConfig,
    PsnrConfig, QuantizeConfig, TrainingConfig)
from ..synthetic import picture, write_pictures  # noqa: F401, the tests take them from here

FOLDER = 'made'


def small_config(iterations=20, polish=0, psnr=0, adversarial=0, **training):
    recipe = dict(iterations=iterations, cycles=1, batch=2, patch=12, luma=0.5, learning_rate=1e-3,
                  vector_rate=1.0, fall=1.0, noise=0.0, warmup=0, tail=0, start_from='', ema_decay=0.9, seed=3, log_every=5, checkpoint_every=5, evaluate_every=10)
    recipe.update(training)
    return Config(
        name='made-x2', aliases=('made',), scale=2, border=0, licence='Apache-2.0', data_statement='made',
        net=NetConfig(channels=8, body_layers=2, tail_kernel=3, expansion=12),
        training=TrainingConfig(**recipe),
        polish=PolishConfig(iterations=polish, learning_rate=5e-4),
        psnr=PsnrConfig(iterations=psnr, learning_rate=2.5e-4, noise=False),
        adversarial=AdversarialConfig(iterations=adversarial, learning_rate=5e-4,
                                      discriminator_rate=1e-3, opinion=0.005, features=0.05,
                                      grid=1.0),
        distillation=DistillationConfig(teacher='', weight=0.5),
        quantize=QuantizeConfig(crops=8, crop_size=48),
        finetune=FinetuneConfig(iterations=60, batch=4, patch=12, learning_rate=0.5),
        data=DataConfig(folders=(FOLDER,), degradation='bicubic', reduce_from=2560, reduce_to=1600,
                        candidates=1))
