// Bands over sessions that count rows as the engine does, with workers that come and go in any order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpareBuffers } from '../../../web/src/base/buffers.ts';
import { BandCutter } from '../../../web/src/pool/band-cutter.ts';
import type { Part } from '../../../web/src/pool/cutter.ts';
import type { Holder } from '../../../web/src/pool/fair-queue.ts';
import { type BandPlan, needOfTiles, planBands, planRun } from '../../../web/src/tiling/bands.ts';
import { estimateRun } from '../../../web/src/tiling/estimate.ts';
import type { TilingFacts } from '../../../web/src/tiling/overlap.ts';
import { whole } from '../../../web/src/tiling/target.ts';
import type { ModelInfo, RowFlow } from '../../../web/src/types.ts';
import type { AlphaRows, TileWork } from '../../../web/src/worker/protocol.ts';
import { Random } from '../support/random.ts';
import { PLAIN } from '../support/tiling-facts.ts';

type Facts = TilingFacts & { rowFlow: RowFlow };

const FLOWING: Facts = {
  ...PLAIN,
  rowFlow: { rows: 16, outputLag: 14, fixedBytes: 1000, columnBytes: 2000 },
  noRowFlowBecause: '',
};

/** What a session knows of the rows that it was given. */
class Session {
  readonly #flow: RowFlow;
  readonly #scale: number;
  readonly #top: number;
  #height = 0;
  #taken = 0;
  #passes = 0;

  constructor(facts: Facts, top: number) {
    this.#flow = facts.rowFlow;
    this.#scale = facts.scale;
    this.#top = top;
  }

  get top(): number {
    return this.#top;
  }

  get #finished(): number {
    const { rows, outputLag } = this.#flow;
    const rowsOut = this.#passes * rows * this.#scale - outputLag;
    return Math.min(Math.max(0, rowsOut), this.#height * this.#scale);
  }

  /** Answers a request: the output rows that it keeps, counted in the strip. */
  run({ shape, pixels, alphaRows, take }: TileWork): { from: number; to: number } {
    assert.ok('x' in take, 'rows come as they are');
    this.#height = shape.height;
    const { above = 0, below = 0 } = alphaRows ?? {};
    let left = pixels.byteLength / shape.width / 4 - above - below;
    if (alphaRows !== undefined) this.#checkAlpha(alphaRows, left);
    const before = this.#finished;
    while (this.#finished - before < take.y + take.height) {
      const rows = Math.min(this.#flow.rows, this.#height - this.#taken);
      assert.ok(rows <= left, 'the rows suffice');
      left -= rows;
      this.#taken += rows;
      this.#passes++;
    }
    // What only fills an image up at its lower end may not be needed.
    assert.ok(left === 0 || this.#taken + left === this.#height, 'no row is left over');
    const from = this.#top * this.#scale + before + take.y;
    return { from, to: from + take.height };
  }

  /** The image's rows reach as far as colours spread and enlarging looks, or to its ends. */
  #checkAlpha({ above, below, from, to }: AlphaRows, taken: number): void {
    const [first, height] = [this.#top + this.#taken, this.#top + this.#height];
    const bottom = from.y + from.height;
    assert.deepEqual([from.y + above, bottom - below], [first, first + taken]);
    assert.ok(from.y === 0 || from.y <= first - 8);
    assert.ok(bottom === height || bottom >= first + taken + 8);
    assert.ok(from.y === 0 || from.y <= to.y / this.#scale - 2);
    assert.ok(bottom === height || bottom >= (to.y + to.height) / this.#scale + 2);
    assert.equal(from.wholeHeight, height);
  }
}

interface Case {
  facts: Facts;
  width: number;
  height: number;
  workers: number;
  alpha: boolean;
}

function randomCase(random: Random): Case {
  const sizeMultiple = random.pick([1, 1, 2, 4]);
  const overlap = sizeMultiple * random.integer(1, 40);
  const scale = random.pick([1, 2, 3, 4]);
  const facts = {
    ...FLOWING,
    scale,
    sizeMultiple,
    smallest: random.pick([1, 24]),
    overlap,
    border: random.integer(0, Math.min(overlap, 12)),
    rowFlow: {
      rows: 16,
      outputLag: random.integer(0, overlap * scale),
      fixedBytes: 0,
      columnBytes: random.pick([1e3, 1e5]),
    },
  };
  return {
    facts,
    width: random.integer(1, 400),
    height: random.integer(1, 1500),
    workers: random.integer(1, 5),
    alpha: random.next() < 0.3,
  };
}

/** Runs a plan with workers that are lost and taken away at random; checks and counts all rows. */
function simulate({ facts, width, height, workers, alpha }: Case, random: Random): void {
  const plan = planBands({ width, height, workers }, facts);
  // Pixels do not matter here, but there have to be as many of them.
  const data = new Uint8Array(width * height * 4);
  const image = { data, width, height, channels: 4 as const };
  const { scale, smallest, overlap } = facts;
  const cutter = new BandCutter({ image, plan, scale, smallest, alpha, ownAlpha: false }, workers);
  const holders: Holder[] = Array.from({ length: workers }, () => ({ held: undefined }));
  const sessions = new Map<Holder, Session>();
  const spares = new SpareBuffers();
  const covered = new Uint8Array(Math.ceil(height * scale) * plan.across.count);
  const indices = new Set<number>();
  function answer(part: Part, worker: Holder): void {
    const request = part.work(worker, spares);
    const strip = part.index % plan.across.count;
    if (request.begins) {
      sessions.set(worker, new Session(facts, plan.down.padded - request.shape.height));
    }
    const session = sessions.get(worker) as Session;
    const strips = session.run(request);
    assert.ok(
      session.top === 0 || strips.from >= (session.top + overlap) * scale,
      'far from the cut',
    );
    // The strip begins a border above the image.
    const [from, to] = [strips.from - facts.border * scale, strips.to - facts.border * scale];
    assert.deepEqual([from, to], [part.output.y, part.output.y + part.output.height]);
    for (let y = from; y < to; y++) {
      const at = strip * height * scale + y;
      covered[at] = (covered[at] as number) + 1;
    }
    assert.ok(!indices.has(part.index), 'no part twice');
    indices.add(part.index);
  }

  /** Whether any worker got a part. */
  function step(): boolean {
    for (const worker of [random.pick(holders), ...holders]) {
      // Another run's tile, or a crash.
      if (random.next() < 0.05) worker.held = undefined;
      const part = cutter.next(worker);
      if (part === undefined) continue;
      // A first try that fails elsewhere.
      const unlucky = random.pick(holders);
      if (random.next() < 0.05) {
        part.work(unlucky, spares);
        unlucky.held = undefined;
      }
      answer(part, worker);
      return true;
    }
    return false;
  }

  while (step()) {}
  assert.ok(
    covered.every((times) => times === 1),
    'every row once',
  );
  assert.equal(indices.size, plan.count);
}

test('every row is finished once, far from where its band begins, in whatever order', () => {
  const random = new Random(1);
  for (let i = 0; i < 60; i++) simulate(randomCase(random), random);
});

test('strips cover the width, and reach an overlap beyond what they keep', () => {
  const facts = { ...FLOWING, rowFlow: { ...FLOWING.rowFlow, columnBytes: 1e5 } };
  const plan = planBands({ width: 3001, height: 100, workers: 1 }, facts);
  assert.ok(plan.across.count > 3);
  assert.ok(plan.across.tile * 1e5 < 40e6);
});

test('one worker makes no row twice', () => {
  const plan = planBands({ width: 1000, height: 1000, workers: 1 }, FLOWING);
  const leg = { plan, target: whole({ width: 2000, height: 2000 }), tiles: [], count: plan.count };
  const model = { ...FLOWING, multiplicationsPerPixel: 1 } as unknown as ModelInfo;
  const estimate = estimateRun([leg], model, 1, 0);
  assert.equal(estimate.multiplications, 1000 * 1000);
  assert.equal(plan.across.count, 1);
});

test('an image with a receptive field wider than its half stays with one worker', () => {
  const wide = { ...FLOWING, overlap: 200, rowFlow: { ...FLOWING.rowFlow, outputLag: 400 } };
  const image = {
    data: new Uint8Array(600 * 600 * 4),
    width: 600,
    height: 600,
    channels: 4 as const,
  };
  const plan: BandPlan = planBands({ width: 600, height: 600, workers: 2 }, wide);
  const cutter = new BandCutter(
    { image, plan, scale: 2, smallest: 1, alpha: false, ownAlpha: false },
    2,
  );
  const [first, second]: [Holder, Holder] = [{ held: undefined }, { held: undefined }];
  assert.ok(cutter.next(first) !== undefined);
  assert.equal(cutter.next(second), undefined);
});

test('a worker that is done takes half of the longest rest', () => {
  const image = {
    data: new Uint8Array(64 * 4096 * 4),
    width: 64,
    height: 4096,
    channels: 4 as const,
  };
  const plan = planBands({ width: 64, height: 4096, workers: 8 }, FLOWING);
  const cutter = new BandCutter(
    { image, plan, scale: 2, smallest: 1, alpha: false, ownAlpha: false },
    1,
  );
  const [first, second]: [Holder, Holder] = [{ held: undefined }, { held: undefined }];
  assert.equal(cutter.next(first)?.index, 0);
  assert.equal(cutter.next(second)?.index, plan.count - Math.floor(plan.count / 2));
});

test('what cannot flow runs in tiles, and says why', () => {
  const because = (request: object, more: Partial<Facts> = {}) =>
    needOfTiles(request, { ...FLOWING, ...more });
  assert.equal(because({}), '');
  assert.equal(because({ overlap: 'exact' }), '');
  assert.equal(because({ overlap: 3 }), 'an overlap in pixels asks for tiles');
  assert.equal(because({ tileSize: 128 }), 'tileSize asks for tiles');
  assert.equal(because({ tilesBecause: 'of something' }), 'of something');
  assert.equal(because({}, { exact: false, notExactBecause: 'of a mean' }), 'of a mean');
  assert.equal(needOfTiles({}, PLAIN), PLAIN.noRowFlowBecause);
  const request = { width: 300, height: 300, workers: 2 };
  const tiles = planRun({ ...request, tileSize: 128 }, FLOWING);
  assert.deepEqual([tiles.flow, tiles.tilesBecause], [undefined, 'tileSize asks for tiles']);
  assert.equal(planRun(request, FLOWING).flow, FLOWING.rowFlow);
  const high = planRun({ width: 2, height: 66_000, workers: 1 }, FLOWING);
  assert.match(high.tilesBecause ?? '', /more than 16384 rows/);
});

test('rows are done no later than tiles, or it is tiles', () => {
  const because = (edge: number, workers: number, more: Partial<Facts> = {}) => {
    const plan = planRun({ width: edge, height: edge, workers }, { ...FLOWING, ...more });
    return plan.tilesBecause ?? 'rows';
  };
  for (const workers of [1, 2, 4, 8]) assert.equal(because(1024, workers), 'rows');
  assert.equal(because(256, 1), 'rows');
  assert.match(because(256, 8), /^tiles keep more of 8 workers busy$/);
  const far = { overlap: 349, rowFlow: { ...FLOWING.rowFlow, outputLag: 698 } };
  assert.equal(because(1024, 1, far), 'rows');
  assert.match(because(1024, 8, far), /not exact \(overlap 'exact' is\)$/);
  const exact = { width: 1024, height: 1024, workers: 8, overlap: 'exact' } as const;
  assert.equal(planRun(exact, { ...FLOWING, ...far }).exact, true);
});
