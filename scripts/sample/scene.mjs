// The sample picture: a table by a brick wall in afternoon light, with a plant, books, fruit, a mug
// and a mosaic.

import sharp from 'sharp';
import * as materials from './materials.mjs';
import { Mesh, normalize, placed } from './mesh.mjs';
import { random } from './noise.mjs';

const WALL_Z = -0.95;
const POT = [-1.6, 0, -0.1];

const still = ([x, y, z]) => placed(0, [x, y, z]);

/**
 * An image of the lettering of a book's spine, as a function of (u, v) that gives its ink from 0 to
 * 1.
 */
async function lettering(left, right, aspect) {
  const height = 160;
  const width = Math.round(height * aspect);
  const text = (x, anchor, size, style, words) =>
    `<text x="${x}" y="${height * 0.5 + size * 0.34}" text-anchor="${anchor}" font-family="DejaVu Serif, serif" ` +
    `font-size="${size}" ${style} fill="#fff">${words}</text>`;
  const rule = (x) => `<rect x="${x}" y="0" width="7" height="${height}" fill="#fff"/>`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    rule(36) +
    rule(52) +
    rule(width - 43) +
    rule(width - 59) +
    text(84, 'start', 62, 'font-weight="bold"', left) +
    text(width - 84, 'end', 36, 'font-style="italic" font-weight="bold"', right) +
    '</svg>';
  const { data, info } = await sharp(Buffer.from(svg))
    .flatten({ background: '#000' })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return (u, v) => {
    const x = Math.min(info.width - 1, Math.max(0, Math.floor(u * info.width)));
    const y = Math.min(info.height - 1, Math.max(0, Math.floor(v * info.height)));
    return data[(y * info.width + x) * info.channels] / 255;
  };
}

function addRoom(mesh) {
  mesh.quad(materials.brickWall, [
    [-9, -1, WALL_Z],
    [9, -1, WALL_Z],
    [9, 7, WALL_Z],
    [-9, 7, WALL_Z],
  ]);
  mesh.quad(materials.woodenTable, [
    [-9, 0, 4],
    [9, 0, 4],
    [9, 0, WALL_Z],
    [-9, 0, WALL_Z],
  ]);
}

/** One leaf: folded along its midrib, drooping to its tip. */
function addLeaf(mesh, base, heading, { length, width, droop, lift, seed }) {
  const [hx, hz] = [Math.cos(heading), Math.sin(heading)];
  const point = (u, v) => {
    const across = (u - 0.5) * 2;
    const half = width * Math.sin(Math.PI * Math.min(1, Math.max(0, v)) ** 0.75) * 0.5;
    const out = length * (v - 0.18 * v * v);
    const rise = length * (lift * v - droop * v * v) + 0.35 * half * Math.abs(across);
    const ripple = 0.06 * half * Math.sin(v * 21 + seed * 30) * across * across;
    return [
      base[0] + hx * out - hz * half * across,
      base[1] + rise + ripple,
      base[2] + hz * out + hx * half * across,
    ];
  };
  mesh.patch(materials.leaf, 6, 12, (u, v) => point(1 - u, v), seed);
}

function addPlant(mesh) {
  const [px, , pz] = POT;
  const profile = (t) => {
    // Up the outside, over the rim, down the inside.
    if (t < 0.62) return [0.4 + 0.17 * (t / 0.62), 0.76 * (t / 0.62)];
    if (t < 0.68) return [0.57 + 0.06 * ((t - 0.62) / 0.06), 0.76];
    if (t < 0.86) return [0.63 + 0.015 * ((t - 0.68) / 0.18), 0.76 + 0.2 * ((t - 0.68) / 0.18)];
    if (t < 0.92) return [0.645 - 0.09 * ((t - 0.86) / 0.06), 0.96];
    return [0.555, 0.96 - 0.16 * ((t - 0.92) / 0.08)];
  };
  mesh.lathe(materials.terracotta, profile, POT, { along: 100 });
  mesh.lathe(materials.soil, (t) => [0.56 * (1 - t) + 1e-4, 0.84], POT, { along: 8 });

  const pick = random(20);
  for (let s = 0; s < 15; s++) {
    const heading = (s / 15) * 2 * Math.PI + 0.5 * pick();
    const reach = 0.25 + 0.62 * pick();
    const height = 1.0 + 1.05 * pick() * (1.25 - reach * 0.6);
    // Nothing may grow into the wall.
    const depth = Math.sin(heading) < 0 ? 0.6 : 1;
    const path = (t) => [
      px + Math.cos(heading) * reach * t * t + 0.1 * Math.cos(heading),
      0.82 + height * (1.25 * t - 0.25 * t * t),
      pz + Math.sin(heading) * reach * t * t * depth + 0.1 * Math.sin(heading),
    ];
    mesh.tube(materials.stem, path, (t) => 0.026 * (1 - 0.6 * t), { seed: pick() });
    const leaves = 7;
    for (let k = 0; k < leaves; k++) {
      const t = 0.32 + (0.68 * k) / (leaves - 1);
      const size = 0.75 + 0.45 * pick();
      const turn = k === leaves - 1 ? heading : heading + (k % 2 ? 1 : -1) * (0.7 + 0.7 * pick());
      const towardsWall = Math.sin(turn) < -0.3 ? 0.75 : 1;
      addLeaf(mesh, path(t), turn, {
        length: 0.52 * size * towardsWall,
        width: 0.3 * size,
        droop: 0.35 + 0.5 * pick(),
        lift: 0.35 + 0.45 * pick(),
        seed: pick(),
      });
    }
  }
}

async function addBooks(mesh) {
  const books = [
    {
      size: [1.95, 0.3, 1.3],
      turn: 0.1,
      at: [0.3, -0.08],
      cover: '#1f4d4a',
      ink: '#e8d39a',
      left: 'THE OVERLAP',
      right: 'a tale of two tiles',
    },
    {
      size: [1.78, 0.24, 1.2],
      turn: -0.09,
      at: [0.37, -0.1],
      cover: '#a63a2c',
      ink: '#f6e6c6',
      left: 'Fine Texture',
      right: 'fabric, brick &amp; leaf',
    },
    {
      size: [1.6, 0.27, 1.12],
      turn: 0.2,
      at: [0.26, -0.06],
      cover: '#d8b765',
      ink: '#33261a',
      left: 'SMALL PICTURES',
      right: 'vol. 2',
    },
  ];
  let y = 0.001;
  for (const { size, turn, at, cover, ink, left, right } of books) {
    const [width, height, depth] = size;
    const board = 0.028;
    const cloth = materials.bookCloth(cover);
    const letters = await lettering(left, right, width / height);
    const spine = materials.bookSpine(cover, ink, letters);
    const place = (lift) => placed(turn, [at[0], y + lift, at[1]]);
    mesh.box([width, board, depth], cloth, place(0));
    mesh.box([width, board, depth], cloth, place(height - board));
    const pages = placed(turn, [at[0], y + board, at[1]]);
    mesh.box([width - 0.05, height - 2 * board, depth - 0.06], materials.paper, pages);
    // The spine: a gently rounded strip in front of the pages.
    const front = (u, v) => {
      const bulge = 0.045 * Math.sin(Math.PI * Math.min(1, Math.max(0, v)));
      return place(0)([(u - 0.5) * width, v * height, depth / 2 + bulge]);
    };
    mesh.patch(spine, 4, 12, front);
    y += height;
  }
  return y;
}

function addSphere(mesh, material, [x, y, z], radius) {
  const profile = (t) => {
    const angle = (t - 0.5) * Math.PI;
    return [radius * Math.cos(angle) + 1e-5, radius * (0.94 * Math.sin(angle) + 0.94)];
  };
  mesh.lathe(material, profile, [x, y, z], { around: 72, along: 40 });
}

function addFruit(mesh, bookTop) {
  addSphere(mesh, materials.orangePeel, [0.56, bookTop, 0.0], 0.29);
  addSphere(mesh, materials.orangePeel, [-0.98, 0, 0.86], 0.29);
  addSphere(mesh, materials.plain('#4a6b2d', 0, 1), [0.56, bookTop + 0.535, 0.0], 0.022);
}

function addMug(mesh) {
  const at = [1.78, 0.03, 0.55];
  const profile = (t) => {
    if (t < 0.06) return [0.3 + 0.08 * (t / 0.06), 0.02 * (t / 0.06)];
    if (t < 0.6) {
      const s = (t - 0.06) / 0.54;
      return [0.38 + 0.05 * Math.sin(Math.PI * s * 0.6), 0.02 + 0.9 * s];
    }
    if (t < 0.66)
      return [
        0.4276 - 0.034 * ((t - 0.6) / 0.06),
        0.92 + 0.008 * Math.sin(((t - 0.6) / 0.06) * Math.PI),
      ];
    const s = (t - 0.66) / 0.34;
    return [0.393 - 0.02 * s, 0.92 - 0.5 * s];
  };
  mesh.lathe(materials.glazedMug, profile, at, { along: 120 });
  mesh.lathe(materials.coffee, (t) => [0.39 * (1 - t) + 1e-4, 0.8], at, { along: 4 });
  const handle = (t) => {
    const angle = -0.5 * Math.PI + Math.PI * t;
    const out = 0.36 + 0.34 * Math.cos(angle);
    return [
      at[0] + out * Math.cos(-0.35),
      at[1] + 0.48 + 0.27 * Math.sin(angle),
      at[2] + out * 0.35,
    ];
  };
  mesh.tube(materials.glazedMug, handle, () => 0.058, { around: 20, along: 40, seed: 0.9 });
}

function addCloth(mesh) {
  const [width, depth] = [2.1, 1.7];
  const place = placed(0.42, [1.75, 0.008, 0.72]);
  const material = materials.plaid(width, depth);
  const point = (u, v) => {
    const wave = 0.02 + 0.018 * Math.sin(u * 9 + v * 4) * Math.sin(v * 7 + 1);
    return place([(u - 0.5) * width, wave, (0.5 - v) * depth]);
  };
  mesh.patch(material, 60, 60, point);
}

function addPencil(mesh) {
  const from = [-0.35, 0.052, 1.62];
  const to = [0.62, 0.052, 1.2];
  const path = (t) => from.map((a, i) => a + (to[i] - a) * t);
  const radius = (t) => (t < 0.88 ? 0.05 : 0.05 * Math.max(0.02, (1 - t) / 0.12));
  mesh.tube(materials.pencilPaint, path, radius, { around: 6, along: 100 });
}

function addPicture(mesh) {
  const [width, height] = [1.36, 1.06];
  const frame = materials.wooden('#4a2f1d', '#7b5230');
  const [x, y] = [0.86, 1.86];
  const bar = 0.09;
  const z = WALL_Z + 0.06;
  const add = (size, at, seed) => mesh.box(size, frame, still(at), seed);
  add([width + 2 * bar, bar, 0.12], [x + width / 2, y - bar, z], 0.1);
  add([width + 2 * bar, bar, 0.12], [x + width / 2, y + height, z], 0.3);
  add([bar, height, 0.12], [x - bar / 2, y, z], 0.5);
  add([bar, height, 0.12], [x + width + bar / 2, y, z], 0.7);
  const face = WALL_Z + 0.05;
  mesh.quad(materials.mosaic(width, height), [
    [x, y, face],
    [x + width, y, face],
    [x + width, y + height, face],
    [x, y + height, face],
  ]);
}

/** The whole scene: `{mesh, camera, sun}`. */
export async function buildScene() {
  const mesh = new Mesh();
  addRoom(mesh);
  addPlant(mesh);
  const bookTop = await addBooks(mesh);
  addFruit(mesh, bookTop);
  addMug(mesh);
  addCloth(mesh);
  addPencil(mesh);
  addPicture(mesh);
  return {
    mesh,
    camera: { from: [0.15, 2.5, 9], to: [0.1, 1.4, 0], fieldOfView: 24.5 },
    sun: normalize([-0.72, 0.72, 0.85]),
  };
}
