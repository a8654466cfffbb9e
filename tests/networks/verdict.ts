// What a row must show to pass.
import type { Row } from './measure.ts';
import type { Network } from './network.ts';

/** Levels. */
const FLOAT_LIMIT = 1;
/** Decibels. */
const INT8_LEAST = 40;
/** Levels. */
const SHIFT_LIMIT = 0.5;

/** What is wrong with a row; nothing when it passes. */
export function faultsOf(row: Row, network: Network): string[] {
  if (row.error !== undefined) return [row.error];
  const faults: string[] = [];
  const fail = (wrong: boolean, what: string) => {
    if (wrong) faults.push(what);
  };
  fail(!((row.float_max_err ?? Number.NaN) <= FLOAT_LIMIT), 'float differs from ONNX Runtime');
  const isExact = network.exact || row.seam_announced === null;
  fail(isExact && row.tiled_equal !== true, 'tiles differ from the whole');
  const seams = row.seam_err ?? Number.NaN;
  fail(!isExact && !(seams <= (row.seam_announced ?? 0)), 'seams exceed what was announced');
  if (row.int8_psnr !== null) {
    fail(!(row.int8_psnr >= INT8_LEAST), 'int8 is far from float');
    fail(!((row.int8_shift ?? Number.NaN) <= SHIFT_LIMIT), 'int8 shifts a colour');
  }
  return faults;
}
