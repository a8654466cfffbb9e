// Builds the scene's surfaces as triangles: boxes, surfaces of revolution, tubes and leaves.

const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

export function normalize(a) {
  const length = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

/** Turns a point about the vertical axis by `angle` radians, then moves it. */
export function placed(angle, [ox, oy, oz]) {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return ([x, y, z]) => [c * x + s * z + ox, y + oy, c * z - s * x + oz];
}

export class Mesh {
  /** Nine numbers a triangle: three corners. */
  positions = [];
  /** Nine numbers a triangle: the normal at each corner. */
  normals = [];
  /** Six numbers a triangle: (u, v) at each corner. */
  uvs = [];
  /** Index into `materials` for each triangle. */
  materialOf = [];
  /** A number in [0, 1) for each triangle, by which like things differ (one leaf from the next). */
  seeds = [];
  materials = [];

  #materialIndex(material) {
    const index = this.materials.indexOf(material);
    return index >= 0 ? index : this.materials.push(material) - 1;
  }

  triangle(material, corners, uvs, normals, seed = 0) {
    const flat = normalize(
      cross(subtract(corners[1], corners[0]), subtract(corners[2], corners[0])),
    );
    for (let i = 0; i < 3; i++) {
      this.positions.push(...corners[i]);
      this.uvs.push(...uvs[i]);
      this.normals.push(...(normals ? normals[i] : flat));
    }
    this.materialOf.push(this.#materialIndex(material));
    this.seeds.push(seed);
  }

  /**
   * Corners counter-clockwise as seen from outside; u runs from the first to the second, v from the
   * first to the last.
   */
  quad(material, [a, b, c, d], seed = 0) {
    const uvs = { a: [0, 0], b: [1, 0], c: [1, 1], d: [0, 1] };
    this.triangle(material, [a, b, c], [uvs.a, uvs.b, uvs.c], null, seed);
    this.triangle(material, [a, c, d], [uvs.a, uvs.c, uvs.d], null, seed);
  }

  /** A box standing on the origin, then moved by `place`, all of one material. */
  box([width, height, depth], material, place, seed = 0) {
    const x = width / 2;
    const z = depth / 2;
    const at = (sx, sy, sz) => place([sx * x, sy * height, sz * z]);
    this.quad(material, [at(-1, 0, 1), at(1, 0, 1), at(1, 1, 1), at(-1, 1, 1)], seed);
    this.quad(material, [at(1, 0, -1), at(-1, 0, -1), at(-1, 1, -1), at(1, 1, -1)], seed);
    this.quad(material, [at(-1, 0, -1), at(-1, 0, 1), at(-1, 1, 1), at(-1, 1, -1)], seed);
    this.quad(material, [at(1, 0, 1), at(1, 0, -1), at(1, 1, -1), at(1, 1, 1)], seed);
    this.quad(material, [at(-1, 1, 1), at(1, 1, 1), at(1, 1, -1), at(-1, 1, -1)], seed);
    this.quad(material, [at(-1, 0, -1), at(1, 0, -1), at(1, 0, 1), at(-1, 0, 1)], seed);
  }

  /**
   * A grid of `columns` by `rows` cells with smooth normals. `point(u, v)` gives the surface for u
   * and v in [0, 1]; its outside is where du x dv points.
   */
  patch(material, columns, rows, point, seed = 0) {
    const step = 1e-3;
    const vertex = (u, v) => {
      const du = subtract(point(u + step, v), point(u - step, v));
      const dv = subtract(point(u, v + step), point(u, v - step));
      return { position: point(u, v), normal: normalize(cross(du, dv)), uv: [u, v] };
    };
    const grid = [];
    for (let j = 0; j <= rows; j++) {
      for (let i = 0; i <= columns; i++) grid.push(vertex(i / columns, j / rows));
    }
    const add = (...corners) =>
      this.triangle(
        material,
        corners.map((c) => c.position),
        corners.map((c) => c.uv),
        corners.map((c) => c.normal),
        seed,
      );
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const a = grid[j * (columns + 1) + i];
        const b = grid[j * (columns + 1) + i + 1];
        const c = grid[(j + 1) * (columns + 1) + i + 1];
        const d = grid[(j + 1) * (columns + 1) + i];
        add(a, b, c);
        add(a, c, d);
      }
    }
  }

  /**
   * A surface of revolution about a vertical axis; `profile(t)` gives [radius, height], outside
   * first.
   */
  lathe(material, profile, [ox, oy, oz], { around = 96, along = 48, seed = 0 } = {}) {
    const point = (u, v) => {
      const [radius, height] = profile(v);
      const angle = -2 * Math.PI * u;
      return [ox + radius * Math.cos(angle), oy + height, oz + radius * Math.sin(angle)];
    };
    this.patch(material, around, along, point, seed);
  }

  /** A tube along `path(t)` with radius `radius(t)`. */
  tube(material, path, radius, { around = 12, along = 16, seed = 0 } = {}) {
    const point = (u, v) => {
      const centre = path(v);
      const ahead = normalize(subtract(path(v + 1e-3), path(v - 1e-3)));
      const side = normalize(cross(ahead, Math.abs(ahead[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0]));
      const up = cross(side, ahead);
      const c = Math.cos(2 * Math.PI * u) * radius(v);
      const s = Math.sin(2 * Math.PI * u) * radius(v);
      return centre.map((x, i) => x - c * side[i] + s * up[i]);
    };
    this.patch(material, around, along, point, seed);
  }
}
