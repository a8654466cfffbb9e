import csv
import dataclasses
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import onnx
import torch

from .. import train
from ..config import ConfigError
from ..data import PatchSource, build_cache
from ..loss import main_loss, psnr_loss
from ..nets import CodeNoise
from ..onnx_file import build_onnx
from ..train import Trainer, check_same_recipe, run
from .synthetic import FOLDER, small_config, write_pictures


def silent(_text):
    pass


class TrainTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        write_pictures(self.root / 'train' / FOLDER)
        self.pictures = self.root / 'train' / FOLDER
        config = small_config()
        self.source = PatchSource(build_cache(
            self.root, self.root / 'cache', config.scale, config.training.patch, config.data))

    def work(self, name):
        folder = self.root / name
        folder.mkdir()
        return folder

    def flat(self, trainer):
        state = trainer.state()
        tensors = list(state['net'].values())
        tensors += [t for layer in state['ema'] for t in layer if t is not None]
        muon, adam = (part['state'].values() for part in state['optimizer'])
        if state['adversary']:
            tensors += list(state['adversary']['discriminator'].values())
        tensors += [moments['average'] for moments in muon]
        tensors += [moments[name] for moments in adam for name in ('exp_avg', 'exp_avg_sq')]
        return torch.cat([t.flatten() for t in tensors])

    def test_resumed_run_is_bit_exact(self):
        for number, stop in enumerate((7, 13, 17, 20)):
            with self.subTest(stop=stop):
                config = small_config(10, polish=6, psnr=3, adversarial=4)
                self.check_resuming(config, stop, str(number))

    def check_resuming(self, config, stop, name):
        straight = Trainer(config, self.source)
        run(straight, self.work('straight' + name), report=silent)

        work, interrupted = self.work('resumed' + name), Trainer(config, self.source)
        run(interrupted, work, should_stop=lambda: interrupted.iteration == stop, report=silent)
        resumed = Trainer(config, self.source)
        resumed.restore(torch.load(work / 'checkpoint.pt'))
        self.assertEqual(resumed.iteration, stop)
        run(resumed, work, report=silent)

        self.assertTrue(resumed.finished)
        self.assertTrue(torch.equal(self.flat(straight), self.flat(resumed)))
        losses = [[row['loss'] for row in trainer.log] for trainer in (straight, resumed)]
        self.assertEqual(losses[0], losses[1])

    def test_changed_recipe_is_refused(self):
        trainer = Trainer(small_config(), self.source)
        trainer.step()
        other = Trainer(small_config(learning_rate=0.5), self.source)
        with self.assertRaisesRegex(ConfigError, 'training.*--work'):
            other.restore(trainer.state())

    def test_checkpoint_from_before_there_were_some_keys_resumes(self):
        trainer = Trainer(small_config(), self.source)
        trainer.step()
        state = trainer.state()
        for part, key in (('data', 'shares'), ('data', 'candidates'), ('training', 'fall'),
                          ('training', 'vector_rate'), ('training', 'noise')):
            del state['config'][part][key]
        del state['config']['distillation'], state['adversary']
        again = Trainer(small_config(), self.source)
        again.restore(state)
        self.assertEqual(again.iteration, 1)
        wanted = dataclasses.asdict(self.distilled(teacher='teacher'))
        with self.assertRaisesRegex(ConfigError, 'distillation'):
            check_same_recipe(state['config'], wanted)

    def test_damaged_run_resumes_bit_exact(self):
        source = PatchSource(build_cache(
            self.root, self.root / 'cache', 2, 12, small_config().data), 'web')
        straight, interrupted = (Trainer(small_config(), source) for _ in range(2))
        for _ in range(4):
            straight.step()
        for _ in range(2):
            interrupted.step()
        resumed = Trainer(small_config(), source)
        resumed.restore(interrupted.state())
        for _ in range(2):
            resumed.step()
        self.assertTrue(torch.equal(self.flat(straight), self.flat(resumed)))

    def test_learning_rate_is_a_cosine_per_stage(self):
        for stages, expected in (
                ({}, (1e-3, 5e-4, 0.0, 0.0, 0.0)),
                ({'polish': 10}, (1e-3, 5e-4, 5e-4, 2.5e-4, 0.0)),
                ({'polish': 10, 'cycles': 2}, (1e-3, 5e-4, 5e-4, 2.5e-4, 9.7553e-4)),
                ({'polish': 10, 'adversarial': 4}, (1e-3, 5e-4, 5e-4, 2.5e-4, 2.5e-4)),
                ({'psnr': 10}, (1e-3, 5e-4, 2.5e-4, 1.25e-4, 0.0))):
            trainer = Trainer(small_config(**stages), self.source)
            rates = []
            for trainer.iteration in (0, 10, 20, 25, 32):
                rates.append(trainer.learning_rate())
            for rate, wanted in zip(rates, expected):
                self.assertAlmostEqual(rate, wanted)

    def test_learning_rate_stays_level_before_it_falls(self):
        trainer = Trainer(small_config(fall=0.4), self.source)
        rates = []
        for trainer.iteration in (0, 11, 12, 16, 20):
            rates.append(trainer.learning_rate())
        for rate, wanted in zip(rates, (1e-3, 1e-3, 1e-3, 5e-4, 0.0)):
            self.assertAlmostEqual(rate, wanted)

    def test_noise_is_in_the_last_part_of_the_main_stage_and_in_polishing(self):
        trainer = Trainer(small_config(10, polish=5, psnr=5, noise=0.4), self.source)
        noisy = []
        for trainer.iteration in range(20):
            noisy.append(trainer.noise() is not None)
        self.assertEqual(noisy, [False] * 6 + [True] * 9 + [False] * 5)

    def test_every_cycle_warms_up_polishes_and_ends_at_zero(self):
        trainer = Trainer(small_config(10, polish=5, cycles=2, warmup=3), self.source)
        polished, rates = [], []
        for trainer.iteration in range(31):
            polished.append(trainer.noise() is not None)
            rates.append(trainer.learning_rate())
        self.assertEqual(polished, ([False] * 10 + [True] * 5) * 2 + [True])
        self.assertEqual(rates[:15], rates[15:30])
        self.assertEqual(rates[30], 0.0)
        self.assertTrue(trainer.finished)

    def test_a_finished_run_takes_more_cycles(self):
        once, twice = (small_config(3, polish=2, cycles=cycles) for cycles in (1, 2))
        straight, first = Trainer(twice, self.source), Trainer(once, self.source)
        for trainer in (straight, first):
            while not trainer.finished:
                trainer.step()
        resumed = Trainer(twice, self.source)
        resumed.restore(first.state())
        while not resumed.finished:
            resumed.step()
        self.assertTrue(torch.equal(self.flat(straight), self.flat(resumed)))

    def test_noise_is_of_the_size_of_codes_and_only_in_polishing(self):
        trainer = Trainer(small_config(10, polish=5), self.source)
        self.assertIsNone(trainer.noise())
        trainer.iteration = 12
        y = torch.linspace(-1.0, 3.0, 12000).view(2, 3, 40, 50)
        add_noise = CodeNoise(trainer.noise(), tensors=2)
        change, other = add_noise(y) - y, add_noise(y) - y
        self.assertLess(change.abs().max(), 4 / 255 / 2 + 1e-6)
        self.assertAlmostEqual(float(change.square().mean()), (4 / 255)**2 / 12, delta=2e-6)
        self.assertLess((change * other).mean().abs(), 0.05 * change.square().mean())
        self.assertTrue(torch.equal(change, CodeNoise(trainer.noise(), tensors=2)(y) - y))

    def test_psnr_comes_after_polishing_with_noise_or_without(self):
        result, truth = torch.rand(2, 2, 3, 8, 8)
        for noise in (False, True):
            with self.subTest(noise=noise):
                config = small_config(10, polish=5, psnr=4)
                psnr = dataclasses.replace(config.psnr, noise=noise)
                trainer = Trainer(dataclasses.replace(config, psnr=psnr), self.source)
                measured, noisy = [], []
                for trainer.iteration in range(19):
                    loss = trainer.loss(result, None, truth)
                    measured.append(bool(loss == psnr_loss(result, truth, 0.5)))
                    noisy.append(trainer.noise() is not None)
                self.assertEqual(measured, [False] * 15 + [True] * 4)
                self.assertEqual(noisy, [False] * 10 + [True] * 5 + [noise] * 4)
                trainer.iteration = 19
                self.assertTrue(trainer.finished)

    def test_bfloat16_learns_what_float32_does(self):
        losses = []
        for precision in (torch.float32, torch.bfloat16):
            trainer = Trainer(small_config(), self.source, precision=precision)
            while not trainer.finished:
                trainer.step()
            losses.append(trainer.loss_sum / trainer.loss_count)
            self.assertEqual({p.dtype for p in trainer.net.parameters()}, {torch.float32})
        self.assertNotEqual(*losses)
        self.assertAlmostEqual(*losses, delta=0.02 * losses[0])

    def test_short_run_learns_and_leaves_its_record(self):
        config = small_config(learning_rate=5e-3)
        trainer, work, lines = Trainer(config, self.source), self.work('run'), []
        trainer.step()
        before = trainer.held_out_psnr()
        run(trainer, work, report=lines.append)
        with open(work / 'log.csv', encoding='utf-8') as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row['iteration'] for row in rows], ['5', '10', '15', '20'])
        self.assertEqual([bool(row['psnr_y']) for row in rows], [False, True, False, True])
        self.assertGreater(float(rows[-1]['psnr_y']), before)
        self.assertLess(float(rows[-1]['loss']), float(rows[0]['loss']))
        self.assertEqual((work / 'curve.png').read_bytes()[:4], b'\x89PNG')
        self.assertIn('100.0 %', lines[-1])
        self.assertEqual(list(work.glob('*.partial')), [])

    def distilled(self, **distillation):
        config = small_config()
        return dataclasses.replace(
            config, distillation=dataclasses.replace(config.distillation, **distillation))

    def test_a_teacher_takes_its_part_of_the_truth(self):
        teacher = Trainer(small_config(seed=4), self.source)
        folder = self.work('models')
        onnx.save(build_onnx(teacher.net.collapse(), 2, {'name': 'teacher', 'scale': '2'}),
                  str(folder / 'teacher.onnx'))
        low, high = self.source.batch(1, 0, 2, 12)
        with mock.patch.object(train, 'FLOAT_MODELS', folder):
            for weight, expected in ((0.0, high), (1.0, teacher.net(low).detach())):
                pupil = Trainer(self.distilled(teacher='teacher', weight=weight), self.source)
                result = pupil.net(low)
                loss = float(pupil.loss(result, low, high))
                # Stored weights are rounded to float16.
                self.assertAlmostEqual(loss, float(main_loss(result, expected, 0.5)), delta=1e-3)
            with self.assertRaisesRegex(ConfigError, 'teacher: there is no .*absent.onnx'):
                Trainer(self.distilled(teacher='absent'), self.source)
            wrong = dataclasses.replace(self.distilled(teacher='teacher'), scale=3)
            with self.assertRaisesRegex(ConfigError, 'enlarges by 2, this model by 3'):
                Trainer(wrong, self.source)

    def test_seed_decides_the_start(self):
        first = Trainer(small_config(), self.source).net.state_dict()
        config = small_config()
        config = dataclasses.replace(
            config, training=dataclasses.replace(config.training, seed=4))
        other = Trainer(config, self.source).net.state_dict()
        self.assertFalse(torch.equal(first['convs.0.direct.bias'], other['convs.0.direct.bias']))
