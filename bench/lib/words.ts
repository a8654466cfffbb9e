// What all parts of the report have in common.

import { markdownTable } from '../../scripts/lib/markdown-table.ts';

const TITLES: Record<string, string> = {
  tessera: 'Tessera',
  litert: 'LiteRT.js',
  'onnxruntime-web': 'onnxruntime-web',
  'tfjs-wasm': 'TensorFlow.js (wasm)',
  upscaler: 'UpscalerJS',
};

/** What the networks, models of peers included, are called. */
export const titleOf = (subject: string): string => TITLES[subject] ?? subject;

/** A Markdown table of measurements. */
export const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  markdownTable(head, lines, { numbers: true });
