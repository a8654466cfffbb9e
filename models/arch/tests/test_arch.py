import unittest

import torch
from torch import nn

from ..catalogue import NETWORKS
from ..export import build, to_onnx

# Millions of parameters without those of batch normalization, as the papers and the published weights have them.
PUBLISHED = {
    ('srgan', 4): 1.546, ('srgan-tensorlayer', 4): 1.516, ('srgan-keras', 4): 1.64,
    ('esrgan', 4): 16.70, ('esrgan-6', 4): 4.47,
    ('rdn-slim', 2): 0.222, ('rdn-slim', 8): 0.279, ('rdn-medium', 4): 0.705,
    ('rrdn-thick', 4): 7.26, ('mesrgan', 4): 4.42, ('esrgan-16', 4): 4.22,
    ('prosr-small', 2): 0.85, ('prosr-small', 8): 2.54, ('prosr', 2): 9.47, ('prosr', 8): 15.5,
    ('edsr', 2): 1.37,
}


def millions(module):
    norms = {id(parameter) for part in module.modules() if isinstance(part, nn.BatchNorm2d)
             for parameter in part.parameters()}
    return sum(p.numel() for p in module.parameters() if id(p) not in norms) / 1e6


class ArchTest(unittest.TestCase):
    def test_networks_are_as_large_as_published(self):
        self.assertEqual({name for name, _ in PUBLISHED} | {'mesrgan-1'}, set(NETWORKS))
        for (name, scale), published in PUBLISHED.items():
            with self.subTest(name=name, scale=scale):
                self.assertLess(abs(millions(build(name, scale)) / published - 1), 0.005)

    def test_a_picture_becomes_as_large_as_the_scale_says(self):
        for name, network in NETWORKS.items():
            for scale in network.scales:
                with self.subTest(name=name, scale=scale), torch.no_grad():
                    result = build(name, scale, blocks=1)(torch.rand(1, 3, 7, 9))
                    self.assertEqual(result.shape, (1, 3, 7 * scale, 9 * scale))

    def test_a_seed_gives_the_same_file_again(self):
        def file(seed):
            module = build('srgan', 2, blocks=1, seed=seed)
            return to_onnx(module, 'srgan').SerializeToString(deterministic=True)
        self.assertEqual(file(5), file(5))
        self.assertNotEqual(file(5), file(6))

    def test_batch_normalization_is_folded_unless_it_is_kept(self):
        module = build('srgan-keras', 2, blocks=1)
        for keep in (False, True):
            ops = {node.op_type for node in to_onnx(module, 'srgan-keras', keep).graph.node}
            self.assertEqual('BatchNormalization' in ops, keep)

    def test_an_unknown_scale_is_refused(self):
        with self.assertRaisesRegex(ValueError, 'srgan has the scales 2, 4, not 3'):
            build('srgan', 3)


if __name__ == '__main__':
    unittest.main()
