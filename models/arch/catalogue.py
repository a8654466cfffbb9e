"""The networks by name, and what pixels are to each."""

import dataclasses
from collections.abc import Callable
from functools import partial

from . import edsr, esrgan, mesrgan, prosr, rdn, srgan

BYTES = {'input_range': '0,255', 'output_range': '0,255'}
NORMALIZED = {'mean': '0.4439,0.4517,0.4054', 'std': '0.2738,0.2607,0.2856'}  # MESRGAN's images
DIV2K_MEAN = '114.444,111.4605,103.02'  # of images in 0..255


@dataclasses.dataclass(frozen=True)
class Network:
    """`make(scale=..., **sizes)` gives the module; `sizes` has `blocks` where fewer are wanted."""

    make: Callable
    scales: tuple
    default_scale: int
    summary: str
    pixels: dict = dataclasses.field(default_factory=dict)  # metadata, without its prefix


NETWORKS = {
    'srgan': Network(srgan.srresnet, (2, 4), 4, 'SRResNet, the generator of SRGAN, as in the paper'),
    'srgan-tensorlayer': Network(
        srgan.tensorlayer, (2, 4), 4, "TensorLayer's form of it, which the phone SRGAN was made from",
        {'output_range': '-1,1'}),
    'srgan-keras': Network(
        srgan.keras, (2, 4), 4, 'the Keras form, enlarged by nearest neighbour',
        {'output_range': '-1,1'}),
    'esrgan': Network(esrgan.rrdbnet, (2, 4, 8), 4, 'RRDBNet with 23 blocks'),
    'esrgan-6': Network(partial(esrgan.rrdbnet, blocks=6), (2, 4, 8), 4, 'RRDBNet with 6 blocks'),
    'rdn-slim': Network(
        rdn.Rdn, (2, 3, 4, 8), 4, "RDN C1 D2 G4 G0 64: UpscalerJS's default and slim models", BYTES),
    'rdn-medium': Network(
        partial(rdn.Rdn, blocks=10, growth=64), (2, 3, 4, 8), 4,
        "RDN C1 D10 G64 G0 64: UpscalerJS's medium models", BYTES),
    'rrdn-thick': Network(
        rdn.rrdn, (2, 3, 4, 8), 4, "RRDN C4 D3 G32 G0 64 T10: UpscalerJS's thick models"),
    'mesrgan': Network(
        mesrgan.mesrgan, (2, 4), 4, 'MESRGAN with expansion 2, the one that was measured',
        NORMALIZED),
    'mesrgan-1': Network(
        partial(mesrgan.mesrgan, expansion=1), (2, 4), 4, 'MESRGAN with expansion 1',
        NORMALIZED),
    'esrgan-16': Network(
        partial(mesrgan.mesrgan, expansion=0), (2, 4), 4,
        'the plain network beside MESRGAN: 16 dense blocks of the same widths',
        NORMALIZED),
    'prosr-small': Network(
        partial(prosr.prosr, settings=prosr.SMALL), (2, 4, 8), 8, 'ProSR, small'),
    'prosr': Network(partial(prosr.prosr, settings=prosr.LARGE), (2, 4, 8), 8, 'ProSR, large'),
    'edsr': Network(
        edsr.edsr, (2, 3, 4), 2, "EDSR's baseline, 16 blocks of 64 channels",
        BYTES | {'mean': DIV2K_MEAN}),
}
