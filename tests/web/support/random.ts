/** A small seeded generator (mulberry32), so that every failure can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** `count` numbers in [-scale, scale). */
  floats(count: number, scale = 1): number[] {
    return Array.from({ length: count }, () => (this.next() * 2 - 1) * scale);
  }

  /** `count` int8 codes in [-127, 127]. */
  codes(count: number): number[] {
    return Array.from({ length: count }, () => this.integer(-127, 127));
  }

  bytes(count: number): Uint8ClampedArray<ArrayBuffer> {
    return Uint8ClampedArray.from({ length: count }, () => this.integer(0, 255));
  }
}
