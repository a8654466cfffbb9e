// What the benchmarks need of a browser, in the words that the drivers of Chromium and of Firefox share.

import type { Heaps } from './heaps.ts';

export const BROWSERS = ['chromium', 'firefox'] as const;
export type BrowserName = (typeof BROWSERS)[number];

/** Something that stays on the page. */
export interface PageHandle<T> {
  evaluate<R>(body: (it: T) => R | Promise<R>): Promise<R>;
  evaluate<R, A>(body: (it: T, argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

export interface DrivenPage {
  goto(url: string): Promise<unknown>;
  evaluate<R>(body: () => R | Promise<R>): Promise<R>;
  evaluateHandle<T, A>(body: (argument: A) => T | Promise<T>, argument: A): Promise<PageHandle<T>>;
  close(): Promise<unknown>;
}

/** What a browser's processes have used. Undefined is what cannot be told on this system. */
export interface Usage {
  /** Seconds of all processes together, since they began. */
  cpuSeconds(): Promise<number | undefined>;
  /** Greatest resident memory of a process that shows pages, in 10^6 bytes. */
  peakMemory(): Promise<number | undefined>;
}

/** Watches memory; begun before anything is loaded. */
export interface Watch {
  /** What the heaps are at most while `run` is under way. Looking takes time from what is watched. */
  during(run: Promise<unknown>): Promise<Heaps>;
  stop(): Promise<void>;
}

/** A headless browser with a profile of its own, which its pages share. */
export interface DrivenBrowser {
  newPage(): Promise<DrivenPage>;
  usage: Usage;
  /** Not there where the browser tells no heaps. */
  watchHeaps?(page: DrivenPage): Promise<Watch>;
  close(): Promise<void>;
}

/** tsx wraps named functions in a call of its helper, which functions sent to a page lack there. */
export const TSX_HELPER = 'globalThis.__name = (target) => target';
