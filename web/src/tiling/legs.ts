/** The way to a size: the network runs once, or a second time on its own result. Pure functions. */
import type { ModelInfo, TargetSize } from '../types.js';
import type { Tile, TilePlan, TilingRequest } from './plan.js';
import {
  chooseTarget,
  type Extents,
  networkSize,
  orderTiles,
  reductionReach,
  type Target,
  whole,
} from './target.js';

/** How to cut: into tiles, or not at all. */
export type Planner = (request: TilingRequest, model: ModelInfo) => TilePlan;

/** What is wanted of a picture. */
export interface Wish extends Pick<TilingRequest, 'tileSize' | 'overlap' | 'workers'> {
  /** Undefined: the network's own scale. */
  target?: TargetSize | undefined;
  alpha: boolean;
  focus?: { x: number; y: number } | 'center' | undefined;
}

/** One run of the network. */
export interface Leg {
  plan: TilePlan;
  target: Target;
  /** In the order in which they are to run. */
  tiles: Tile[];
}

/**
 * The runs that lead to a size: one, or two.
 *
 * @throws RangeError when the network does not lead there.
 */
export function planLegs(image: Extents, wish: Wish, model: ModelInfo, planner: Planner): Leg[] {
  const target = chooseTarget(wish.target, image, model.scale);
  const once = networkSize(image, model.scale);
  if (target.width <= once.width && target.height <= once.height) {
    return [planLeg(image, target, wish, model, planner)];
  }
  const { focus, ...first } = wish;
  // Where the focus is in the result of the first run.
  const second = typeof focus === 'object' ? moved(focus, image, once) : focus;
  return [
    planLeg(image, whole(once), first, model, planner),
    planLeg(once, target, { ...wish, focus: second }, model, planner),
  ];
}

function moved({ x, y }: { x: number; y: number }, from: Extents, to: Extents) {
  return { x: (x * to.width) / from.width, y: (y * to.height) / from.height };
}

function planLeg(
  image: Extents,
  target: Target,
  { tileSize, overlap, workers, alpha, focus }: Wish,
  model: ModelInfo,
  planner: Planner,
): Leg {
  const { width, height } = image;
  const reach = reductionReach(target, image, model.scale);
  const needed = alpha ? model.overlapWithAlpha : model.overlap;
  const request = { width, height, tileSize, overlap, workers, reach };
  const plan = planner(request, { ...model, overlap: needed });
  const middle = { x: width / 2, y: height / 2 };
  const tiles = orderTiles(plan, target, model.scale, focus === 'center' ? middle : focus);
  return { plan, target, tiles };
}

/** The work of a leg, in units of its own. */
export function workOf({ plan, tiles }: Leg): number {
  return plan.across.tile * plan.down.tile * tiles.length;
}
