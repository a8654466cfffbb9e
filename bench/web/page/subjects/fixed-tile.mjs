// What peers that turn one tensor of floats into another have in common.

/**
 * A subject of `open`.
 *
 * @param picture the tile, RGBA
 * @param toFloats from RGBA to the floats that the peer takes, and `fromFloats(floats, width, height)` back
 * @param infer resolves with the output's floats
 */
export function fixedTile({ picture, scale, toFloats, fromFloats, infer, dispose }) {
  const { width, height } = picture;
  const floats = toFloats(picture);
  const toPicture = (values) => fromFloats(values, width * scale, height * scale);
  let last;
  return {
    tiles: 1,
    async run() {
      last = await infer(floats);
    },
    result: () => toPicture(last),
    upscaleTile: async (tile) => toPicture(await infer(toFloats(tile))),
    dispose,
  };
}
