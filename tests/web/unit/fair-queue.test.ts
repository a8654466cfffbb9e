import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairQueue, type Lane } from '../../../web/src/pool/fair-queue.ts';

const WORKER = { held: undefined };

function lane(name: string, work: number, priority = 0): Lane<string> & { cancelled?: unknown } {
  let next = 0;
  return {
    priority,
    closed: false,
    take: () => (next < work ? `${name}${next++}` : undefined),
    cancel(reason) {
      this.cancelled = reason;
    },
  };
}

function drain(queue: FairQueue<string>): string[] {
  const taken: string[] = [];
  for (let work = queue.take(() => WORKER); work !== undefined; work = queue.take(() => WORKER))
    taken.push(work);
  return taken;
}

test('lanes of one priority take turns', () => {
  const queue = new FairQueue<string>();
  queue.add(lane('a', 3));
  queue.add(lane('b', 2));
  assert.deepEqual(drain(queue), ['a0', 'b0', 'a1', 'b1', 'a2']);
});

test('a higher priority goes first', () => {
  const queue = new FairQueue<string>();
  queue.add(lane('low', 2, -1));
  queue.add(lane('high', 2, 5));
  assert.deepEqual(drain(queue), ['high0', 'high1', 'low0', 'low1']);
});

test('a removed lane gives nothing more', () => {
  const queue = new FairQueue<string>();
  const gone = lane('gone', 5);
  queue.add(gone);
  queue.add(lane('stays', 1));
  assert.equal(
    queue.take(() => WORKER),
    'gone0',
  );
  queue.remove(gone);
  assert.deepEqual(drain(queue), ['stays0']);
});

test('all lanes can be cancelled', () => {
  const queue = new FairQueue<string>();
  const [a, b] = [lane('a', 1), lane('b', 1)];
  queue.add(a);
  queue.add(b);
  queue.cancelAll('over');
  assert.deepEqual([a.cancelled, b.cancelled], ['over', 'over']);
});

test('a worker stays with the lane that asks for it, unless another one has a higher priority', () => {
  const queue = new FairQueue<string>();
  const sticky = { ...lane('sticky', 4), stays: (worker: object) => worker === WORKER };
  queue.add(lane('other', 2));
  queue.add(sticky);
  queue.add(lane('high', 1, 1));
  const elsewhere = { held: undefined };
  const taken = [WORKER, WORKER, elsewhere, WORKER].map((worker) => queue.take(() => worker));
  assert.deepEqual(taken, ['high0', 'sticky0', 'other0', 'sticky1']);
});
