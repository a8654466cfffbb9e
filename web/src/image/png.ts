/** PNG files that are written band by band (W3C, "Portable Network Graphics, third edition"). */
import { freeBuffer } from '../base/buffers.js';
import { yieldToPage } from '../base/turns.js';
import { TesseraError } from '../errors.js';
import type { Band, RowShape } from './bands.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const TRUE_COLOUR = 2;
const TRUE_COLOUR_WITH_ALPHA = 6;
// Rows are filtered so many bytes at a time, some milliseconds.
const TURN_BYTES = 512 * 1024;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC_TABLE[(value ^ byte) & 255] as number) ^ (value >>> 8);
  return ~value >>> 0;
}

/** A part of a file: length, type, content, checksum. */
export function chunk(type: string, content: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc(bytes.subarray(4, content.length + 8)));
  return bytes;
}

function header({ width, height, opaque }: RowShape): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(13);
  const view = new DataView(content.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  content[8] = 8;
  content[9] = opaque ? TRUE_COLOUR : TRUE_COLOUR_WITH_ALPHA;
  return chunk('IHDR', content);
}

/** What the numbers mean. */
function colour({ colorSpace }: RowShape): Uint8Array<ArrayBuffer> {
  // Coding-independent code points: the primaries of Display P3, the curve of sRGB, RGB, full range.
  return colorSpace === 'srgb' ? chunk('sRGB', [0]) : chunk('cICP', [12, 13, 0, 1]);
}

/** Paeth's predictor: of left, above and the corner between them, the nearest to their plane. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

const PAETH = 4;

/** Filters rows. Keeps the last one, which the next ones are predicted from. */
class RowFilter {
  readonly #width: number;
  readonly #channels: number;
  readonly #lines: Uint8Array<ArrayBuffer>;
  /** As the file has them: the last row, and room for the next. */
  #above: Uint8Array;
  #row: Uint8Array;

  /** @param most - rows at a time */
  constructor({ width, opaque }: RowShape, most: number) {
    this.#width = width;
    this.#channels = opaque ? 3 : 4;
    const rowBytes = width * this.#channels;
    this.#lines = new Uint8Array(most * (rowBytes + 1));
    this.#above = new Uint8Array(rowBytes);
    this.#row = new Uint8Array(rowBytes);
  }

  /**
   * @param rows - RGBA
   * @returns bytes that stay until the next call
   */
  filter(rows: Uint8ClampedArray, count: number): Uint8Array<ArrayBuffer> {
    const lineBytes = this.#row.length + 1;
    const filtered = this.#lines.subarray(0, count * lineBytes);
    for (let y = 0; y < count; y++) {
      this.#pack(rows.subarray(y * this.#width * 4, (y + 1) * this.#width * 4));
      filtered[y * lineBytes] = PAETH;
      this.#predict(filtered.subarray(y * lineBytes + 1, (y + 1) * lineBytes));
      [this.#above, this.#row] = [this.#row, this.#above];
    }
    return filtered;
  }

  #predict(out: Uint8Array): void {
    const row = this.#row;
    const above = this.#above;
    const pixel = this.#channels;
    for (let i = 0; i < pixel; i++) out[i] = (row[i] as number) - (above[i] as number);
    for (let i = pixel; i < row.length; i++) {
      const from = paeth(row[i - pixel] as number, above[i] as number, above[i - pixel] as number);
      out[i] = (row[i] as number) - from;
    }
  }

  /** A row as the file has it. */
  #pack(rgba: Uint8ClampedArray): void {
    const row = this.#row;
    if (this.#channels === 4) {
      row.set(rgba);
      return;
    }
    for (let from = 0, to = 0; to < row.length; from += 4, to += 3) {
      row[to] = rgba[from] as number;
      row[to + 1] = rgba[from + 1] as number;
      row[to + 2] = rgba[from + 2] as number;
    }
  }
}

/**
 * Whether a compressor has read what it was given when a write has settled, as the Compression Standard says.
 * Those of Node and others that are written in JavaScript may read it later.
 */
const compressesAtOnce = () => String(CompressionStream).includes('[native code]');

/** Filters bands and hands them to the compressor, as fast as that takes them. */
async function compress(
  shape: RowShape,
  bands: AsyncIterable<Band>,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<void> {
  const rowsAtATime = Math.max(1, Math.floor(TURN_BYTES / (shape.width * 4)));
  const atOnce = compressesAtOnce();
  const filter = new RowFilter(shape, rowsAtATime);
  for await (const { data, height } of bands) {
    for (let y = 0; y < height; y += rowsAtATime) {
      const count = Math.min(rowsAtATime, height - y);
      const rows = data.subarray(y * shape.width * 4, (y + count) * shape.width * 4);
      const lines = filter.filter(rows, count);
      await writer.write(atOnce ? lines : lines.slice());
      await yieldToPage();
    }
    freeBuffer(data.buffer);
  }
  await writer.close();
}

/**
 * The bytes of a PNG, piece by piece.
 *
 * @throws TesseraError `ERR_UNSUPPORTED` in hosts without CompressionStream.
 */
export async function* pngChunks(
  shape: RowShape,
  bands: AsyncIterable<Band>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  if (typeof CompressionStream === 'undefined') {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      "this host has no CompressionStream, which a PNG needs: use type 'image/bmp', or output 'blob'",
    );
  }
  yield Uint8Array.from(SIGNATURE);
  yield header(shape);
  yield colour(shape);
  const { readable, writable } = new CompressionStream('deflate');
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const work = compress(shape, bands, writer);
  // Who reads gets the error.
  work.catch((error) => writer.abort(error).catch(() => {}));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield chunk('IDAT', value);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  await work;
  yield chunk('IEND', []);
}
