"""Quantization-aware training of a shipped file: python3 -m models.train.finetune --config FILE ...

Starts from what `tessera quantize` made and writes the same file with better codes, or with the
same ones when the held-out images are not better for it, and with short names.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import onnx
import torch

from .command import add_cache, add_threads, keep_memory, reports
from .compact import compact
from .config import ConfigError, load_config
from .data import DataError, open_patches
from .evaluate import mean_psnr
from .loss import main_loss, psnr_loss
from .quantized import QuantizedNet

SLOPE_RATE = 0.03  # of the codes' rate: a slope is of size 1 where codes are of size 60
AVERAGE_DECAY = 0.99
REPORT_EVERY = 100


class Finetuner:
    def __init__(self, config, source, model):
        self.config, self.source = config, source
        self.net = QuantizedNet(model)
        slopes = [layer.slope for layer in self.net.layers if layer.slope is not None]
        others = [p for layer in self.net.layers for p in (layer.codes, layer.bias)]
        self.parameters = others + slopes
        self.averages = [p.detach().clone() for p in self.parameters]
        # The loss that training ended with: codes have no other to be better in.
        self.measure = psnr_loss if config.psnr.iterations > 0 else main_loss
        self.optimizer = torch.optim.Adam([
            {'params': others, 'share': 1.0}, {'params': slopes, 'share': SLOPE_RATE}])
        self.iteration = 0

    def step(self):
        recipe = self.config.finetune
        rate = 0.5 * recipe.learning_rate * (
            1 + math.cos(math.pi * self.iteration / recipe.iterations))
        for group in self.optimizer.param_groups:
            group['lr'] = rate * group['share']
        # Seeds of their own: not the patches of the float training over again.
        low, high = self.source.batch(
            self.config.training.seed + 1000, self.iteration, recipe.batch, recipe.patch)
        loss = self.measure(self.net(low), high, self.config.training.luma)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            for average, parameter in zip(self.averages, self.parameters):
                average.lerp_(parameter, 1 - AVERAGE_DECAY)
        self.iteration += 1
        return float(loss.detach())

    @torch.no_grad()
    def use_averages(self):
        for average, parameter in zip(self.averages, self.parameters):
            parameter.copy_(average)

    def held_out_psnr(self):
        return mean_psnr(self.net, self.config.scale, self.source.held_out())


def finetune(config, source, model, report=print):
    """The model with learned codes, its PSNR-Y on the held-out images, and that of `model`."""
    tuner = Finetuner(config, source, model)
    before = tuner.held_out_psnr()
    started, losses = time.monotonic(), []
    while tuner.iteration < config.finetune.iterations:
        losses.append(tuner.step())
        if tuner.iteration % REPORT_EVERY == 0:
            rate = tuner.iteration / (time.monotonic() - started)
            report(f'{tuner.iteration:>7}/{config.finetune.iterations}  '
                   f'loss {sum(losses) / len(losses):.6f}  {rate:.1f} it/s')
            losses = []
    tuner.use_averages()
    return tuner.net.write_back(), tuner.held_out_psnr(), before


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train.finetune',
        description='Improves the codes of a quantized model by training them.')
    parser.add_argument('--config', required=True, metavar='FILE', help='the recipe')
    parser.add_argument('--data', required=True, metavar='DIR', help='as in training')
    parser.add_argument('--model', required=True, metavar='FILE',
                        help='what `tessera quantize` made; rewritten')
    add_cache(parser)
    add_threads(parser)
    return parser.parse_args(arguments)


@reports(ConfigError, DataError, OSError, ValueError)
def main(arguments=None):
    options = parse_arguments(arguments)
    torch.set_num_threads(options.threads)
    keep_memory()
    config = load_config(options.config)
    source = open_patches(config, options.data, options.cache)
    model, after, before = finetune(
        config, source, onnx.load(options.model), lambda text: print(text, flush=True))
    print(f'held-out PSNR-Y {before:.4f} before, {after:.4f} after')
    if after <= before:
        print('not better: the codes stay as they were')
        model = onnx.load(options.model)
    Path(options.model).write_bytes(compact(model).SerializeToString(deterministic=True))
    return 0


if __name__ == '__main__':
    sys.exit(main())
