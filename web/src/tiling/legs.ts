/** The way to a size: the network runs once, or a second time on its own result. Pure functions. */
import type { ModelInfo, TargetSize } from '../types.js';
import { bandPixels, isBandPlan } from './bands.js';
import type { Tile, TilePlan, TilingRequest } from './plan.js';
import {
  chooseTarget,
  type Extents,
  hasNetworksSize,
  networkSize,
  orderTiles,
  reductionReach,
  type Target,
  whole,
} from './target.js';

/** How to cut: into bands, tiles, or not at all. */
export type Planner = (request: TilingRequest, model: ModelInfo) => TilePlan;

/** What is wanted of a picture. */
export interface Wish
  extends Pick<TilingRequest, 'tileSize' | 'overlap' | 'workers' | 'tilesBecause'> {
  /** Undefined: the network's own scale. */
  target?: TargetSize | undefined;
  alpha: boolean;
  focus?: { x: number; y: number } | 'center' | undefined;
}

/** One run of the network. */
export interface Leg {
  plan: TilePlan;
  target: Target;
  /** In the order in which they are to run; none where rows flow. */
  tiles: Tile[];
  /** Of the parts in which the result arrives. */
  count: number;
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
  { alpha, focus, ...wish }: Wish,
  model: ModelInfo,
  planner: Planner,
): Leg {
  const { width, height } = image;
  const { scale } = model;
  const { tileSize, overlap, workers } = wish;
  const reach = reductionReach(target, image, scale);
  const tilesBecause = wish.tilesBecause || needOfOrder(focus) || needOfSize(target, image, scale);
  const needed = alpha ? model.overlapWithAlpha : model.overlap;
  const request = { width, height, tileSize, overlap, workers, reach, tilesBecause };
  const plan = planner(request, { ...model, overlap: needed });
  if (isBandPlan(plan)) return { plan, target, tiles: [], count: plan.count };
  const middle = { x: width / 2, y: height / 2 };
  const tiles = orderTiles(plan, target, scale, focus === 'center' ? middle : focus);
  return { plan, target, tiles, count: tiles.length };
}

const needOfOrder = (focus: Wish['focus']) =>
  focus === undefined ? '' : 'a focus asks for the tiles near it first';

const needOfSize = (target: Target, image: Extents, scale: number) =>
  hasNetworksSize(target, image, scale) ? '' : 'the result has another size than the network makes';

/**
 * The work of a leg: input pixels that the network runs on, those it meets twice counted twice.
 *
 * @param workers - how many share it
 */
export function workOf({ plan, count }: Leg, workers: number): number {
  if (isBandPlan(plan)) return bandPixels(plan, workers);
  return plan.across.tile * plan.down.tile * count;
}
