/**
 * Opens an upscaler on a model file and returns {scale, multiplicationsPerPixel, sample, dispose};
 * sample(ms) upscales tiles for at least that long and resolves with the milliseconds per tile.
 *
 * Tiles are RGBA bytes in and RGBA bytes out, by the library as it is shipped. As many run at once
 * as there are workers; in the threaded variants all workers share one tile.
 */
export async function openTiles({ model, variant, workers, edge }) {
  const { Upscaler } = await import('/dist/tessera.mjs');
  // Tiles of the size that is named: what a border adds depends on the picture.
  const options = { model, variant, workers, border: 0, baseUrl: '/dist/' };
  const upscaler = await Upscaler.create(options);
  const data = Uint8ClampedArray.from({ length: edge * edge * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.imul(i + 1, 2654435761) >>> 24,
  );
  const patch = { data, width: edge, height: edge };
  const atOnce = variant.endsWith('-mt') ? 1 : workers;

  async function sample(least) {
    const begin = performance.now();
    let tiles = 0;
    let elapsed = 0;
    do {
      await Promise.all(Array.from({ length: atOnce }, () => upscaler.upscalePatch(patch)));
      tiles += atOnce;
      elapsed = performance.now() - begin;
    } while (elapsed < least);
    return elapsed / tiles;
  }

  const { scale, multiplicationsPerPixel } = upscaler.model;
  return { scale, multiplicationsPerPixel, sample, dispose: () => upscaler.dispose() };
}
