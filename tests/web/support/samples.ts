// The code in the documents: what stands between fences.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/lib/paths.mjs';

/** A piece of code that a document shows. */
export interface Sample {
  /** File and line, such as `docs/api.md:5`. */
  place: string;
  language: string;
  /** What follows the language: `node` for programs of Node, `config` for settings of a tool. */
  kind: string;
  code: string;
}

const FENCE = /^```(\w+)(?: (\w+))?\n(.*?)^```$/gms;

/** Every piece of code in one document. */
export function samplesOf(name: string): Sample[] {
  const text = readFileSync(join(ROOT, name), 'utf8');
  return [...text.matchAll(FENCE)].map(
    ({ index, 1: language = '', 2: kind = '', 3: code = '' }) => {
      const line = text.slice(0, index).split('\n').length;
      return { place: `${name}:${line}`, language, kind, code };
    },
  );
}

/** Every piece of code in README and docs. */
export function allSamples(): Sample[] {
  const documents = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...documents.map((name) => `docs/${name}`)].flatMap(samplesOf);
}
