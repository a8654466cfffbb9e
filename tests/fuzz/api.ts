// Calls of the library in random order: create, upscale, abort, pause, dispose, with sizes and options
// of every kind, on real workers. Whatever the order, every promise settles as documented, and what
// comes back are the bytes that a quiet run gives.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Upscaler } from '../../web/src/index.ts';
import { openUpscaler } from '../web/support/node-upscaler.ts';

const MODELS = ['photo-x2-tiny', 'photo-x3-tiny'] as const;
const MOST_CALLS = 14;
// A call that takes longer is taken for one that never settles.
const MOST_MS = 60_000;

type ModelName = (typeof MODELS)[number];

interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

interface UpscaleCall {
  do: 'upscale';
  width: number;
  height: number;
  tileSize: number;
  /** Milliseconds. */
  abortAfter: number | null;
}

type Call =
  | { do: 'create'; model: ModelName }
  | UpscaleCall
  | { do: 'estimate'; width: number; height: number }
  | { do: 'pause' | 'resume' | 'dispose' }
  | { do: 'wait'; ms: number };

// Below and above those of a tile.
const extent = fc.integer({ min: 1, max: 90 });
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ do: fc.constant('create' as const), model: fc.constantFrom(...MODELS) }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('upscale' as const),
      width: extent,
      height: extent,
      tileSize: fc.integer({ min: 24, max: 96 }),
      abortAfter: fc.option(fc.integer({ min: 0, max: 40 })),
    }),
  },
  fc.record({ do: fc.constant('estimate' as const), width: extent, height: extent }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'dispose' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 30 }) }),
);

function pictureOf(width: number, height: number): Picture {
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (Math.imul(i + width, 2654435761) >>> 24) & 255,
  );
  return { width, height, data };
}

/** Pictures upscaled by themselves, once each. */
class Expected {
  readonly #upscalers = new Map<ModelName, Promise<Upscaler>>();
  readonly #results = new Map<string, Promise<unknown>>();

  get(model: ModelName, { width, height }: Picture): Promise<unknown> {
    const key = `${model} ${width}x${height}`;
    const known = this.#results.get(key) ?? this.#compute(model, pictureOf(width, height));
    this.#results.set(key, known);
    return known;
  }

  async #compute(model: ModelName, picture: Picture): Promise<unknown> {
    // A pool of its own: the fuzzed upscalers pause and dispose of theirs.
    const upscaler = this.#upscalers.get(model) ?? openUpscaler({ model, workers: 1 });
    this.#upscalers.set(model, upscaler);
    return (await upscaler).upscale(picture, { output: 'raw' });
  }

  async dispose(): Promise<void> {
    for (const upscaler of this.#upscalers.values()) await (await upscaler).dispose();
  }
}

/** An upscaler of a sequence. */
interface Subject {
  model: ModelName;
  opening: Promise<Upscaler>;
  disposed: boolean;
}

/** What is under way in one sequence of calls. */
class Sequence {
  readonly #expected: Expected;
  readonly #settled: Promise<void>[] = [];
  #subject: Subject;

  constructor(expected: Expected) {
    this.#expected = expected;
    this.#subject = this.#open(MODELS[0]);
  }

  async make(call: Call): Promise<void> {
    const subject = this.#subject;
    switch (call.do) {
      case 'create':
        this.#dispose(subject);
        this.#subject = this.#open(call.model);
        return;
      case 'upscale':
        return this.#upscale(subject, call);
      case 'wait':
        return new Promise((resolve) => setTimeout(resolve, call.ms));
      case 'dispose':
        return this.#dispose(subject);
      case 'estimate': {
        const { width, height } = call;
        const estimate = subject.opening.then((each) => each.estimate({ width, height }));
        return this.#mustSettle(subject, estimate);
      }
      default:
        return this.#mustSettle(
          subject,
          subject.opening.then((each) => each[call.do]()),
        );
    }
  }

  /** Ends what was begun: nothing may be left hanging. */
  async end(): Promise<void> {
    const subject = this.#subject;
    if (!subject.disposed) (await subject.opening).resume();
    await within(Promise.all(this.#settled), 'some call never settled');
    this.#dispose(subject);
    await within(Promise.all(this.#settled), 'dispose() never settled');
  }

  #open(model: ModelName): Subject {
    return { model, opening: openUpscaler({ model, workers: 2 }), disposed: false };
  }

  #dispose(subject: Subject): void {
    subject.disposed = true;
    this.#mustSettle(
      subject,
      subject.opening.then((upscaler) => upscaler.dispose()),
    );
  }

  #upscale(subject: Subject, { width, height, tileSize, abortAfter }: UpscaleCall): void {
    const picture = pictureOf(width, height);
    const stop = new AbortController();
    if (abortAfter !== null) setTimeout(() => stop.abort(new Error('stopped')), abortAfter);
    const options = { output: 'raw', tileSize, signal: stop.signal } as const;
    const check = async () => {
      const result = await (await subject.opening).upscale(picture, options);
      assert.deepEqual(result, await this.#expected.get(subject.model, picture));
    };
    this.#mustSettle(subject, check(), stop.signal);
  }

  /** A call may fail by its own abort, or because its upscaler was disposed; by nothing else. */
  #mustSettle(subject: Subject, work: Promise<unknown>, signal?: AbortSignal): void {
    const settled = work.then(
      () => {},
      (error) => {
        if (signal?.aborted && error === signal.reason) return;
        if (subject.disposed && error?.code === 'ERR_DISPOSED') return;
        throw error;
      },
    );
    // Looked at in the end; until then it is no unhandled rejection.
    settled.catch(() => {});
    this.#settled.push(settled);
  }
}

async function within<T>(work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), MOST_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long to go on: for some seconds, or for a number of sequences. */
export interface ApiOptions {
  seconds?: number | undefined;
  runs?: number | undefined;
  /** Of the first sequence; the same seed gives the same ones. */
  seed?: number | undefined;
}

/**
 * Makes sequences of calls. The error of one that fails holds the shortest that does, and its seed.
 *
 * @returns how many were made.
 */
export async function fuzzApi({ seconds, runs, seed }: ApiOptions): Promise<number> {
  const expected = new Expected();
  let made = 0;
  const holds = fc.asyncProperty(fc.array(call, { maxLength: MOST_CALLS }), async (calls) => {
    made++;
    const sequence = new Sequence(expected);
    for (const each of calls) await sequence.make(each);
    await sequence.end();
  });
  try {
    await fc.assert(holds, {
      numRuns: runs ?? Number.MAX_SAFE_INTEGER,
      ...(seconds === undefined ? {} : { interruptAfterTimeLimit: 1000 * seconds }),
      ...(seed === undefined ? {} : { seed }),
    });
  } finally {
    await expected.dispose();
  }
  return made;
}
