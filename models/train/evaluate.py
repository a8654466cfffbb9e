"""Measures PSNR-Y and SSIM beside bicubic: python3 -m models.train.evaluate MODEL.onnx FOLDER...

The high-resolution image is cropped to a multiple of the scale and reduced with MATLAB's bicubic;
low and super-resolved images are 8-bit. Scores are taken on the BT.601 luma (studio range, not
rounded) after removing `scale` pixels at each border, and averaged over images.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .command import add_threads, reports
from .data import DataError, crop_to_multiple, list_images, read_rgb
from .onnx_file import OnnxNet
from .resize import resize_uint8, to_uint8

# PSNR-Y of bicubic, to show that the reduction and the metric are the field's: without that, no
# score can be compared with a published one.
BICUBIC_REFERENCE = {
    'Set5': {2: 33.68, 3: 30.41, 4: 28.43},
    'Set14': {2: 30.33, 3: 27.63, 4: 26.09},
    'B100': {2: 29.57, 3: 27.21, 4: 25.96},
}
BICUBIC_TOLERANCE = 0.03


def luma(image):
    """BT.601 luma in 16..235 of an (H, W, 3) image in 0..255, as float64."""
    return image.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255.0 + 16.0


def psnr(a, b):
    error = np.mean((a - b) ** 2)
    return float('inf') if error == 0 else float(10.0 * np.log10(255.0**2 / error))


def ssim(a, b):
    """SSIM with an 11x11 Gaussian window (sigma 1.5) over the region where it fits."""
    x = np.arange(11) - 5.0
    window = np.exp(-(x**2) / (2 * 1.5**2))
    window = torch.from_numpy(window / window.sum())

    def blur(image):
        image = F.conv2d(image[None, None], window.view(1, 1, 11, 1))
        return F.conv2d(image, window.view(1, 1, 1, 11))[0, 0]

    a, b = torch.from_numpy(np.ascontiguousarray(a)), torch.from_numpy(np.ascontiguousarray(b))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    denominator = (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float((numerator / denominator).mean())


def compare(result, truth, scale):
    """(PSNR-Y, SSIM-Y) of two uint8 images."""
    inner = slice(scale, -scale)
    a, b = luma(result)[inner, inner], luma(truth)[inner, inner]
    return psnr(a, b), ssim(a, b)


def upscale_bicubic(low, scale):
    return resize_uint8(low, scale)


@torch.no_grad()
def upscale_with(run, low):
    """Applies `run`, a function on (1, 3, H, W) tensors in 0..1, to a uint8 image."""
    x = torch.from_numpy(np.ascontiguousarray(low.transpose(2, 0, 1)))[None].float().div(255.0)
    return to_uint8(run(x)[0].numpy().transpose(1, 2, 0).astype(np.float64) * 255.0)


def evaluate_folder(folder, scale, methods):
    """Mean scores of each method (name -> function of a low-resolution image) on one folder."""
    totals = {name: np.zeros(2) for name in methods}
    files = list_images(folder)
    for path in files:
        truth = crop_to_multiple(read_rgb(path), scale)
        low = resize_uint8(truth, 1 / scale)
        for name, method in methods.items():
            totals[name] += compare(method(low), truth, scale)
    means = {name: total / len(files) for name, total in totals.items()}
    return {name: {'psnr_y': round(float(p), 4), 'ssim_y': round(float(s), 5)}
            for name, (p, s) in means.items()}


def mean_psnr(run, scale, pairs):
    """Mean PSNR-Y of `run`, a function on tensors in 0..1, over (low, high) pairs of uint8 images."""
    inner = slice(scale, -scale)
    return float(np.mean([
        psnr(luma(upscale_with(run, low))[inner, inner], luma(high)[inner, inner])
        for low, high in pairs]))


def check_bicubic(name, scale, psnr_y):
    """None, or a sentence about a bicubic score that is not the reference's."""
    expected = BICUBIC_REFERENCE.get(name, {}).get(scale)
    if expected is None or abs(psnr_y - expected) <= BICUBIC_TOLERANCE:
        return None
    return (f'{name} x{scale}: bicubic PSNR-Y is {psnr_y:.3f}, expected {expected} '
            f'+- {BICUBIC_TOLERANCE}; the images or the resize are not the reference ones')


def evaluate_onnx(net, folders):
    """Scores of the model and of bicubic per folder name, and complaints about the references."""
    methods = {
        'bicubic': lambda low: upscale_bicubic(low, net.scale),
        'model': lambda low: upscale_with(net, low),
    }
    scores = {Path(folder).name: evaluate_folder(folder, net.scale, methods) for folder in folders}
    complaints = [check_bicubic(name, net.scale, score['bicubic']['psnr_y'])
                  for name, score in scores.items()]
    return scores, [complaint for complaint in complaints if complaint]


def print_scores(scores):
    print(f'{"set":<10}{"bicubic PSNR-Y":>16}{"SSIM":>9}{"model PSNR-Y":>15}{"SSIM":>9}')
    for name, score in scores.items():
        bicubic, model = score['bicubic'], score['model']
        print(f'{name:<10}{bicubic["psnr_y"]:>16.2f}{bicubic["ssim_y"]:>9.4f}'
              f'{model["psnr_y"]:>15.2f}{model["ssim_y"]:>9.4f}')


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train.evaluate',
        description='Scores an exported model on folders of high-resolution images. Exits with 1 '
                    'when bicubic on Set5, Set14 or B100 is not at its reference value.')
    parser.add_argument('model', help='an .onnx file written by models.train.export')
    parser.add_argument('folders', nargs='+', metavar='folder', help='for example DATA/eval/Set5')
    parser.add_argument('--json', action='store_true', help='print JSON')
    add_threads(parser)
    return parser.parse_args(arguments)


@reports(DataError, OSError)
def main(arguments=None):
    options = parse_arguments(arguments)
    torch.set_num_threads(options.threads)
    scores, complaints = evaluate_onnx(OnnxNet.load(options.model), options.folders)
    if options.json:
        print(json.dumps(scores, indent=2))
    else:
        print_scores(scores)
    for complaint in complaints:
        print(f'error: {complaint}', file=sys.stderr)
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main())
