import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import sharp from 'sharp';
import { fileKind } from '../../../web/src/image/file-kind.ts';

const of = (text: string) =>
  fileKind(Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 255));

test('what an encoder wrote is known for what it is', async () => {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c63' } });
  const kinds = {
    png: 'a PNG picture',
    jpeg: 'a JPEG picture',
    gif: 'a GIF picture',
    webp: 'a WebP picture',
    avif: 'an AVIF picture',
    tiff: 'a TIFF picture or a raw file of a camera',
  } as const;
  for (const [format, name] of Object.entries(kinds)) {
    const file = await picture
      .clone()
      .toFormat(format as keyof typeof kinds)
      .toBuffer();
    assert.equal(fileKind(file)?.name, name);
  }
});

for (const [start, name] of [
  ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'a HEIC picture'],
  ['\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'a HEIC picture'],
  ['\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf', 'an AVIF picture'],
  ['\0\0\0\x18ftypisom\0\0\0\0', 'a film (MP4 or QuickTime)'],
  ['\0\0\0\x18ftypcrx \0\0\0\0', 'a raw file of a camera'],
  ['MM\0*', 'a TIFF picture or a raw file of a camera'],
  ['\xff\x0a', 'a JPEG XL picture'],
  ['\0\0\0\x0cJXL \r\n\x87\n', 'a JPEG XL picture'],
  ['8BPS\0\x01', 'a Photoshop file'],
  ['%PDF-1.7', 'a PDF document'],
  ['PK\x03\x04\x14', 'a zip archive'],
  ['\x1f\x8b\x08', 'a gzip file'],
  ['<!DOCTYPE html><svg></svg>', 'an HTML page'],
  ['\n<html lang="en">', 'an HTML page'],
  ['\xef\xbb\xbf<?xml version="1.0"?><!-- a > b --><svg xmlns="">', 'an SVG drawing'],
  ['<!DOCTYPE svg PUBLIC "x" [ <!ENTITY a "b"> ]><svg>', 'an SVG drawing'],
  ['<?xml version="1.0"?><feed>', 'an XML or HTML file'],
  ['<?xml version="1.0"', 'an XML or HTML file'],
  ['{"error":"not found"}', 'a JSON file'],
  ['P6\n8 8\n255\n', 'a Netpbm picture'],
  ['data:image/png;base64,', 'text that begins with data:'],
  ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n', 'a pointer of Git LFS'],
  ['', 'an empty file'],
] as const) {
  test(`${JSON.stringify(start.slice(0, 24))} is ${name}`, () => {
    assert.equal(of(start)?.name, name);
  });
}

test('bytes of no known kind are of none', () => {
  assert.equal(of('hello'), undefined);
  assert.equal(of('\x08\x07\x12\x07pytorch'), undefined);
});

test('markup that never ends takes no time', () => {
  const start = performance.now();
  of(`<!--${'--><!--'.repeat(140)}`);
  of(`<?${' '.repeat(1000)}`);
  assert.ok(performance.now() - start < 200);
});

test('the sample of the demo page is a picture', async () => {
  const file = await readFile(new URL('../../../web/demo/sample.webp', import.meta.url));
  assert.equal(fileKind(file)?.sort, 'picture');
});
