// The picture that every consumer upscales, and what must come out.
import { pathToFileURL } from 'node:url';
import { DIST } from '../../scripts/lib/paths.mjs';
import type * as Tessera from '../../web/src/index.ts';

/**
 * Statements of a program that has `Upscaler`: they upscale the picture and leave `bytes N`, by a hash of the result, or
 * the error's code and message in the global `tesseraAnswer`.
 *
 * @param options - of Upscaler.create, as source text
 */
export const upscaling = (options = '{}'): string => `
async function upscalePicture(options) {
  const [width, height] = [96, 80];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (i * i * 7 + (i >> 8) * 31) % 256,
  );
  const upscaler = await Upscaler.create({ model: 'photo-x2-tiny', workers: 2, ...options });
  const result = await upscaler.upscale({ data, width, height }, { output: 'raw', tileSize: 64 });
  await upscaler.dispose();
  let hash = 0x811c9dc5;
  for (const byte of result.data) hash = Math.imul(hash ^ byte, 0x01000193);
  return 'bytes ' + result.width + 'x' + result.height + ' ' + (hash >>> 0).toString(16);
}
upscalePicture(${options}).then(
  (answer) => { globalThis.tesseraAnswer = answer; },
  (error) => { globalThis.tesseraAnswer = (error.code ?? error.name) + ': ' + error.message; },
);
`;

/** A module that imports the library as its users do, and upscales the picture. */
export const program = (options?: string): string =>
  `import { Upscaler } from 'tessera-sr';\n${upscaling(options)}`;

let expected: Promise<string> | undefined;

/** What {@link upscaling} answers, by the checkout's own build in this process. */
export function expectedAnswer(): Promise<string> {
  expected ??= (async () => {
    const { Upscaler }: typeof Tessera = await import(pathToFileURL(`${DIST}/node.mjs`).href);
    const scope = globalThis as { tesseraAnswer?: string };
    new Function('Upscaler', upscaling())(Upscaler);
    while (scope.tesseraAnswer === undefined) await new Promise((done) => setTimeout(done, 20));
    return scope.tesseraAnswer;
  })();
  return expected;
}
