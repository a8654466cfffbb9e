// Everything that `npm run bench` can measure.

import { picture } from './picture.ts';
import { quality } from './quality.ts';
import { scaling } from './scaling.ts';
import { startup } from './startup.ts';
import { tile } from './tile.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [tile, startup, picture, scaling, quality];
