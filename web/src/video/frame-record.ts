/** What is remembered of the last frames. */

interface Shown {
  at: number;
  latency: number;
  reused: number;
}

const WINDOW_MS = 2000;
const WINDOW_FRAMES = 60;
// Fewer say nothing about a machine.
const LEAST_FRAMES = 20;
const DROPPED_TOO_MUCH = 0.25;

/** Counts frames. All times are milliseconds of one clock. */
export class FrameRecord {
  frames = 0;
  dropped = 0;
  #shown: Shown[] = [];
  #latest = { since: 0, shown: 0, dropped: 0 };

  show(frame: Shown): void {
    this.frames++;
    this.#latest.shown++;
    this.#shown.push(frame);
    const oldest = frame.at - WINDOW_MS;
    const old = this.#shown.findIndex(({ at }) => at >= oldest);
    // Of a slow video all of the last frames are older.
    const most = Math.max(WINDOW_FRAMES, this.#shown.length - old);
    this.#shown = this.#shown.slice(-most);
  }

  drop(count: number): void {
    this.dropped += count;
    this.#latest.dropped += count;
  }

  /**
   * Whether the machine has fallen behind: more than a quarter of the frames of two seconds were
   * dropped. Asked once, it begins anew.
   */
  fellBehind(now: number): boolean {
    const { since, shown, dropped } = this.#latest;
    if (now - since < WINDOW_MS || shown + dropped < LEAST_FRAMES) return false;
    this.#latest = { since: now, shown: 0, dropped: 0 };
    // The first time there was no beginning.
    return since > 0 && dropped > DROPPED_TOO_MUCH * (shown + dropped);
  }

  /** Frames per second, over the last two seconds in which there were any. */
  get fps(): number {
    const last = this.#shown.at(-1);
    if (last === undefined) return 0;
    const recent = this.#shown.filter(({ at }) => at >= last.at - WINDOW_MS);
    const span = last.at - (recent[0] as Shown).at;
    return span > 0 ? ((recent.length - 1) / span) * 1000 : 0;
  }

  /** The median. */
  get latency(): number {
    const sorted = this.#last.map(({ latency }) => latency).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  /** The mean. */
  get reused(): number {
    const last = this.#last;
    return last.reduce((sum, { reused }) => sum + reused, 0) / Math.max(1, last.length);
  }

  get #last(): readonly Shown[] {
    return this.#shown.slice(-WINDOW_FRAMES);
  }
}
