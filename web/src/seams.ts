/** How much tiles differ from the picture in one piece: measured once for each tile shape. */
import type { TilePlan } from './tiling/plan.js';
import {
  columnsOf,
  type Difference,
  PROBES,
  probeDifference,
  probePicture,
  probePlans,
  worstOf,
} from './tiling/probe.js';
import type { ModelInfo, PixelSource, RawImage } from './types.js';

/** Upscales a picture that is cut in a certain way. */
type RunPlan = (picture: PixelSource, plan: TilePlan) => Promise<RawImage>;

/** Measures, and remembers. */
export class SeamMeter {
  /** By tile and overlap. */
  readonly #known = new Map<string, Promise<Difference>>();

  /** The worst difference on pictures that were made to be hard. */
  measure(plan: TilePlan, model: ModelInfo, run: RunPlan): Promise<Difference> {
    const key = `${plan.across.tile} ${plan.overlap}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const measured = measureProbes(plan, model, run);
    this.#known.set(key, measured);
    measured.catch(() => this.#known.delete(key));
    return measured;
  }
}

async function measureProbes(plan: TilePlan, model: ModelInfo, run: RunPlan): Promise<Difference> {
  const plans = probePlans(plan, model);
  const { across, down, count } = plans.tiled;
  const differences: Difference[] = [];
  for (const probe of PROBES) {
    const picture = probePicture(probe, across.extent, down.extent, count);
    const { shift } = plans;
    const rest = columnsOf(picture, shift, picture.width - shift);
    const tiled = await run(picture, plans.tiled);
    const other = await run(rest, plans.other);
    differences.push(probeDifference(plans, tiled, other, model.scale));
  }
  return worstOf(differences);
}
