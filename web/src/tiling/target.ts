/** How large a result is to be, and which part of it each tile supplies. Pure functions. */
import type { TargetSize } from '../types.js';
import { type AxisPlan, enlarged, type Tile, type TilePlan, tileAt } from './plan.js';

/** A rectangle in pixels. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Extents {
  width: number;
  height: number;
}

/** The picture at the size that is asked for, and the part of it that is the result. */
export interface Target extends Extents {
  window: Rectangle;
}

/** The size of what the network makes of an image. */
export function networkSize({ width, height }: Extents, scale: number): Extents {
  return { width: enlarged(width, scale), height: enlarged(height, scale) };
}

/**
 * The size of the result.
 *
 * @param scale - of the network
 * @throws RangeError when that is no size the network can lead to.
 */
export function chooseTarget(
  wanted: TargetSize | undefined,
  image: Extents,
  scale: number,
): Target {
  if (wanted === undefined) return whole(networkSize(image, scale));
  const target = toTarget(wanted, image, scale);
  const { width, height } = target;
  if (width < image.width || height < image.height) {
    throw new RangeError(
      `${width}x${height} pixels are less than the image has (${image.width}x${image.height})`,
    );
  }
  // Two networks in a row are as far as it goes.
  const most = scale * scale;
  if (width > image.width * most || height > image.height * most) {
    throw new RangeError(
      `${width}x${height} pixels are more than ${most} times as long as the image's ` +
        `${image.width}x${image.height}, and this network of scale ${scale} reaches no further`,
    );
  }
  return target;
}

/**
 * The scale of the least network that leads to a size in one run; undefined when no size is wanted.
 *
 * @throws RangeError when two sizes are wanted.
 */
export function neededScale(wanted: TargetSize | undefined, image: Extents): number | undefined {
  if (wanted === undefined) return undefined;
  const target = toTarget(wanted, image, Number.POSITIVE_INFINITY);
  return Math.max(target.width / image.width, target.height / image.height);
}

function toTarget(wanted: TargetSize, image: Extents, scale: number): Target {
  if (wanted.maxPixels !== undefined) {
    const factor = Math.sqrt(wanted.maxPixels / (image.width * image.height));
    return factor >= scale ? scaled(image, scale) : scaled(image, factor, 1, Math.floor);
  }
  if (wanted.scale !== undefined) return scaled(image, wanted.scale);
  const { width, height, fit = 'contain' } = wanted;
  const byWidth = () => scaled(image, width as number, image.width);
  const byHeight = () => scaled(image, height as number, image.height);
  if (width === undefined) return byHeight();
  if (height === undefined) return byWidth();
  if (fit === 'fill') return whole({ width, height });
  const flatter = width * image.height > height * image.width;
  if (fit === 'contain') return flatter ? byHeight() : byWidth();
  const { width: wide, height: high } = flatter ? byWidth() : byHeight();
  const x = Math.floor((wide - width) / 2);
  const y = Math.floor((high - height) / 2);
  return { width: wide, height: high, window: { x, y, width, height } };
}

/** By a quotient, which is rounded once. */
function scaled(image: Extents, times: number, by = 1, round = Math.round): Target {
  const length = (extent: number) => Math.max(1, round((extent * times) / by));
  return whole({ width: length(image.width), height: length(image.height) });
}

/** All of a picture. */
export const whole = ({ width, height }: Extents): Target => ({
  width,
  height,
  window: { x: 0, y: 0, width, height },
});

/** Whether the result is all that the network makes of an image, as it is. */
export function hasNetworksSize(target: Target, image: Extents, scale: number): boolean {
  const { width, height } = networkSize(image, scale);
  const is = (extents: Extents) => extents.width === width && extents.height === height;
  return is(target) && is(target.window);
}

/** How far beyond what a tile supplies its result must go to be reduced, in input pixels. */
export function reductionReach(target: Target, image: Extents, scale: number): number {
  const reach = (from: number, to: number) =>
    from === to ? 0 : Math.ceil((Math.ceil((2 * from) / to) + 1) / scale);
  const { width, height } = networkSize(image, scale);
  return Math.max(reach(width, target.width), reach(height, target.height));
}

/** The part of the result that a tile supplies; empty where the result is only a window. */
export function placeOf(plan: TilePlan, target: Target, scale: number, tile: Tile): Rectangle {
  const { window } = target;
  const across = share(plan.across, target.width, scale, tile.keepX, tile.keepWidth);
  const down = share(plan.down, target.height, scale, tile.keepY, tile.keepHeight);
  const x = Math.max(across.first, window.x);
  const y = Math.max(down.first, window.y);
  return {
    x: x - window.x,
    y: y - window.y,
    width: Math.max(0, Math.min(across.end, window.x + window.width) - x),
    height: Math.max(0, Math.min(down.end, window.y + window.height) - y),
  };
}

// A pixel of the target belongs to the tile in which its centre lies. In whole numbers, so that
// neighbours agree.
function share(
  { extent }: AxisPlan,
  target: number,
  scale: number,
  keep: number,
  length: number,
): { first: number; end: number } {
  const network = enlarged(extent, scale);
  const from = (start: number) =>
    Math.ceil((2 * target * enlarged(start, scale) - network) / (2 * network));
  return { first: from(keep), end: from(keep + length) };
}

/**
 * The tiles that supply something, counted in reading order, in the order in which they are to run.
 *
 * @param focus - input pixels: tiles near it come first; undefined for reading order
 */
export function orderTiles(
  plan: TilePlan,
  target: Target,
  scale: number,
  focus: { x: number; y: number } | undefined,
): Tile[] {
  const supplies = (tile: Tile) => {
    const { width, height } = placeOf(plan, target, scale, tile);
    return width > 0 && height > 0;
  };
  const tiles = Array.from({ length: plan.count }, (_, index) => tileAt(plan, index))
    .filter(supplies)
    .map((tile, index) => ({ ...tile, index }));
  if (focus === undefined) return tiles;
  const distance = ({ keepX, keepY, keepWidth, keepHeight }: Tile) =>
    Math.hypot(keepX + keepWidth / 2 - focus.x, keepY + keepHeight / 2 - focus.y);
  return tiles.sort((a, b) => distance(a) - distance(b));
}
