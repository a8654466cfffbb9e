// The files that fuzzing begins with: small networks with every operator that the library knows, in
// the forms that exporters write. They are made anew, so that no binary file has to be kept.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNetwork } from '../networks/network.ts';
import { NETWORKS } from '../networks/zoo/index.ts';
import { quantizedNetwork } from '../web/support/quantized-network.ts';
import { Random } from '../web/support/random.ts';
import { randomNetwork } from '../web/support/random-network.ts';

// A mutation of a large file hits a weight, which says nothing.
const MOST_BYTES = 24_000;
const RANDOM_NETWORKS = 12;

async function allSeeds(): Promise<Map<string, Uint8Array>> {
  const seeds = new Map<string, Uint8Array>();
  for (const network of NETWORKS) {
    for (const form of network.forms) {
      seeds.set(`${network.name}.${form}`, writeNetwork(network, form));
    }
  }
  for (let seed = 1; seed <= RANDOM_NETWORKS; seed++) {
    seeds.set(`random.${seed}`, randomNetwork(new Random(seed)).file);
    seeds.set(`quantized.${seed}`, (await quantizedNetwork(seed)).file);
  }
  return seeds;
}

/** Writes the files into an emptied folder. */
export async function writeSeeds(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of await allSeeds()) {
    if (bytes.length <= MOST_BYTES) await writeFile(join(folder, name), bytes);
  }
}
