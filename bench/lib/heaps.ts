// What a page and its workers hold, by kind: WebAssembly's memory and JavaScript's heap.

import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Watch } from './driver.ts';
import { type Ask, Inspector } from './inspector.ts';

/** A WebAssembly.Memory as one thread sees it. */
export interface MemorySize {
  /** Other threads may hold it as well. */
  shared: boolean;
  bytes: number;
}

/** In 10^6 bytes, of all threads of a page. */
export interface Heaps {
  /** These never shrink, so that what they are in the end is their peak. */
  wasm: number;
  /** The greatest of many moments: objects and the bytes of arrays, garbage included. */
  js: number;
}

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

/** Bytes of all memories, thread by thread; shared ones are counted for the thread that has most. */
export function wasmBytes(threads: readonly (readonly MemorySize[])[]): number {
  const of = (memories: readonly MemorySize[], wanted: boolean) =>
    sum(memories.map(({ shared, bytes }) => (shared === wanted ? bytes : 0)));
  const own = sum(threads.map((memories) => of(memories, false)));
  return own + Math.max(0, ...threads.map((memories) => of(memories, true)));
}

async function jsBytes(ask: Ask): Promise<number> {
  const { usedSize, backingStorageSize } = await ask<{
    usedSize: number;
    /** Of arrays, without WebAssembly's memories. */
    backingStorageSize: number;
  }>('Runtime.getHeapUsage');
  return usedSize + backingStorageSize;
}

/**
 * Notes every WebAssembly.Memory that a thread makes, or that its modules make and export, without
 * keeping it alive.
 */
const NOTE_MEMORIES = `(() => {
  const known = new Set();
  const { Memory, instantiate, instantiateStreaming } = WebAssembly;
  const note = (memory) => {
    if (![...known].some((each) => each.deref() === memory)) known.add(new WeakRef(memory));
    return memory;
  };
  const noteExports = (instance) => {
    for (const each of Object.values(instance.exports)) if (each instanceof Memory) note(each);
    return instance;
  };
  const noteResult = (result) => {
    noteExports(result.instance ?? result);
    return result;
  };
  const made = (type, then) =>
    new Proxy(type, { construct: (...all) => then(Reflect.construct(...all)) });
  WebAssembly.Memory = made(Memory, note);
  WebAssembly.Instance = made(WebAssembly.Instance, noteExports);
  WebAssembly.instantiate = (...all) => instantiate(...all).then(noteResult);
  WebAssembly.instantiateStreaming = (...all) => instantiateStreaming(...all).then(noteResult);
  globalThis.benchMemories = () =>
    [...known].flatMap((each) => each.deref() ?? []).map(({ buffer }) => ({
      shared: !(buffer instanceof ArrayBuffer),
      bytes: buffer.byteLength,
    }));
})()`;

async function memoriesOf(ask: Ask): Promise<MemorySize[]> {
  const question = { expression: 'benchMemories()', returnByValue: true };
  const { result } = await ask<{ result: { value: MemorySize[] } }>('Runtime.evaluate', question);
  return result.value;
}

const PERIOD_MS = 20;
const MEGA = 1e6;

/** Resolves once `run` has ended, with the greatest of what `look` found meanwhile. */
async function greatestDuring(run: Promise<unknown>, look: () => Promise<number>): Promise<number> {
  let done = false;
  const end = () => {
    done = true;
  };
  run.then(end, end);
  let greatest = 0;
  while (!done) {
    greatest = Math.max(greatest, await look());
    await setTimeout(PERIOD_MS);
  }
  await run;
  return Math.max(greatest, await look());
}

/** Watches the heaps of a page. Begin before anything is loaded there, and stop. */
export class HeapWatch implements Watch {
  readonly #inspector: Inspector;

  static async begin(page: Page): Promise<HeapWatch> {
    return new HeapWatch(await Inspector.open(page, NOTE_MEMORIES));
  }

  private constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  async during(run: Promise<unknown>): Promise<Heaps> {
    const inspector = this.#inspector;
    let known = new Map<string, number>();
    const js = await greatestDuring(run, async () => {
      const found = await inspector.askAll(jsBytes);
      // Who does not answer holds what it held before.
      const latest = [...found].map(([thread, bytes]) => [thread, bytes ?? known.get(thread) ?? 0]);
      known = new Map(latest as [string, number][]);
      return sum([...known.values()]);
    });
    const memories = await inspector.askAll(memoriesOf);
    // Who does not answer is a thread that shares the memory of another.
    const threads = [...memories.values()].map((each) => each ?? []);
    return { wasm: wasmBytes(threads) / MEGA, js: js / MEGA };
  }

  stop(): Promise<void> {
    return this.#inspector.close();
  }
}
