// Everything that `npm run bench` can measure.

import { networks } from './networks.ts';
import { picture } from './picture.ts';
import { quality } from './quality.ts';
import { scaling } from './scaling.ts';
import { startup } from './startup.ts';
import { tile } from './tile.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [tile, networks, startup, picture, scaling, quality];
