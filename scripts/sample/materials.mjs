// What the scene's surfaces look like up close: colour, relief and shine, all computed, nothing
// photographed.
//
// A material is {paint(hit), bump?(x, y, z), gloss, roughness, translucency}: `paint` sets hit.r,
// hit.g and hit.b (linear light) from the point hit.x, hit.y, hit.z, the surface coordinates hit.u,
// hit.v and the piece's hit.seed; `bump` is a relief in scene units; `gloss` the share of light
// mirrored head-on; `translucency` what shines through.

import { clamp, fractal, hash, mix, noise, smoothstep } from './noise.mjs';

const toLinear = (byte) => {
  const s = byte / 255;
  return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
};

/** "#rrggbb" as linear light. */
const colour = (hex) => [1, 3, 5].map((i) => toLinear(Number.parseInt(hex.slice(i, i + 2), 16)));

function set(hit, [r, g, b], scale = 1) {
  hit.r = r * scale;
  hit.g = g * scale;
  hit.b = b * scale;
}

function blend(hit, [r, g, b], amount) {
  hit.r = mix(hit.r, r, amount);
  hit.g = mix(hit.g, g, amount);
  hit.b = mix(hit.b, b, amount);
}

/** Distance of x from the nearest edge of a cell of the given size. */
const edgeDistance = (x, size) => {
  const t = x - Math.floor(x / size) * size;
  return Math.min(t, size - t);
};

const MATT = { gloss: 0, roughness: 1, translucency: 0 };

// --- wall ----------------------------------------------------------------------------------------

const BRICK = { width: 0.6, height: 0.2, joint: 0.014 };
const BRICK_COLOURS = ['#b4644a', '#a5563f', '#c07f60', '#8e4a3b', '#b9715a', '#9c5a48'].map(
  colour,
);
const MORTAR = colour('#cbbfae');

function brickAt(x, y) {
  const row = Math.floor(y / BRICK.height);
  const shifted = x + (row % 2 === 0 ? 0 : BRICK.width / 2) + 0.03 * (hash(row, 7) - 0.5);
  const column = Math.floor(shifted / BRICK.width);
  const wobble = 0.012 * (noise(x * 9, y * 9, 3) - 0.5);
  const edge = Math.min(edgeDistance(shifted, BRICK.width), edgeDistance(y, BRICK.height));
  return { row, column, inside: smoothstep(BRICK.joint, BRICK.joint + 0.012, edge + wobble) };
}

export const brickWall = {
  ...MATT,
  paint(hit) {
    const { row, column, inside } = brickAt(hit.x, hit.y);
    const pick = hash(row, column, 1);
    const tint = BRICK_COLOURS[Math.floor(pick * BRICK_COLOURS.length)];
    const grain =
      0.72 + 0.5 * fractal(hit.x * 34, hit.y * 34, 2) * (0.75 + 0.5 * hash(row, column, 2));
    set(hit, tint, grain);
    const speckle = noise(hit.x * 60, hit.y * 60, 8);
    if (speckle > 0.8) blend(hit, colour('#e0b79c'), (speckle - 0.8) * 2.2);
    const limewash = smoothstep(0.56, 0.74, fractal(hit.x * 1.1 + 3, hit.y * 1.6, 5, 5));
    blend(hit, MORTAR, 0.5 * limewash * (0.5 + 0.5 * noise(hit.x * 24, hit.y * 24, 1)));
    const sandy = MORTAR.map((c) => c * (0.68 + 0.4 * noise(hit.x * 70, hit.y * 70, 4)));
    blend(hit, sandy, 1 - inside);
  },
  bump(x, y) {
    const { row, column, inside } = brickAt(x, y);
    const rough = 0.008 * fractal(x * 22, y * 22, hash(row, column) * 9, 3);
    return 0.022 * inside * (0.8 + 0.4 * hash(row, column, 3)) + rough;
  },
};

// --- table ---------------------------------------------------------------------------------------

const PLANK = 0.52;
const WOOD_DARK = colour('#6d4427');
const WOOD_LIGHT = colour('#c08d5a');

function woodGrain(x, across, piece) {
  const warp = 0.35 * noise(x * 0.5, across * 2, piece * 31);
  const rings = Math.sin((across + warp) * 46 + 3 * noise(x * 0.8, across * 3, piece * 17));
  const fibres = fractal(x * 2.2, across * 58, piece * 13, 3);
  return clamp(0.5 + 0.2 * rings + 0.75 * (fibres - 0.5));
}

export const woodenTable = {
  gloss: 0.035,
  roughness: 0.28,
  translucency: 0,
  paint(hit) {
    const piece = Math.floor(hit.z / PLANK);
    const shade = 0.82 + 0.3 * hash(piece, 5);
    const grain = woodGrain(hit.x + 40 * hash(piece), hit.z, piece);
    set(hit, WOOD_DARK, shade);
    blend(
      hit,
      WOOD_LIGHT.map((c) => c * shade),
      grain,
    );
    blend(hit, colour('#1c0f08'), 1 - smoothstep(0.004, 0.014, edgeDistance(hit.z, PLANK)));
  },
  bump(x, _y, z) {
    const piece = Math.floor(z / PLANK);
    const joint = 0.012 * smoothstep(0.002, 0.02, edgeDistance(z, PLANK));
    return joint + 0.0016 * woodGrain(x + 40 * hash(piece), z, piece);
  },
};

export const wooden = (dark, light) => {
  const [low, high] = [colour(dark), colour(light)];
  return {
    gloss: 0.04,
    roughness: 0.25,
    translucency: 0,
    paint(hit) {
      set(hit, low);
      blend(hit, high, woodGrain(hit.x * 1.5 + hit.seed * 50, hit.y + hit.z, hit.seed * 7));
    },
  };
};

// --- plant ---------------------------------------------------------------------------------------

const LEAF_COLOURS = ['#3f7a35', '#2f6a33', '#5a9440', '#7aa843', '#36703f'].map(colour);
const VEIN = colour('#b9d27c');

export const leaf = {
  gloss: 0.035,
  roughness: 0.35,
  translucency: 0.4,
  paint(hit) {
    // v runs along the leaf, u across it, with the midrib at one half.
    const across = Math.abs(hit.u - 0.5) * 2;
    const tint = LEAF_COLOURS[Math.floor(hit.seed * LEAF_COLOURS.length)];
    const blade = 0.8 + 0.35 * noise(hit.u * 12, hit.v * 16, hit.seed * 50);
    set(hit, tint, blade * mix(1.1, 0.85, hit.v));
    const phase = (hit.v * 9 - across * 1.9 + 20) % 1;
    const sideVein = 1 - smoothstep(0.03, 0.13, Math.min(phase, 1 - phase));
    const midrib = 1 - smoothstep(0.02, 0.075, across);
    blend(hit, VEIN, Math.max(0.75 * midrib, 0.38 * sideVein * (1 - across)));
  },
};

export const stem = {
  ...MATT,
  paint: (hit) =>
    set(hit, colour('#6f8a45'), 0.7 + 0.4 * noise(hit.x * 30, hit.y * 30, hit.z * 30)),
};

export const soil = {
  ...MATT,
  paint: (hit) => set(hit, colour('#3d2b20'), 0.4 + noise(hit.x * 40, hit.z * 40)),
  bump: (x, _y, z) => 0.03 * fractal(x * 14, z * 14),
};

export const terracotta = {
  ...MATT,
  gloss: 0.02,
  roughness: 0.5,
  paint(hit) {
    const throwing = 0.06 * Math.sin(hit.y * 90 + 2 * noise(hit.x * 4, hit.y * 4, hit.z * 4));
    set(
      hit,
      colour('#c4704a'),
      0.78 + throwing + 0.35 * fractal(hit.x * 16, hit.y * 16, hit.z * 16),
    );
    const bloom = smoothstep(0.5, 0.75, fractal(hit.x * 3, hit.y * 5, hit.z * 3 + 4));
    blend(hit, colour('#e4cdbb'), 0.55 * bloom);
    // A band of painted zigzag below the rim.
    if (hit.y > 0.42 && hit.y < 0.68) {
      const around = Math.atan2(hit.z + 0.1, hit.x + 1.6) / (2 * Math.PI);
      const saw = Math.abs(((((around * 26) % 1) + 1) % 1) - 0.5) * 0.34;
      const line = Math.abs(hit.y - 0.465 - saw);
      blend(hit, colour('#f2e6d0'), 0.9 * (1 - smoothstep(0.018, 0.026, line)));
    }
  },
  bump: (x, y, z) => 0.004 * fractal(x * 30, y * 30, z * 30, 3),
};

// --- cloth ---------------------------------------------------------------------------------------

const THREAD = 0.03;
const LINEN = colour('#efe4cc');
const STRIPES = [
  { colour: colour('#24506b'), from: 0.06, to: 0.26 },
  { colour: colour('#c1483a'), from: 0.33, to: 0.37 },
  { colour: colour('#24506b'), from: 0.44, to: 0.48 },
  { colour: colour('#d9a441'), from: 0.62, to: 0.7 },
];

function stripe(t) {
  const phase = t / 0.62 - Math.floor(t / 0.62);
  return STRIPES.find(({ from, to }) => phase >= from && phase < to)?.colour ?? LINEN;
}

/**
 * Woven plaid of the given size: warp and weft threads cross over and under, each in its stripe's
 * colour.
 */
export const plaid = (width, depth) => ({
  ...MATT,
  paint(hit) {
    const x = hit.u * width;
    const y = hit.v * depth;
    const over = (Math.floor(x / THREAD) + Math.floor(y / THREAD)) % 2 === 0;
    const along = over ? x : y;
    const profile = Math.sin((Math.PI * (along - Math.floor(along / THREAD) * THREAD)) / THREAD);
    set(hit, stripe(along), 0.62 + 0.4 * profile + 0.14 * (noise(x * 50, y * 50) - 0.5));
  },
});

// --- things --------------------------------------------------------------------------------------

export const paper = {
  ...MATT,
  paint(hit) {
    // The leaves of a closed book, each a shade of its own.
    const sheet = Math.floor(hit.y * 260);
    set(hit, colour('#efe5cf'), 0.66 + 0.3 * hash(sheet, 11) + 0.1 * noise(hit.x * 3, hit.y * 90));
  },
};

export const bookCloth = (hex) => {
  const base = colour(hex);
  return {
    ...MATT,
    gloss: 0.025,
    roughness: 0.45,
    paint(hit) {
      const weave =
        0.5 * noise(hit.x * 95, hit.y * 95, hit.z * 20) + 0.5 * noise(hit.z * 95, hit.x * 30);
      set(hit, base, 0.85 + 0.3 * weave);
    },
  };
};

/** A book's spine: cloth with lettering, taken from an image of its ink (0 to 1). */
export const bookSpine = (hex, inkHex, ink) => {
  const cloth = bookCloth(hex);
  const inkColour = colour(inkHex);
  return {
    ...cloth,
    paint(hit) {
      cloth.paint(hit);
      blend(hit, inkColour, 0.95 * ink(hit.u, 1 - hit.v));
    },
  };
};

export const glazedMug = {
  gloss: 0.06,
  roughness: 0.04,
  translucency: 0,
  paint(hit) {
    set(hit, colour('#f1ece0'), 0.95 + 0.05 * noise(hit.x * 6, hit.y * 6, hit.z * 6));
    // Neither the handle nor the inside is painted.
    if (hit.seed > 0.5 || hit.v > 0.62) return;
    const band = (low, high) =>
      smoothstep(low, low + 0.008, hit.y) - smoothstep(high, high + 0.008, hit.y);
    const blue = colour('#2b5f8a');
    blend(hit, blue, 0.92 * Math.max(band(0.8, 0.86), band(0.1, 0.13), band(0.16, 0.22)));
    const turn = hit.u * 22 + hit.y * 7;
    const slanted = Math.abs((((turn % 1) + 1) % 1) - 0.5);
    blend(hit, blue, 0.9 * band(0.3, 0.72) * (1 - smoothstep(0.16, 0.2, slanted)));
  },
};

export const coffee = {
  gloss: 0.04,
  roughness: 0.02,
  translucency: 0,
  paint: (hit) => set(hit, colour('#3a2114')),
};

export const orangePeel = {
  gloss: 0.04,
  roughness: 0.22,
  translucency: 0.05,
  paint(hit) {
    const pores = noise(hit.x * 42, hit.y * 42, hit.z * 42);
    set(
      hit,
      colour('#f08a1c'),
      0.86 + 0.2 * fractal(hit.x * 5, hit.y * 5, hit.z * 5) - 0.16 * smoothstep(0.7, 0.95, pores),
    );
  },
  bump: (x, y, z) => -0.007 * smoothstep(0.5, 0.95, noise(x * 42, y * 42, z * 42)),
};

export const pencilPaint = {
  gloss: 0.05,
  roughness: 0.12,
  translucency: 0,
  // v runs from the blunt end to the tip.
  paint(hit) {
    if (hit.v < 0.05) set(hit, colour('#d98a86'));
    else if (hit.v < 0.1) set(hit, colour('#b9b4a6'), 0.7 + 0.3 * Math.sin(hit.v * 900));
    else if (hit.v < 0.88) set(hit, colour('#e2b33c'));
    else if (hit.v < 0.965) set(hit, colour('#d9b48a'));
    else set(hit, colour('#2a2a2c'));
  },
};

export const plain = (hex, gloss = 0, roughness = 0.5) => {
  const base = colour(hex);
  return { gloss, roughness, translucency: 0, paint: (hit) => set(hit, base) };
};

// --- the picture on the wall: a mosaic of a sun over the sea, in rows of small stones ------------

const STONE = 0.047;
const SUN = { x: 0.66, y: 0.56, radius: 0.24 };
const GROUT = colour('#e9e2d2');

function stoneColour(x, y, id) {
  const fromSun = Math.hypot(x - SUN.x, y - SUN.y);
  const pick = (...hexes) => colour(hexes[Math.floor(id * hexes.length)]);
  const wave = 0.36 + 0.035 * Math.sin(x * 11) + 0.01 * Math.sin(x * 29);
  if (y < wave) {
    const crest = Math.sin((y - 0.03 * Math.sin(x * 11)) * 62);
    return crest > 0.55
      ? pick('#d7e6e0', '#a9cdd0')
      : pick('#1f5f7a', '#2a7690', '#174a66', '#358a9c');
  }
  if (fromSun < SUN.radius) return pick('#f2b632', '#f6c95a', '#ec9a2a');
  if (fromSun < SUN.radius + 0.06) return pick('#d9552f', '#c8452c');
  const ray = Math.sin(Math.atan2(y - SUN.y, x - SUN.x) * 14);
  return ray > 0.25 ? pick('#f0d9a0', '#f4e3b8') : pick('#c9dbd6', '#b8d0d2', '#dbe4d8');
}

/** Stones in courses round the sun, in straight rows on the sea. Sizes in scene units. */
export const mosaic = (width, height) => ({
  gloss: 0.05,
  roughness: 0.15,
  translucency: 0,
  paint(hit) {
    const x = hit.u * width;
    const y = hit.v * height;
    const fromSun = Math.hypot(x - SUN.x, y - SUN.y);
    const round = y >= 0.36 + 0.035 * Math.sin(x * 11);
    const across = round ? fromSun : y - 0.03 * Math.sin(x * 11);
    const course = Math.floor(across / STONE);
    const count = Math.max(6, Math.round((2 * Math.PI * (course + 0.5) * STONE) / (STONE * 1.1)));
    const along = round
      ? ((Math.atan2(y - SUN.y, x - SUN.x) / (2 * Math.PI) + 0.5) * count + hash(course, 3)) * STONE
      : x * 0.9 + hash(course, 4) * STONE;
    const id = hash(course, Math.floor(along / STONE), round ? 1 : 2);
    set(hit, stoneColour(x, y, id), 0.82 + 0.3 * hash(course, Math.floor(along / STONE), 9));
    const joint = Math.min(edgeDistance(across, STONE), edgeDistance(along, STONE));
    blend(hit, GROUT, 1 - smoothstep(0.0035, 0.007, joint));
  },
});
