"""Small patches as pictures on the web are: blurred, reduced by some filter, noisy, JPEG.

The order is that of the first stage of Real-ESRGAN (Wang, Xie, Dong, Shan: "Real-ESRGAN: Training
Real-World Blind Super-Resolution with Pure Synthetic Data", ICCV workshops 2021). The ranges are
narrower: a network of this size that has to expect the worst smooths the good.
"""

import dataclasses
import io
import math

import numpy as np
import torch
from PIL import Image

from .resize import resize, to_uint8

FILTERS = ('bicubic', 'bilinear', 'box')
NOISE_KINDS = ('none', 'gaussian', 'poisson')

ISOTROPIC_CHANCE = 0.5
GREY_NOISE_CHANCE = 0.4
EARLY_JPEG_CHANCE = 0.15  # the large picture was a JPEG too
EARLY_JPEG_QUALITY = (70, 95)


@dataclasses.dataclass(frozen=True)
class Damage:
    """What can happen to a picture, and how often."""

    blur_chance: float
    blur_sigma: tuple  # least and most, in pixels of the small image
    filter_chances: tuple  # of FILTERS
    noise_chances: tuple  # of NOISE_KINDS
    noise_sigma: tuple  # in grey levels; of Poisson noise, at white
    jpeg_chance: float
    jpeg_quality: tuple


DAMAGES = {
    'web': Damage(
        blur_chance=0.8, blur_sigma=(0.1, 0.6), filter_chances=(0.5, 0.25, 0.25),
        noise_chances=(0.25, 0.5, 0.25), noise_sigma=(1.0, 12.0),
        jpeg_chance=0.8, jpeg_quality=(40, 95)),
    # Something of everything in nearly every picture, and less of the worst.
    'narrow-web': Damage(
        blur_chance=0.9, blur_sigma=(0.1, 0.5), filter_chances=(0.7, 0.15, 0.15),
        noise_chances=(0.1, 0.7, 0.2), noise_sigma=(0.1, 8.0),
        jpeg_chance=0.95, jpeg_quality=(50, 95)),
}


def gaussian_blur(image, sigmas, angle):
    """Blurs an (H, W, 3) uint8 image with deviations along two turned axes, by its spectrum.

    In the spectrum, a wide blur costs no more than a narrow one.
    """
    border = math.ceil(3 * max(sigmas)) + 1
    height, width = image.shape[:2]
    after = [_fast_length(side + 2 * border) - side - border for side in (height, width)]
    padded = np.pad(image, ((border, after[0]), (border, after[1]), (0, 0)), 'symmetric')
    x = torch.from_numpy(padded).permute(2, 0, 1).float()
    down = torch.fft.fftfreq(x.shape[1])[:, None]
    across = torch.fft.rfftfreq(x.shape[2])[None, :]
    first = across * (math.cos(angle) * sigmas[0]) + down * (math.sin(angle) * sigmas[0])
    second = down * (math.cos(angle) * sigmas[1]) - across * (math.sin(angle) * sigmas[1])
    response = first.square_().add_(second.square_()).mul_(-2 * math.pi**2).exp_()
    blurred = torch.fft.irfft2(torch.fft.rfft2(x).mul_(response), s=x.shape[1:])
    inner = blurred[:, border:border + height, border:border + width]
    return inner.add(0.5).clamp_(0.0, 255.0).byte().permute(1, 2, 0).numpy()


def _fast_length(length):
    """The next multiple of 16, which transforms take in fewer steps than most numbers."""
    return -(-length // 16) * 16


def reduce_by(image, scale, kind):
    """Reduces an (H, W, 3) uint8 image whose sides are multiples of `scale`; gives float32."""
    if kind == 'bicubic':
        return resize(image, 1 / scale, np.float32)
    picture = Image.fromarray(image)
    if kind == 'bilinear':
        size = (image.shape[1] // scale, image.shape[0] // scale)
        return np.asarray(picture.resize(size, Image.Resampling.BILINEAR)).astype(np.float32)
    if kind == 'box':
        return np.asarray(picture.reduce(scale)).astype(np.float32)
    raise ValueError(f'no such filter: {kind}')


def add_gaussian(image, sigma, grey, rng):
    shape = image.shape[:2] + (1 if grey else 3,)
    return image + sigma * rng.standard_normal(shape, np.float32)


def add_poisson(image, sigma, grey, rng):
    """The noise of counted light: its deviation is `sigma` at white and falls with the root."""
    photons = (255.0 / sigma) ** 2 / 255.0  # per grey level
    light = np.clip(image, 0.0, 255.0)
    if grey:
        light = light.mean(axis=2, keepdims=True)
    return image + (rng.poisson(light * photons) / photons - light).astype(np.float32)


def through_jpeg(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, 'JPEG', quality=quality)
    with Image.open(file) as decoded:
        return np.asarray(decoded.convert('RGB'))


def _quality(rng, limits):
    return int(rng.integers(limits[0], limits[1] + 1))


def _blur(image, scale, damage, rng):
    if rng.random() >= damage.blur_chance:
        return image
    sigmas = rng.uniform(*damage.blur_sigma, 2) * scale
    if rng.random() < ISOTROPIC_CHANCE:
        sigmas[1] = sigmas[0]
    return gaussian_blur(image, [float(s) for s in sigmas], float(rng.uniform(0, math.pi)))


def _noise(image, damage, rng):
    kind = NOISE_KINDS[rng.choice(len(NOISE_KINDS), p=damage.noise_chances)]
    if kind == 'none':
        return image
    add = add_gaussian if kind == 'gaussian' else add_poisson
    return add(image, rng.uniform(*damage.noise_sigma), rng.random() < GREY_NOISE_CHANCE, rng)


def degrade(image, scale, rng, damage=DAMAGES['web']):
    """A damaged (H/scale, W/scale, 3) uint8 image of an (H, W, 3) one; all chance is `rng`'s."""
    image = np.ascontiguousarray(image)
    if rng.random() < EARLY_JPEG_CHANCE:
        image = through_jpeg(image, _quality(rng, EARLY_JPEG_QUALITY))
    image = _blur(image, scale, damage, rng)
    kind = FILTERS[rng.choice(len(FILTERS), p=damage.filter_chances)]
    small = to_uint8(_noise(reduce_by(image, scale, kind), damage, rng))
    if rng.random() < damage.jpeg_chance:
        small = through_jpeg(small, _quality(rng, damage.jpeg_quality))
    return small
