// What all parts of the report have in common.

const TITLES: Record<string, string> = {
  tessera: 'Tessera',
  litert: 'LiteRT.js',
  'onnxruntime-web': 'onnxruntime-web',
  'tfjs-wasm': 'TensorFlow.js (wasm)',
  upscaler: 'UpscalerJS',
};

/** What the networks, models of peers included, are called. */
export const titleOf = (subject: string): string => TITLES[subject] ?? subject;

/** A Markdown table. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, i) => (i === 0 ? '---|' : '---:|')).join('')}`;
  return [line(head), rule, ...lines.map(line)].join('\n');
}
