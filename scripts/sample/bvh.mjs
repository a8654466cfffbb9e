// Finds the nearest triangle along a ray: a bounding volume hierarchy over a mesh.

const LEAF_SIZE = 4;

export class Bvh {
  #bounds = [];
  /**
   * For each node: a leaf's first triangle and its count, or an inner node's second child and 0.
   */
  #nodes = [];
  #order;
  #stack = new Int32Array(64);
  #corners;

  /** What the last successful call of `trace` found. */
  triangle = -1;
  distance = 0;
  u = 0;
  v = 0;

  constructor(positions) {
    const count = positions.length / 9;
    const centres = new Float64Array(count * 3);
    for (let i = 0; i < count; i++) {
      for (let axis = 0; axis < 3; axis++) {
        const at = i * 9 + axis;
        centres[i * 3 + axis] = (positions[at] + positions[at + 3] + positions[at + 6]) / 3;
      }
    }
    this.#order = Int32Array.from({ length: count }, (_, i) => i);
    this.#build(positions, centres, 0, count);
    this.#bounds = Float64Array.from(this.#bounds);
    this.#nodes = Int32Array.from(this.#nodes);
    // One corner and two edges, in the order of the leaves: what the intersection test reads.
    this.#corners = new Float64Array(count * 9);
    this.#order.forEach((triangle, slot) => {
      for (let k = 0; k < 9; k++) {
        const value = positions[triangle * 9 + k];
        this.#corners[slot * 9 + k] = k < 3 ? value : value - positions[triangle * 9 + (k % 3)];
      }
    });
  }

  #build(positions, centres, first, end) {
    const node = this.#nodes.length / 2;
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let i = first; i < end; i++) {
      for (let k = 0; k < 9; k++) {
        const value = positions[this.#order[i] * 9 + k];
        low[k % 3] = Math.min(low[k % 3], value);
        high[k % 3] = Math.max(high[k % 3], value);
      }
    }
    this.#bounds.push(...low, ...high);
    this.#nodes.push(first, end - first);
    if (end - first <= LEAF_SIZE) return;

    const size = high.map((h, axis) => h - low[axis]);
    const axis = size.indexOf(Math.max(...size));
    const part = this.#order.subarray(first, end);
    part.sort((a, b) => centres[a * 3 + axis] - centres[b * 3 + axis]);
    const middle = (first + end) >> 1;
    this.#build(positions, centres, first, middle);
    this.#nodes[node * 2] = this.#nodes.length / 2;
    this.#nodes[node * 2 + 1] = 0;
    this.#build(positions, centres, middle, end);
  }

  /**
   * Looks from (ox, oy, oz) along (dx, dy, dz) up to `limit`. Returns whether anything is there;
   * the nearest triangle is left in the fields above. With `any`, the first one found is enough
   * (for shadows).
   */
  trace(ox, oy, oz, dx, dy, dz, limit, any) {
    const bounds = this.#bounds;
    const nodes = this.#nodes;
    const stack = this.#stack;
    const ix = 1 / dx;
    const iy = 1 / dy;
    const iz = 1 / dz;
    let nearest = limit;
    let found = -1;
    let top = 0;
    stack[top++] = 0;
    while (top > 0) {
      const node = stack[--top];
      const b = node * 6;
      const x0 = (bounds[b] - ox) * ix;
      const x1 = (bounds[b + 3] - ox) * ix;
      const y0 = (bounds[b + 1] - oy) * iy;
      const y1 = (bounds[b + 4] - oy) * iy;
      const z0 = (bounds[b + 2] - oz) * iz;
      const z1 = (bounds[b + 5] - oz) * iz;
      const enter = Math.max(Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1), 0);
      const leave = Math.min(Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1), nearest);
      if (enter > leave) continue;
      const count = nodes[node * 2 + 1];
      if (count === 0) {
        stack[top++] = nodes[node * 2];
        stack[top++] = node + 1;
        continue;
      }
      const first = nodes[node * 2];
      for (let slot = first; slot < first + count; slot++) {
        const distance = this.#hit(slot, ox, oy, oz, dx, dy, dz, nearest);
        if (distance < nearest) {
          nearest = distance;
          found = slot;
          if (any) return true;
        }
      }
    }
    if (found < 0) return false;
    this.triangle = this.#order[found];
    this.distance = nearest;
    return true;
  }

  /**
   * Moeller-Trumbore; the distance, or Infinity. Leaves the barycentric coordinates in `u` and `v`
   * on a hit.
   */
  #hit(slot, ox, oy, oz, dx, dy, dz, nearest) {
    const c = this.#corners;
    const k = slot * 9;
    const ax = c[k + 3];
    const ay = c[k + 4];
    const az = c[k + 5];
    const bx = c[k + 6];
    const by = c[k + 7];
    const bz = c[k + 8];
    const px = dy * bz - dz * by;
    const py = dz * bx - dx * bz;
    const pz = dx * by - dy * bx;
    const determinant = ax * px + ay * py + az * pz;
    if (determinant > -1e-12 && determinant < 1e-12) return Infinity;
    const inverse = 1 / determinant;
    const tx = ox - c[k];
    const ty = oy - c[k + 1];
    const tz = oz - c[k + 2];
    const u = (tx * px + ty * py + tz * pz) * inverse;
    if (u < 0 || u > 1) return Infinity;
    const qx = ty * az - tz * ay;
    const qy = tz * ax - tx * az;
    const qz = tx * ay - ty * ax;
    const v = (dx * qx + dy * qy + dz * qz) * inverse;
    if (v < 0 || u + v > 1) return Infinity;
    const distance = (bx * qx + by * qy + bz * qz) * inverse;
    if (distance < 1e-4 || distance >= nearest) return Infinity;
    this.u = u;
    this.v = v;
    return distance;
  }
}
