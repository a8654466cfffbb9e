// The tiling that users of libraries without one write: tiles of one size that overlap as far as the
// network sees, moved inward at the edges.

/** Where tiles begin along one edge: `[from, keepFrom, keepTo]` each, in input pixels. */
export function tileStarts(extent, edge, overlap) {
  if (extent <= edge) throw new RangeError(`${extent} pixels are fewer than a tile has`);
  const starts = [];
  for (let kept = 0; kept < extent; ) {
    const from = Math.min(Math.max(kept - overlap, 0), extent - edge);
    const to = from + edge === extent ? extent : from + edge - overlap;
    starts.push([from, kept, to]);
    kept = to;
  }
  return starts;
}

function cut({ data, width }, x, y, edge) {
  const tile = new Uint8ClampedArray(edge * edge * 4);
  for (let row = 0; row < edge; row++) {
    const from = ((y + row) * width + x) * 4;
    tile.set(data.subarray(from, from + edge * 4), row * edge * 4);
  }
  return { data: tile, width: edge, height: edge };
}

/** The edge, of some, with which the tiles of a picture have the fewest pixels together. */
export function fittingEdge(width, height, overlap, edges) {
  const fitting = edges.filter((edge) => edge < Math.min(width, height));
  if (fitting.length === 0) throw new RangeError(`${width}x${height} is less than a tile`);
  const cost = (edge) =>
    tileStarts(width, edge, overlap).length * tileStarts(height, edge, overlap).length * edge ** 2;
  return fitting.reduce((a, b) => (cost(b) < cost(a) ? b : a));
}

// A page that computes where it is shown should let the browser act between tiles.
const letOthersRun = () => globalThis.scheduler?.yield?.();

/** Upscales a picture tile by tile with `upscaleTile`. */
export async function upscaleTiled(picture, { edge, overlap, scale, upscaleTile }) {
  const { width, height } = picture;
  const result = new Uint8ClampedArray(width * height * scale * scale * 4);
  for (const [y, top, bottom] of tileStarts(height, edge, overlap)) {
    for (const [x, left, right] of tileStarts(width, edge, overlap)) {
      const { data } = await upscaleTile(cut(picture, x, y, edge));
      for (let row = top * scale; row < bottom * scale; row++) {
        const from = ((row - y * scale) * edge * scale + (left - x) * scale) * 4;
        const length = (right - left) * scale * 4;
        result.set(data.subarray(from, from + length), (row * width + left) * scale * 4);
      }
      await letOthersRun();
    }
  }
  return { data: result, width: width * scale, height: height * scale };
}
