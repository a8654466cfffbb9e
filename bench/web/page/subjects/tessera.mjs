// The library as it is shipped: RGBA bytes in and out, with the messages to the worker and back.

/** Several workers have a tile each; a threaded variant shares one tile. */
export async function open({ file, edge, threads, variant, core, picture, dist = '/dist/' }) {
  // Not part of this bundle: a page would load the package's own file.
  const { Upscaler } = await import(`${dist}tessera.mjs`);
  const upscaler = await Upscaler.create({
    model: file,
    ...(variant ? { variant } : {}),
    ...(core ? { core } : {}),
    workers: threads,
    border: 0, // all subjects compute the same pixels
    baseUrl: dist,
  });
  const atOnce = variant?.endsWith('-mt') ? 1 : threads;
  let last;
  return {
    /** Tiles that one call of `run` makes. */
    tiles: atOnce,
    async run() {
      [last] = await Promise.all(
        Array.from({ length: atOnce }, () =>
          upscaler.upscalePatch({ data: picture.data, width: edge, height: edge }),
        ),
      );
    },
    variant: upscaler.info.variant,
    result: () => last,
    upscalePicture: (whole) => upscaler.upscale(whole, { output: 'raw' }),
    dispose: () => upscaler.dispose(),
  };
}
