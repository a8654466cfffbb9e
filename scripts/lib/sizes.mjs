// Sizes of artefacts as they lie on disk and as they travel.

import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** `{file, raw, gzip, brotli}` of one file, in bytes, at the strongest setting of each compressor. */
export function measure(path, name) {
  const bytes = readFileSync(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return {
    file: name,
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params }).length,
  };
}

/** The sizes as lines of text, in kilobytes of 1000 bytes. */
export function sizeTable(files) {
  const width = Math.max(...files.map(({ file }) => file.length), 4);
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11);
  const head = `${'file'.padEnd(width)}${['raw', 'gzip', 'brotli'].map((n) => n.padStart(11)).join('')}`;
  const rows = files.map(
    ({ file, raw, gzip, brotli }) =>
      `${file.padEnd(width)}${[raw, gzip, brotli].map(kilobytes).join('')}`,
  );
  return [head, ...rows].join('\n');
}
