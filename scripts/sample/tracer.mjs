// A path tracer: follows light from the camera back to the sun and the sky.

import { Bvh } from './bvh.mjs';
import { normalize } from './mesh.mjs';
import { hash, random, smoothstep } from './noise.mjs';

const MAX_BOUNCES = 3;
const SUN_COLOUR = [2.5, 2.1, 1.55];
/** Radius of the sun's disc as a tangent: larger than the real one, for softer shadows. */
const SUN_SIZE = 0.012;
const BUMP_STEP = 0.0015;

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Two directions at right angles to `n` and to each other. */
function frame(n) {
  const side = normalize(cross(n, Math.abs(n[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0]));
  return [side, cross(side, n)];
}

function around(n, [a, b], x, y, z) {
  return [
    a[0] * x + b[0] * y + n[0] * z,
    a[1] * x + b[1] * y + n[1] * z,
    a[2] * x + b[2] * y + n[2] * z,
  ];
}

/**
 * The room behind the camera as matt surfaces see it: pale, brighter to the left where the window
 * is.
 */
function ambient(d) {
  const level = 0.3 + 0.1 * d[1] - 0.14 * d[0] + 0.1 * d[2];
  return [0.88 * level, 0.97 * level, 1.12 * level];
}

/** The same room as it shows in glossy things: with the window and its panes. */
function reflection(d) {
  const across = d[0] * 0.72 - d[2] * 0.5 + 0.72;
  const inWindow = Math.abs(across) < 0.34 && d[1] > 0.02 && d[1] < 0.62 && d[2] > 0;
  const onBar = Math.abs(d[1] - 0.32) < 0.018 || Math.abs(across) < 0.022;
  return inWindow && !onBar ? [2.6, 2.8, 3.1] : ambient(d);
}

/** Fresnel's law, in Schlick's form; a rough surface gleams less at a low angle. */
function mirroredShare({ gloss, roughness }, facing) {
  const low = (1 - Math.min(1, Math.max(0, facing))) ** 5;
  return gloss + (1 - gloss) * (1 - roughness) * low;
}

/** A direction off a matt surface, more likely near its normal. */
function scatter(normal, next) {
  const angle = 2 * Math.PI * next();
  const spread = next();
  const radius = Math.sqrt(spread);
  const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
  return around(normal, frame(normal), x, y, Math.sqrt(1 - spread));
}

export class Tracer {
  #mesh;
  #bvh;
  #camera;
  #sun;
  #sunFrame;
  #hit = {
    x: 0,
    y: 0,
    z: 0,
    u: 0,
    v: 0,
    seed: 0,
    r: 0,
    g: 0,
    b: 0,
    normal: [0, 0, 1],
    flat: [0, 0, 1],
  };

  constructor({ mesh, camera, sun }) {
    this.#mesh = mesh;
    this.#bvh = new Bvh(mesh.positions);
    this.#sun = sun;
    this.#sunFrame = frame(sun);
    const ahead = normalize(camera.to.map((x, i) => x - camera.from[i]));
    const right = normalize(cross(ahead, [0, 1, 0]));
    const scale = Math.tan((camera.fieldOfView * Math.PI) / 360);
    this.#camera = { from: camera.from, ahead, right, up: cross(right, ahead), scale };
  }

  /**
   * Linear light of one row of a picture, three numbers a pixel; `samples` squared rays go through
   * each pixel.
   */
  row(y, width, height, samples) {
    const { from, ahead, right, up, scale } = this.#camera;
    const light = new Float64Array(width * 3);
    for (let x = 0; x < width; x++) {
      const next = random(Math.floor(hash(x, y, 77) * 4294967296));
      for (let s = 0; s < samples * samples; s++) {
        const sx = x + ((s % samples) + next()) / samples;
        const sy = y + (Math.floor(s / samples) + next()) / samples;
        const px = ((2 * sx - width) / height) * scale;
        const py = (1 - (2 * sy) / height) * scale;
        const direction = normalize(ahead.map((a, i) => a + right[i] * px + up[i] * py));
        const [r, g, b] = this.#follow(from, direction, next, false);
        light[x * 3] += r;
        light[x * 3 + 1] += g;
        light[x * 3 + 2] += b;
      }
    }
    return light.map((value) => value / (samples * samples));
  }

  /**
   * The light that comes in along a ray. Where it first meets something glossy, the mirrored part
   * is followed on its own: left to chance, it would be a rare bright speck. `mirrored` tells that
   * this ray is such a part.
   */
  #follow(origin, direction, next, mirrored) {
    const sum = [0, 0, 0];
    const weight = [1, 1, 1];
    let from = origin;
    let ray = direction;
    for (let bounce = 0; ; bounce++) {
      if (!this.#bvh.trace(...from, ...ray, Infinity, false)) {
        const room = mirrored && bounce === 0 ? reflection(ray) : ambient(ray);
        return sum.map((value, i) => value + weight[i] * room[i]);
      }
      const hit = this.#look(from, ray);
      const material = this.#mesh.materials[this.#mesh.materialOf[this.#bvh.triangle]];
      material.paint(hit);
      this.#relief(material, hit, ray);
      const { normal, flat } = hit;
      const here = [hit.x, hit.y, hit.z];
      const outside = here.map((x, i) => x + 1e-3 * flat[i]);
      const albedo = [hit.r, hit.g, hit.b];

      if (bounce === 0 && !mirrored && material.gloss > 0) {
        const share = mirroredShare(material, -dot(normal, ray));
        const bright = this.#mirror(outside, ray, normal, flat, material.roughness, next);
        for (let i = 0; i < 3; i++) {
          sum[i] += share * bright[i];
          weight[i] *= 1 - share;
        }
      }
      const sunlight = this.#sunlight(outside, flat, normal, material.translucency, next);
      for (let i = 0; i < 3; i++) {
        weight[i] *= albedo[i];
        sum[i] += weight[i] * sunlight * SUN_COLOUR[i];
      }
      if (bounce >= MAX_BOUNCES) return sum;

      const through = next() < material.translucency;
      ray = scatter(through ? normal.map((n) => -n) : normal, next);
      from = through ? here.map((x, i) => x - 1e-3 * flat[i]) : outside;
    }
  }

  #mirror(point, ray, normal, flat, roughness, next) {
    const reach = 2 * dot(normal, ray);
    const towards = normalize(
      ray.map((d, i) => d - reach * normal[i] + roughness * (next() + next() - 1)),
    );
    return dot(towards, flat) > 0 ? this.#follow(point, towards, next, true) : [0, 0, 0];
  }

  /** Fills in where the ray has met the surface, with normals that face the viewer. */
  #look(from, ray) {
    const { triangle, distance, u, v } = this.#bvh;
    const { normals, uvs, seeds, positions } = this.#mesh;
    const hit = this.#hit;
    const w = 1 - u - v;
    hit.x = from[0] + ray[0] * distance;
    hit.y = from[1] + ray[1] * distance;
    hit.z = from[2] + ray[2] * distance;
    const t = triangle * 6;
    hit.u = w * uvs[t] + u * uvs[t + 2] + v * uvs[t + 4];
    hit.v = w * uvs[t + 1] + u * uvs[t + 3] + v * uvs[t + 5];
    hit.seed = seeds[triangle];
    const k = triangle * 9;
    const at = (i) => positions[k + i];
    let flat = normalize(
      cross(
        [at(3) - at(0), at(4) - at(1), at(5) - at(2)],
        [at(6) - at(0), at(7) - at(1), at(8) - at(2)],
      ),
    );
    let smooth = normalize(
      [0, 1, 2].map((i) => w * normals[k + i] + u * normals[k + 3 + i] + v * normals[k + 6 + i]),
    );
    if (dot(flat, ray) > 0) flat = flat.map((n) => -n);
    if (dot(smooth, flat) < 0) smooth = smooth.map((n) => -n);
    hit.flat = flat;
    hit.normal = smooth;
    return hit;
  }

  /** Tilts the normal by the slope of the material's relief. */
  #relief({ bump }, hit, ray) {
    if (!bump) return;
    const { x, y, z, normal } = hit;
    const here = bump(x, y, z);
    const slope = [
      (bump(x + BUMP_STEP, y, z) - here) / BUMP_STEP,
      (bump(x, y + BUMP_STEP, z) - here) / BUMP_STEP,
      (bump(x, y, z + BUMP_STEP) - here) / BUMP_STEP,
    ];
    const outward = dot(slope, normal);
    const tilted = normalize(normal.map((n, i) => n - (slope[i] - outward * n)));
    if (dot(tilted, ray) < 0) hit.normal = tilted;
  }

  /**
   * Share of the sun that reaches a point: through the window's panes, past everything in its way.
   */
  #sunlight(point, flat, normal, translucency, next) {
    const [a, b] = this.#sunFrame;
    const angle = 2 * Math.PI * next();
    const radius = SUN_SIZE * Math.sqrt(next());
    const towards = normalize(
      around(this.#sun, [a, b], radius * Math.cos(angle), radius * Math.sin(angle), 1),
    );
    const lit = dot(normal, towards);
    const behind = dot(flat, towards) < 0;
    const share = behind ? translucency * -Math.min(0, lit) : (1 - translucency) * Math.max(0, lit);
    if (share <= 0) return 0;
    const panes = this.#panes(dot(point, a), dot(point, b));
    if (panes <= 0) return 0;
    const from = behind ? point.map((x, i) => x - 2e-3 * flat[i]) : point;
    const shaded = this.#bvh.trace(
      from[0],
      from[1],
      from[2],
      towards[0],
      towards[1],
      towards[2],
      Infinity,
      true,
    );
    return shaded ? 0 : share * panes;
  }

  /** The sun comes through a window behind the viewer; its bars leave slanting shadows. */
  #panes(x, y) {
    const bar = (t, period, half) => {
      const phase = Math.abs(t / period - Math.round(t / period)) * period;
      return smoothstep(half, half + 0.05, phase);
    };
    return bar(x + 0.42, 1.9, 0.06) * bar(y + 0.55, 1.5, 0.05);
  }
}
