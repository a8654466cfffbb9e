const WIDTH = 30;

/** A line on a terminal that is drawn over again. Draws nothing when it is not a terminal. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #label: string;
  readonly #begun = performance.now();

  constructor(stream: NodeJS.WriteStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }

  /** @param fraction - in [0, 1] */
  show(fraction: number): void {
    if (!this.#stream.isTTY) return;
    const full = Math.round(fraction * WIDTH);
    const bar = '#'.repeat(full) + '.'.repeat(WIDTH - full);
    const percent = String(Math.floor(fraction * 100)).padStart(3);
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(1);
    this.#stream.write(`\r${this.#label} [${bar}] ${percent} % ${seconds} s`);
  }

  /** Clears the line. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
