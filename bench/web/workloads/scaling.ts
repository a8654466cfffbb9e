// Ours alone: what a pixel costs as pictures grow, and what more workers gain.

import { tessera } from '../subjects/tessera.ts';
import { picture } from './picture.ts';
import type { Workload } from './workload.ts';

const MEGAPIXELS = [0.1, 0.25, 1, 4, 24];
const WORKERS = [1, 2, 4];

export const scaling: Workload = {
  name: 'scaling',
  about: 'ours alone: 0.1 to 24 megapixels, 1, 2 and 4 workers, isolated and not; takes minutes',
  wantsPeak: false,
  async run({ megapixels = MEGAPIXELS, threads = WORKERS, ...choices }) {
    const subjects = [tessera];
    const rows = await picture.run({ ...choices, subjects, megapixels, threads, isolated: true });
    return rows.map((row) => ({
      ...row,
      workload: 'scaling',
      extra: { ...row.extra, ns_per_pixel: (row.ms_min * 1e6) / row.pixels },
    }));
  },
};
