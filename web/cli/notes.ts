/** What a camera or an editor has noted in a picture's file, and how it gets into the result's. */
import { deflateSync } from 'node:zlib';
import { chunk } from '../src/image/png.js';

/** Notes that go along; what is missing was not noted. */
export interface Notes {
  /** A TIFF structure, as EXIF is. */
  exif?: Uint8Array | undefined;
  /** The colour profile that the pixels' numbers are of. */
  icc?: Uint8Array | undefined;
  /** Pixels per inch. */
  density?: number | undefined;
}

/** What sharp says of a file. */
interface FileMetadata {
  space?: string | undefined;
  density?: number | undefined;
  exif?: Uint8Array | undefined;
  icc?: Uint8Array | undefined;
}

const latin = (bytes: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...bytes.subarray(from, to));

/** A profile of other numbers than red, green and blue does not fit what the network makes. */
function isOfRgb(icc: Uint8Array, space: string | undefined): boolean {
  return ['srgb', 'rgb', 'rgb16'].includes(space ?? '') && latin(icc, 16, 20) === 'RGB ';
}

export function notesOf({ space, density, exif, icc }: FileMetadata): Notes {
  return {
    exif: exif && upright(exif),
    icc: icc && isOfRgb(icc, space) ? icc : undefined,
    density,
  };
}

const EXIF_MARK = 'Exif\0\0';
const ORIENTATION = 0x0112;
const UPRIGHT = 1;
const ENTRY_BYTES = 12;

/** EXIF without the mark of JPEG files, and with the orientation that pixels have once they are turned. */
function upright(exif: Uint8Array): Uint8Array | undefined {
  const marked = latin(exif, 0, EXIF_MARK.length) === EXIF_MARK;
  const tiff = Uint8Array.from(exif.subarray(marked ? EXIF_MARK.length : 0));
  const view = new DataView(tiff.buffer);
  const little = latin(tiff, 0, 2) === 'II';
  try {
    const folder = view.getUint32(4, little);
    const entries = view.getUint16(folder, little);
    for (let i = 0; i < entries; i++) {
      const entry = folder + 2 + i * ENTRY_BYTES;
      if (view.getUint16(entry, little) === ORIENTATION) view.setUint16(entry + 8, UPRIGHT, little);
    }
    return tiff;
  } catch {
    // Notes that are cut short are worth nothing.
    return undefined;
  }
}

const INCH_IN_METRES = 0.0254;
const SIGNATURE_AND_HEADER_BYTES = 33;
const PER_METRE = 1;

/** Puts notes into a PNG, which then carries them to whatever it is made into. */
export function withNotes(png: Uint8Array, { exif, icc, density }: Notes): Uint8Array {
  const chunks: Uint8Array[] = [];
  if (icc !== undefined) {
    chunks.push(chunk('iCCP', Buffer.concat([Buffer.from('profile\0\0'), deflateSync(icc)])));
  }
  if (density !== undefined) {
    const content = new DataView(new ArrayBuffer(9));
    const pixels = Math.round(density / INCH_IN_METRES);
    content.setUint32(0, pixels);
    content.setUint32(4, pixels);
    content.setUint8(8, PER_METRE);
    chunks.push(chunk('pHYs', new Uint8Array(content.buffer)));
  }
  if (exif !== undefined) chunks.push(chunk('eXIf', exif));
  const head = png.subarray(0, SIGNATURE_AND_HEADER_BYTES);
  return Buffer.concat([head, ...chunks, png.subarray(head.length)]);
}
