// The shipped models, and what each of them is measured on.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../lib/log.mjs';
import { ROOT } from '../lib/paths.mjs';

/** The benchmarks of clean reductions. */
export const BENCHMARKS = ['Set5', 'Set14', 'B100'] as const;

/** Images that models are measured on. */
export interface ImageSet {
  /** In tables and JSON. */
  name: string;
  /** Below the data folder, or pages that a script renders. */
  source: (typeof BENCHMARKS)[number] | 'rendered';
  /** Whether the small images are damaged. */
  degraded: boolean;
}

export interface ZooModel {
  name: string;
  aliases: string[];
  scale: number;
  /** Paths of the shipped file and of its float parent. */
  file: string;
  parent: string;
  sets: ImageSet[];
}

const clean = (source: (typeof BENCHMARKS)[number]): ImageSet => ({
  name: source,
  source,
  degraded: false,
});

/** What a model is for says what it is measured on; its name says what it is for. */
export function setsOf(name: string): ImageSet[] {
  if (name.startsWith('restore-')) return [{ name: 'B100-web', source: 'B100', degraded: true }];
  if (name.startsWith('text-')) return [{ name: 'text', source: 'rendered', degraded: false }];
  return BENCHMARKS.map(clean);
}

/**
 * The models of the manifest, in its order.
 *
 * @param only - the name or alias of the only one that is wanted
 * @throws UserError when it does not exist, or a float parent is missing.
 */
export function readZoo(only?: string, folder: string = join(ROOT, 'models')): ZooModel[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  // The names of the models stand beside the one key that is not a model.
  const { aliases = {}, ...rest } = manifest;
  const otherNames = Object.entries(aliases as Record<string, string>);
  const entries = rest as Record<string, { file: string; scale: number }>;
  const models = Object.entries(entries).map(([name, { file, scale }]) => ({
    name,
    aliases: otherNames.filter(([, target]) => target === name).map(([alias]) => alias),
    scale,
    file: join(folder, file),
    parent: join(folder, 'float', `${name}.onnx`),
    sets: setsOf(name),
  }));
  const wanted = models.filter(
    ({ name, aliases }) => only === undefined || only === name || aliases.includes(only),
  );
  if (wanted.length === 0) {
    const names = models.flatMap(({ name, aliases }) => [name, ...aliases]);
    throw new UserError(`there is no model ${only}; there are ${names.join(', ')}`);
  }
  const orphan = wanted.find(({ parent }) => !existsSync(parent));
  if (orphan) throw new UserError(`the float parent ${orphan.parent} is missing`);
  return wanted;
}
