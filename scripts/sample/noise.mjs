// Seeded randomness and noise: the same seed draws the same scene.

/** A small, fast generator (mulberry32); returns a function that gives numbers in [0, 1). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number in [0, 1) that depends on three integers alone. */
export function hash(x, y = 0, z = 0) {
  let h =
    Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(z | 0, 0x1b873593);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

const ease = (t) => t * t * (3 - 2 * t);

/** Value noise in [0, 1): random numbers on a lattice, smoothly joined. */
export function noise(x, y, z = 0) {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const iz = Math.floor(z);
  const fx = ease(x - ix);
  const fy = ease(y - iy);
  const fz = ease(z - iz);
  const edge = (dy, dz) => {
    const a = hash(ix, iy + dy, iz + dz);
    return a + (hash(ix + 1, iy + dy, iz + dz) - a) * fx;
  };
  const near = edge(0, 0) + (edge(1, 0) - edge(0, 0)) * fy;
  const far = edge(0, 1) + (edge(1, 1) - edge(0, 1)) * fy;
  return near + (far - near) * fz;
}

/** Noise of several octaves, in [0, 1): coarse shapes with ever finer detail on them. */
export function fractal(x, y, z = 0, octaves = 4) {
  let sum = 0;
  let weight = 0.5;
  for (let i = 0; i < octaves; i++) {
    sum += weight * noise(x, y, z);
    x = x * 2.03 + 17.1;
    y = y * 2.01 + 5.3;
    z = z * 2.02 + 9.7;
    weight *= 0.5;
  }
  return sum / (1 - 0.5 ** octaves);
}

export const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));
export const mix = (a, b, t) => a + (b - a) * t;

/** 0 below `low`, 1 above `high`, smooth between. */
export const smoothstep = (low, high, x) => ease(clamp((x - low) / (high - low)));
