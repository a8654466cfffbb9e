// What the comparison knows of a library.

import type { Slopes, TileFiles } from '../networks/files.ts';

export type SubjectName = 'tessera' | 'onnxruntime-web' | 'litert' | 'tfjs-wasm' | 'upscaler';

/** One way to run networks with one library. */
export interface Kind {
  /** As it is called in results: `int8`, `float`, `int8-fprelu`, `int8-leaky` and so on. */
  kind: string;
  slopes: Slopes;
  /** Whether it is worth running for a network with, or without, slopes per channel. */
  suits(files: TileFiles): boolean;
  /** What the page's side is asked to load. */
  file(files: TileFiles): Promise<unknown>;
  /** Further properties of the request to the page's side. */
  extra?: Record<string, unknown>;
  /** Only with more than one thread, or only with one. */
  threads?: 'one' | 'many';
  /** Whether its threads need a cross-origin isolated page. */
  needsIsolation: boolean;
}

/** One of those that are compared. */
export interface Subject {
  name: SubjectName;
  /** For tables. */
  title: string;
  /** Its page's side, in bench/web/page/subjects/. */
  page: string;
  /** The npm package whose version counts; null for ours. */
  package: string | null;
  /** None for one that runs no network but its own. */
  kinds: readonly Kind[];
}

export const always = (): boolean => true;
export const withSlopes = ({ hasPrelu }: TileFiles): boolean => hasPrelu;
