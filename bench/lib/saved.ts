// The results that are kept in the repository.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceGenerated } from '../../scripts/lib/generated-part.ts';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { qualityChart } from './quality.ts';
import { readmeSection, tileChart } from './report.ts';
import type { Results } from './results.ts';

/** In the order in which README has them. */
const REPORTED = [
  ...['tile', 'tile-no-vnni', 'tile-wasm-revectorize', 'networks', 'networks-no-vnni'],
  ...['startup', 'picture', 'scaling', 'quality'],
];

const README = 'README.md';
const WRITER = 'npm run bench:report';

const pathOf = (name: string): string => `bench/results/${name}.json`;

/** Path of what is saved of a workload, in the repository. */
export function resultsPath({ workload, machine }: Pick<Results, 'workload' | 'machine'>): string {
  const flags = machine.js_flags?.match(/[a-z][\w-]*/gi) ?? [];
  return pathOf([workload, ...(machine.vnni_hidden ? ['no-vnni'] : []), ...flags].join('-'));
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function savedResults(): Results[] {
  return REPORTED.map(pathOf)
    .filter((path) => existsSync(join(ROOT, path)))
    .map((path) => JSON.parse(read(path)) as Results);
}

/** Everything that follows from the saved results: paths in the repository, and their text. */
export function reportFiles(): Map<string, string> {
  const all = savedResults();
  const readme = replaceGenerated(read(README), WRITER, readmeSection(all));
  const files = new Map([[README, readme]]);
  const charts = { tile: tileChart, quality: qualityChart };
  for (const [workload, draw] of Object.entries(charts)) {
    const results = all.find((each) => resultsPath(each) === pathOf(workload));
    if (results) files.set(`bench/results/${workload}.svg`, draw(results));
  }
  return files;
}
