// What the tile benchmark measures, and what it makes of the times.

import type {
  BenchmarkNetworkName,
  NetworkKind,
} from '../../tests/web/support/benchmark-networks.ts';
import { best, gmacs, type PeakReport } from './summary.ts';

/** One way to run one network. */
export interface Subject {
  net: BenchmarkNetworkName;
  /** Rows and columns, in input pixels. */
  tile: number;
  kind: NetworkKind;
  variant: string;
  workers: number;
}

// What the planner chooses for pictures of ordinary size.
const USUAL_TILES: Record<BenchmarkNetworkName, number[]> = {
  plain32: [128],
  srvgg16: [64, 128],
  srresnet: [64],
  'photo-x2': [128, 256],
};

export interface SubjectChoices {
  nets: BenchmarkNetworkName[];
  /** Default: each network's usual ones. */
  tiles?: number[] | undefined;
  kinds: NetworkKind[];
  variants: string[];
  workers: number[];
}

/** Every combination, those of one network and tile beside each other. */
export function planSubjects({ nets, tiles, kinds, variants, workers }: SubjectChoices): Subject[] {
  return nets.flatMap((net) =>
    (tiles ?? USUAL_TILES[net]).flatMap((tile) =>
      variants.flatMap((variant) =>
        kinds.flatMap((kind) =>
          workers.map((count) => ({ net, tile, kind, variant, workers: count })),
        ),
      ),
    ),
  );
}

export interface TileReport extends Subject {
  isolated: boolean;
  /** Per tile, of the fastest round; with several workers the time of a batch divided by them. */
  ms: number;
  gmacs: number;
  /** Of the peak of `workers` cores. */
  share: number;
  spread: number;
}

/** `times` are milliseconds per tile. */
export function summariseTile(
  subject: Subject & { isolated: boolean },
  times: readonly number[],
  multiplicationsPerPixel: number,
  peak: Pick<PeakReport, 'int8' | 'float'>,
): TileReport {
  const { seconds: ms, spread } = best(times);
  const speed = gmacs(multiplicationsPerPixel * subject.tile ** 2, ms / 1000);
  return {
    ...subject,
    ms,
    gmacs: speed,
    share: speed / (peak[subject.kind] * subject.workers),
    spread,
  };
}
