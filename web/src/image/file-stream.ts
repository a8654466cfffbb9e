/** Files of pictures that are written while the picture is made, band by band. */
import { freeBuffer } from '../base/buffers.js';
import { TesseraError } from '../errors.js';
import type { Band, RowShape } from './bands.js';
import { pngChunks } from './png.js';

/** The types that there are: PNG, BMP, and rows of RGBA bytes without a header. */
export const STREAM_TYPES = ['image/png', 'image/bmp', 'application/octet-stream'] as const;

export type StreamType = (typeof STREAM_TYPES)[number];

type Chunks = AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

/** The bytes of a file, piece by piece. */
export function fileChunks(type: StreamType, shape: RowShape, bands: AsyncIterable<Band>): Chunks {
  if (type === 'image/png') return pngChunks(shape, bands);
  return type === 'image/bmp' ? bmpChunks(shape, bands) : rawChunks(bands);
}

async function* rawChunks(bands: AsyncIterable<Band>): Chunks {
  for await (const { data } of bands) {
    yield new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
  }
}

const BMP_FILE_HEADER = 14;
// BITMAPV4HEADER, the first that has a place for alpha.
const BMP_INFO_HEADER = 108;
const BMP_OFFSET = BMP_FILE_HEADER + BMP_INFO_HEADER;
const BMP_BIT_FIELDS = 3;
const MOST_BMP_BYTES = 2 ** 32 - 1;
// 'sRGB'
const BMP_SRGB = 0x73524742;

/** @throws TesseraError `ERR_IMAGE_TOO_LARGE` beyond what a type can say. */
export function checkStream(type: StreamType, { width, height, opaque }: RowShape): void {
  if (type !== 'image/bmp') return;
  const bytes = BMP_OFFSET + bmpRowBytes(width, opaque) * height;
  if (bytes <= MOST_BMP_BYTES) return;
  throw new TesseraError(
    'ERR_IMAGE_TOO_LARGE',
    `the result would have ${width}x${height} pixels, and a BMP has at most ${MOST_BMP_BYTES} bytes; ` +
      "use type 'image/png'",
    { details: { width, height, limit: MOST_BMP_BYTES } },
  );
}

/** Rows begin at multiples of four bytes. */
const bmpRowBytes = (width: number, opaque: boolean) =>
  opaque ? Math.ceil((width * 3) / 4) * 4 : width * 4;

function bmpHeader({ width, height, opaque }: RowShape): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(BMP_OFFSET));
  const pixelBytes = bmpRowBytes(width, opaque) * height;
  const put = (at: number, value: number) => header.setUint32(at, value, true);
  header.setUint16(0, 0x4d42, true);
  put(2, BMP_OFFSET + pixelBytes);
  put(10, BMP_OFFSET);
  put(14, BMP_INFO_HEADER);
  put(18, width);
  // Negative: from the top.
  header.setInt32(22, -height, true);
  header.setUint16(26, 1, true);
  header.setUint16(28, opaque ? 24 : 32, true);
  put(30, opaque ? 0 : BMP_BIT_FIELDS);
  put(34, pixelBytes);
  if (!opaque)
    [0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000].forEach((mask, i) => {
      put(54 + 4 * i, mask);
    });
  put(70, BMP_SRGB);
  return new Uint8Array(header.buffer);
}

async function* bmpChunks(shape: RowShape, bands: AsyncIterable<Band>): Chunks {
  const { width, opaque } = shape;
  const channels = opaque ? 3 : 4;
  const rowBytes = bmpRowBytes(width, opaque);
  yield bmpHeader(shape);
  for await (const { data, height } of bands) {
    const rows = new Uint8Array(rowBytes * height);
    for (let y = 0; y < height; y++) {
      let from = y * width * 4;
      for (let to = y * rowBytes; from < (y + 1) * width * 4; from += 4, to += channels) {
        rows[to] = data[from + 2] as number;
        rows[to + 1] = data[from + 1] as number;
        rows[to + 2] = data[from] as number;
        if (!opaque) rows[to + 3] = data[from + 3] as number;
      }
    }
    freeBuffer(data.buffer);
    yield rows;
  }
}
