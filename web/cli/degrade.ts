/**
 * Damages a picture as it happens to pictures on the web: a lens or a resizer has blurred it, it was
 * made small, a sensor's noise is in it, and it was stored as JPEG. The order is that of the first
 * stage of Real-ESRGAN (Wang et al., ICCV workshops 2021); the ranges are about half as wide, since
 * most pictures have seen less than the worst.
 */

import { gaussian, seededRandom, seedOf } from '../src/base/random.js';
import type { RawImage } from '../src/index.js';
import type { Core } from './core.js';
import { loadSharp } from './sharp.js';

/** What is done to one picture. */
export interface Damage {
  /** Standard deviations of the blur's two axes, in pixels of the small picture. */
  blur: readonly [number, number];
  /** Of the first axis, in radians. */
  angle: number;
  /** Standard deviation of the noise in grey levels. */
  noise: number;
  /** The same noise in all three colours. */
  greyNoise: boolean;
  /** Of the JPEG file. */
  quality: number;
}

/** Where the parameters come from, evenly. */
export const DAMAGE_RANGES = {
  blur: [0.1, 0.5],
  noise: [0, 8],
  quality: [50, 95],
} as const;

// One picture in two is blurred alike in all directions, two in five have grey noise.
const ISOTROPIC = 0.5;
const GREY_NOISE = 0.4;

/** The damage that a picture of this name gets: always the same for one seed. */
export function damageOf(name: string, seed: number): Damage {
  const random = seededRandom(seedOf(`${seed}/${name}`));
  const within = ([low, high]: readonly [number, number]) => low + (high - low) * random();
  const first = within(DAMAGE_RANGES.blur);
  const second = random() < ISOTROPIC ? first : within(DAMAGE_RANGES.blur);
  return {
    blur: [first, second],
    angle: Math.PI * random(),
    noise: within(DAMAGE_RANGES.noise),
    greyNoise: random() < GREY_NOISE,
    quality: Math.round(within(DAMAGE_RANGES.quality)),
  };
}

/** A square kernel of odd side, whose numbers add up to 1. */
interface Kernel {
  weights: Float64Array;
  radius: number;
}

/** A Gaussian with two axes. Deviations are in pixels of what it is applied to. */
export function gaussianKernel([first, second]: readonly [number, number], angle: number): Kernel {
  const radius = Math.max(1, Math.ceil(3 * Math.max(first, second)));
  const side = 2 * radius + 1;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const weights = Float64Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) - radius, Math.floor(i / side) - radius];
    const [along, across] = [(x * cos + y * sin) / first, (y * cos - x * sin) / second];
    return Math.exp(-(along * along + across * across) / 2);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { weights: weights.map((weight) => weight / sum), radius };
}

/** Convolves the colours; pixels outside repeat the nearest one inside. */
export function blur(image: RawImage, { weights, radius }: Kernel): RawImage {
  const { data, width, height } = image;
  const result = new Uint8ClampedArray(data);
  const inside = (value: number, extent: number) => Math.min(Math.max(value, 0), extent - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [red, green, blue, tap] = [0, 0, 0, 0];
      for (let dy = -radius; dy <= radius; dy++) {
        const row = inside(y + dy, height) * width;
        for (let dx = -radius; dx <= radius; dx++) {
          const from = (row + inside(x + dx, width)) * 4;
          const weight = weights[tap++] as number;
          red += weight * (data[from] as number);
          green += weight * (data[from + 1] as number);
          blue += weight * (data[from + 2] as number);
        }
      }
      result.set([red, green, blue], (y * width + x) * 4);
    }
  }
  return { data: result, width, height };
}

function addNoise(image: RawImage, damage: Damage, random: () => number): RawImage {
  const normal = gaussian(random);
  const data = new Uint8ClampedArray(image.data);
  for (let at = 0; at < data.length; at += 4) {
    let noise = damage.noise * normal();
    for (let channel = 0; channel < 3; channel++) {
      if (channel > 0 && !damage.greyNoise) noise = damage.noise * normal();
      data[at + channel] = (data[at + channel] as number) + noise;
    }
  }
  return { ...image, data };
}

async function throughJpeg({ data, width, height }: RawImage, quality: number): Promise<RawImage> {
  const sharp = await loadSharp();
  const file = await sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality })
    .toBuffer();
  const decoded = await sharp(file).ensureAlpha().raw().toBuffer();
  return { data: new Uint8ClampedArray(decoded), width, height };
}

/**
 * A small, damaged picture of a large one.
 *
 * @param name - of the picture: with the seed it decides on the damage
 */
export async function degradeForWeb(
  core: Core,
  original: RawImage,
  scale: number,
  name: string,
  seed: number,
): Promise<RawImage> {
  const damage = damageOf(name, seed);
  const [first, second] = damage.blur;
  const kernel = gaussianKernel([first * scale, second * scale], damage.angle);
  const blurred = blur(original, kernel);
  const small = core.resize(blurred, original.width / scale, original.height / scale);
  const random = seededRandom(seedOf(`${seed}/${name}/noise`));
  return throughJpeg(addNoise(small, damage, random), damage.quality);
}
