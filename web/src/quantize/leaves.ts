/** Pictures made by rule, for networks that nobody has given any pictures for. */
import type { RawImage } from '../types.js';

// Painted larger and reduced, so that edges are as soft as those of photos.
const FINER = 2;
// Pixels of a finer picture: the smallest leaves of a picture are between these. Smaller ones would be noise.
const SMALLEST_RADIUS = [2, 10] as const;
// From the darkest to the lightest leaf, of the whole range: in pictures of small leaves, and in those of large ones. Networks
// can answer small leaves in black and white, which no photo has, by values a hundred times as large as any others.
const CONTRASTS = [0.2, 1] as const;
// Leaves are painted until they would cover the picture so many times.
const LAYERS = 3;
// Of 255, across a leaf, and from pixel to pixel.
const MOST_SHADE = 60;
const MOST_GRAIN = 6;

interface Extents {
  width: number;
  height: number;
}

/** A leaf: a disc or a turned square, of one colour that gets lighter in one direction. */
interface Leaf {
  x: number;
  y: number;
  radius: number;
  isDisc: boolean;
  /** Of its sides, as a unit vector. */
  across: readonly [number, number];
  color: readonly number[];
  /** Per pixel in each direction. */
  shade: readonly [number, number];
  grain: number;
}

/**
 * "Dead leaves": discs and squares that lie on one another, with radii as frequent as their cube is small. Edges and the
 * sizes of things are then distributed as in photos (Lee, Mumford and Huang, "Occlusion Models for Natural Images", 2001).
 * The same random numbers make the same picture, opaque.
 *
 * @param random - numbers in [0, 1)
 */
export function leafPicture(width: number, height: number, random: () => number): RawImage {
  const fine = { width: width * FINER, height: height * FINER };
  const pixels = new Float32Array(fine.width * fine.height * 3);
  const leaves = makeLeaves(fine, random);
  const largest = Math.max(fine.width, fine.height);
  paint(pixels, fine, { ...leaves(), radius: 2 * largest }, random);
  for (let covered = 0; covered < LAYERS * fine.width * fine.height; ) {
    const leaf = leaves();
    paint(pixels, fine, leaf, random);
    covered += 4 * leaf.radius * leaf.radius;
  }
  return reduce(pixels, width, height);
}

/** The leaves of one picture, at random places of it. */
function makeLeaves({ width, height }: Extents, random: () => number): () => Leaf {
  const [least, most] = SMALLEST_RADIUS;
  const coarse = random();
  const smallest = least + (most - least) * coarse;
  const largest = Math.max(smallest, width / 2, height / 2);
  // As in photos, most pictures are nearly grey.
  const vivid = random() ** 2 / 2;
  const [weakest, strongest] = CONTRASTS;
  const contrast = weakest + (strongest - weakest) * coarse;
  const middle = 255 * (contrast / 2 + (1 - contrast) * random());
  const shadeOf = () => middle + 255 * contrast * (random() - 0.5);
  const slope = () => (random() - 0.5) * (MOST_SHADE / largest);
  return () => {
    const angle = 2 * Math.PI * random();
    const grey = shadeOf();
    return {
      x: width * random(),
      y: height * random(),
      // Its square's inverse is uniform: radii have a density of r^-3.
      radius: (largest ** -2 + (smallest ** -2 - largest ** -2) * random()) ** -0.5,
      isDisc: random() < 0.5,
      across: [Math.cos(angle), Math.sin(angle)],
      color: [0, 1, 2].map(() => grey + vivid * (shadeOf() - grey)),
      shade: [slope(), slope()],
      grain: random() < 0.5 ? 0 : MOST_GRAIN * random(),
    };
  };
}

function paint(
  pixels: Float32Array,
  { width, height }: Extents,
  { x, y, radius, isDisc, across: [cos, sin], color, shade, grain }: Leaf,
  random: () => number,
): void {
  const reach = isDisc ? radius : radius * Math.SQRT2;
  const bottom = Math.min(height, Math.ceil(y + reach));
  const right = Math.min(width, Math.ceil(x + reach));
  for (let row = Math.max(0, Math.floor(y - reach)); row < bottom; row++) {
    for (let column = Math.max(0, Math.floor(x - reach)); column < right; column++) {
      const [dx, dy] = [column - x, row - y];
      const [u, v] = [dx * cos + dy * sin, dy * cos - dx * sin];
      const inside = isDisc
        ? dx * dx + dy * dy <= radius * radius
        : Math.max(Math.abs(u), Math.abs(v)) <= radius;
      if (!inside) continue;
      const light = shade[0] * dx + shade[1] * dy + (grain && grain * (2 * random() - 1));
      const at = (row * width + column) * 3;
      for (let channel = 0; channel < 3; channel++)
        pixels[at + channel] = (color[channel] as number) + light;
    }
  }
}

/** Averages squares of FINER x FINER pixels. */
function reduce(pixels: Float32Array, width: number, height: number): RawImage {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let i = 0; i < FINER * FINER; i++) {
          const row = y * FINER + Math.floor(i / FINER);
          const column = x * FINER + (i % FINER);
          sum += pixels[(row * width * FINER + column) * 3 + channel] as number;
        }
        data[(y * width + x) * 4 + channel] = sum / (FINER * FINER);
      }
    }
  }
  return { data, width, height };
}
