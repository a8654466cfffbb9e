/** Memory that is used again: collectors let tens of megabytes of buffers wait, in every worker. */

/** Buffers that nobody reads any more, by their lengths. */
export class SpareBuffers {
  readonly #most: number;
  readonly #byLength = new Map<number, ArrayBuffer[]>();

  /** @param most - how many are kept of a length */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** One of exactly so many bytes, whatever is in it. */
  take(bytes: number): ArrayBuffer | undefined {
    return this.#byLength.get(bytes)?.pop();
  }

  give(buffer: ArrayBuffer): void {
    const kept = this.#byLength.get(buffer.byteLength) ?? [];
    if (kept.length < this.#most) kept.push(buffer);
    this.#byLength.set(buffer.byteLength, kept);
  }
}

/** Gives the memory of a buffer back at once, where the host can. Not of one that came in a message. */
export function freeBuffer(buffer: ArrayBufferLike): void {
  const { transfer } = buffer as { transfer?(length: number): unknown };
  if (buffer.byteLength > 0) transfer?.call(buffer, 0);
}
