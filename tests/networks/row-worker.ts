// A process of run-all.ts: rows by message.
import { loadCore } from '../web/support/core.ts';
import { measure } from './measure.ts';
import type { Network } from './network.ts';
import type { JobMessage } from './run-all.ts';
import { NETWORKS } from './zoo/index.ts';

const core = loadCore();

process.on('message', async ({ name, form, int8 }: JobMessage) => {
  const network = NETWORKS.find((each) => each.name === name) as Network;
  process.send?.(await measure(await core, network, form, { int8 }));
});
