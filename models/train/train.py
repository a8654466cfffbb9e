"""Trains one model: python3 -m models.train.train --config FILE --data DIR.

Stops cleanly on Ctrl-C or SIGTERM with a checkpoint; the same command goes on where it stopped and
gives the same bits as an uninterrupted run.
"""

import argparse
import csv
import dataclasses
import math
import os
import signal
import sys
import time
from pathlib import Path

import torch

from .adversary import Adversary, view
from .command import add_cache, add_precision, add_threads, keep_memory, reports
from .config import ConfigError, load_config
from .curve import draw_curve
from .data import DataError, open_patches
from .evaluate import mean_psnr
from .loss import grid, main_loss, psnr_loss, tail_loss
from .nets import Ema, TrainableNet, parameter_count, run_plain
from .onnx_file import OnnxNet
from .optimizer import Optimizers

FLOAT_MODELS = Path(__file__).parents[1] / 'float'
LOG_FIELDS = ['iteration', 'seconds', 'learning_rate', 'loss', 'psnr_y']


class Trainer:
    """The state of a run: network, optimizer, average, log; saved and restored as one."""

    def __init__(self, config, source, device='cpu', precision=torch.float32):
        self.config = config
        self.source = source
        self.device = device
        self.precision = precision
        torch.manual_seed(config.training.seed)
        net = TrainableNet(**dataclasses.asdict(config.net), scale=config.scale)
        if config.training.start_from:
            start_from(net, config.training.start_from)
        self.net = net.to(device)
        self.teacher = None
        if config.distillation.teacher:
            self.teacher = load_teacher(config.distillation.teacher, config.scale, device)
        self.adversary = None
        if config.adversarial.iterations > 0:
            self.adversary = Adversary(config.adversarial, device, precision)
        self.optimizer = Optimizers(
            self.net.parameters(), config.training.learning_rate, config.training.vector_rate)
        self.ema = Ema(config.training.ema_decay)
        self.iteration = 0
        self.seconds = 0.0
        self.loss_sum = 0.0  # since the last row of the log
        self.loss_count = 0
        self.log = []

    @property
    def iterations(self):
        """Of all stages."""
        return self.end_of_psnr + self.config.adversarial.iterations

    @property
    def cycle_length(self):
        return self.config.training.iterations + self.config.polish.iterations

    @property
    def end_of_polishing(self):
        return self.config.training.cycles * self.cycle_length

    @property
    def end_of_psnr(self):
        return self.end_of_polishing + self.config.psnr.iterations

    @property
    def finished(self):
        return self.iteration >= self.iterations

    @property
    def is_adversarial(self):
        return self.adversary is not None and self.iteration >= self.end_of_psnr

    @property
    def is_in_psnr_stage(self):
        return self.end_of_polishing <= self.iteration < self.end_of_psnr

    @property
    def done_of_cycle(self):
        """Iterations; after the last cycle those of a whole one."""
        if self.iteration >= self.end_of_polishing:
            return self.cycle_length
        return self.iteration % self.cycle_length

    @property
    def in_main_stage(self):
        return self.done_of_cycle < self.config.training.iterations

    def learning_rate(self):
        """A cosine per stage; the main one after a short rise."""
        recipe, polish, done = self.config.training, self.config.polish, self.done_of_cycle
        if self.is_adversarial:
            stage = self.config.adversarial
            return cosine(stage.learning_rate, self.iteration - self.end_of_psnr,
                          stage.iterations)
        if self.is_in_psnr_stage:
            stage = self.config.psnr
            return cosine(stage.learning_rate, self.iteration - self.end_of_polishing,
                          stage.iterations)
        if not self.in_main_stage:
            return cosine(polish.learning_rate, done - recipe.iterations, polish.iterations)
        rise = min(1.0, (done + 1) / (recipe.warmup + 1))
        level = round((1 - recipe.fall) * recipe.iterations)
        return rise * cosine(recipe.learning_rate, max(0, done - level), recipe.iterations - level)

    def generator(self, device):
        """Like everything random it depends on (seed, iteration) only."""
        seed = self.config.training.seed << 32 | self.iteration
        return torch.Generator(device).manual_seed(seed)

    def noise(self):
        """What noise like that of 8-bit codes is made with, or None where there is none."""
        recipe = self.config.training
        noisy_from = round((1 - recipe.noise) * recipe.iterations)
        if self.done_of_cycle < noisy_from:
            return None
        if self.is_in_psnr_stage and not self.config.psnr.noise:
            return None
        return self.generator(self.device)

    def views(self, *images):
        """What the discriminator is shown of each: the same window, another one in every iteration."""
        return (view(image, self.generator('cpu')) for image in images)

    @property
    def measure(self):
        """The loss of this iteration's stage."""
        recipe = self.config.training
        if self.is_in_psnr_stage:
            return psnr_loss
        if self.done_of_cycle >= recipe.iterations - recipe.tail:
            return tail_loss
        return main_loss

    def loss(self, result, low, high):
        luma = self.config.training.luma
        loss = self.measure(result, high, luma)
        if self.teacher:
            share = self.config.distillation.weight
            loss = (1.0 - share) * loss + share * self.measure(result, self.teacher(low), luma)
        if self.is_adversarial:
            loss = loss + self.adversary.loss(*self.views(result, high))
            loss = loss + self.config.adversarial.grid * grid(result, high, self.config.scale)
        return loss

    def step(self):
        recipe = self.config.training
        low, high = (side.to(self.device) for side in self.source.batch(
            recipe.seed, self.iteration, recipe.batch, recipe.patch))
        weights = self.net.collapse()
        result = run_plain(low, weights, self.config.scale, self.noise(), self.precision)
        if self.is_adversarial:
            self.adversary.learn(*self.views(result, high))
        loss = self.loss(result, low, high)
        self.ema.update(weights)
        self.optimizer.set_learning_rate(self.learning_rate())
        self.optimizer.step(loss)
        self.loss_sum += float(loss.detach())
        self.loss_count += 1
        self.iteration += 1

    def held_out_psnr(self):
        """PSNR-Y of the averaged weights on the training images that no patch is cut from."""
        weights = [tuple(None if t is None else t.cpu() for t in layer)
                   for layer in self.ema.weights]
        return mean_psnr(lambda x: run_plain(x, weights, self.config.scale), self.config.scale,
                         self.source.held_out())

    def add_log_row(self, psnr_y):
        self.log.append({
            'iteration': self.iteration, 'seconds': round(self.seconds, 1),
            'learning_rate': f'{self.learning_rate():.4g}',
            'loss': f'{self.loss_sum / self.loss_count:.6f}',
            'psnr_y': '' if psnr_y is None else f'{psnr_y:.4f}'})
        self.loss_sum, self.loss_count = 0.0, 0

    def state(self):
        return {
            'config': dataclasses.asdict(self.config), 'net': self.net.state_dict(),
            'optimizer': self.optimizer.state_dict(),
            'adversary': self.adversary and self.adversary.state_dict(), 'ema': self.ema.weights,
            'ema_updates': self.ema.updates, 'iteration': self.iteration,
            'seconds': self.seconds, 'loss_sum': self.loss_sum, 'loss_count': self.loss_count,
            'log': self.log}

    def restore(self, state):
        check_same_recipe(state['config'], dataclasses.asdict(self.config))
        self.net.load_state_dict(state['net'])
        self.optimizer.load_state_dict(state['optimizer'])
        # Of a checkpoint without one, the stage begins with a new one.
        if self.adversary and state.get('adversary'):
            self.adversary.load_state_dict(state['adversary'])
        self.ema.weights, self.ema.updates = state['ema'], state['ema_updates']
        self.iteration, self.seconds = state['iteration'], state['seconds']
        self.loss_sum, self.loss_count = state['loss_sum'], state['loss_count']
        self.log = state['log']


def cosine(start, done, iterations):
    """From `start` to 0, which it stays at."""
    if done >= iterations:
        return 0.0
    return 0.5 * start * (1.0 + math.cos(math.pi * done / iterations))


def trained(key, name):
    """The trained model that a recipe names under `key`."""
    path = FLOAT_MODELS / f'{name}.onnx'
    if not path.exists():
        raise ConfigError(f'{key}: there is no {path}; train {name} first')
    return OnnxNet.load(path)


def start_from(net, name):
    try:
        net.start_from(trained('start_from', name).weights())
    except ValueError as error:
        raise ConfigError(f'start_from: {name}: {error}') from error


def load_teacher(name, scale, device):
    """The teacher's results, a function of low-resolution patches."""
    teacher = trained('teacher', name)
    if teacher.scale != scale:
        raise ConfigError(f'teacher: {name} enlarges by {teacher.scale}, this model by {scale}')
    weights = [tuple(None if t is None else t.to(device) for t in layer)
               for layer in teacher.weights()]

    @torch.no_grad()
    def teach(low):
        return run_plain(low, weights, scale)

    return teach


def check_same_recipe(saved, wanted):
    # Checkpoints made before there were these keys do not name them.
    saved = dict(saved, data={'shares': {}, 'candidates': 1, **saved['data']},
                 net={'tail_kernel': 3, **saved['net']},
                 training={'cycles': 1, 'luma': 0.5, 'fall': 1.0, 'noise': 0.0,
                           'vector_rate': 1.0,
                           **saved['training']})
    if wanted['adversarial']['iterations'] == 0:
        # A run can be given more cycles: what it has done would have been the same.
        saved['training']['cycles'] = wanted['training']['cycles']
    saved.setdefault('distillation', {**wanted['distillation'], 'teacher': ''})
    for part in ('net', 'training', 'distillation', 'data', 'scale'):
        if saved[part] != wanted[part]:
            raise ConfigError(
                f'the checkpoint was made with another [{part}]: {saved[part]} instead of '
                f'{wanted[part]}; give another --work folder to start afresh')


def replace_file(path, write):
    """Writes beside and renames, so that a killed run leaves the old file whole."""
    partial = path.with_name(path.name + '.partial')
    write(partial)
    os.replace(partial, path)


def save(trainer, work):
    replace_file(work / 'checkpoint.pt', lambda path: torch.save(trainer.state(), path))
    replace_file(work / 'log.csv', lambda path: write_log(trainer.log, path))


def write_log(rows, path):
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.DictWriter(file, LOG_FIELDS)
        writer.writeheader()
        writer.writerows(rows)


def progress_line(trainer, session_start, session_iterations):
    row = trainer.log[-1]
    rate = session_iterations / max(time.monotonic() - session_start, 1e-9)
    left = (trainer.iterations - trainer.iteration) / max(rate, 1e-9)
    psnr = f'  PSNR-Y {row["psnr_y"]}' if row['psnr_y'] else ''
    return (f'{trainer.iteration:>7}/{trainer.iterations}  '
            f'{100 * trainer.iteration / trainer.iterations:5.1f} %  loss {row["loss"]}  '
            f'{rate:5.1f} it/s  {time.strftime("%H:%M:%S", time.gmtime(left))} left{psnr}')


def run(trainer, work, should_stop=lambda: False, report=print):
    """Trains until the last iteration or until `should_stop()`; always leaves a checkpoint."""
    recipe = trainer.config.training
    session_start, first = time.monotonic(), trainer.iteration
    while not trainer.finished and not should_stop():
        step_start = time.monotonic()
        trainer.step()
        done = trainer.iteration
        psnr_y = None
        if done % recipe.evaluate_every == 0 or trainer.finished:
            psnr_y = trainer.held_out_psnr()
        trainer.seconds += time.monotonic() - step_start
        if done % recipe.log_every == 0 or psnr_y is not None or trainer.finished:
            trainer.add_log_row(psnr_y)
            report(progress_line(trainer, session_start, done - first))
        if done % recipe.checkpoint_every == 0:
            save(trainer, work)
        if psnr_y is not None:
            draw_curve(trainer.log, trainer.config.name, work / 'curve.png')
    save(trainer, work)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train.train',
        description='Trains one model. Run it again to go on after an interruption.')
    parser.add_argument('--config', required=True, metavar='FILE',
                        help='the recipe, for example models/train/configs/photo-x2-small.toml')
    parser.add_argument('--data', required=True, metavar='DIR',
                        help='folder with train/<folders of the recipe>')
    parser.add_argument('--work', metavar='DIR',
                        help='checkpoints, log and curve (default: .train/NAME)')
    add_cache(parser)
    parser.add_argument('--device', default='cpu', metavar='NAME',
                        help='cpu or cuda (default: %(default)s)')
    add_precision(parser)
    add_threads(parser)
    return parser.parse_args(arguments)


@reports(ConfigError, DataError)
def main(arguments=None):
    options = parse_arguments(arguments)
    torch.set_num_threads(options.threads)
    keep_memory()
    config = load_config(options.config)
    work = Path(options.work or Path('.train') / config.name)
    work.mkdir(parents=True, exist_ok=True)
    source = open_patches(config, options.data, options.cache,
                          report=lambda text: print(text, flush=True))
    trainer = Trainer(config, source, options.device, getattr(torch, options.precision))
    if (work / 'checkpoint.pt').exists():
        trainer.restore(torch.load(work / 'checkpoint.pt', map_location=options.device))
    stop = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.append(True))
    print(f'{config.name}: {parameter_count(trainer.net.collapse())} parameters, '
          f'{source.images} images, {source.pixels / 1e6:.0f} MP, from iteration '
          f'{trainer.iteration}', flush=True)
    run(trainer, work, should_stop=lambda: bool(stop),
        report=lambda text: print(text, flush=True))
    return 0 if trainer.finished else 130


if __name__ == '__main__':
    sys.exit(main())
