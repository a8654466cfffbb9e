// The documents, in the order in which somebody needs them: the site's menu, and llms.txt.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';

/** A document: its path in the repository, and what it answers. */
type Document = readonly [file: string, about: string];

/** Documents that belong together. */
interface Chapter {
  title: string;
  documents: readonly Document[];
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Begin',
    documents: [
      ['README.md', 'what it is, how fast, which models'],
      [
        'docs/quick-start.md',
        'from an empty folder to an upscaled picture: Vite, Next.js, a plain page',
      ],
      ['docs/bundlers.md', 'what each bundler needs; import maps; TypeScript'],
      ['docs/hosting.md', 'files on the server, content security policy, other origins, frames'],
      ['examples/README.md', 'pages and programs to copy'],
    ],
  },
  {
    title: 'Use',
    documents: [
      ['docs/live.md', 'one tag, or one call, for the pictures of a page'],
      ['docs/api.md', 'inputs, outputs, sizes, streams, errors, variants, overlap of tiles'],
      ['docs/reference.md', 'every class, method, option and type'],
      ['docs/memory.md', 'what a run needs, how to need less, limits'],
      [
        'docs/workers.md',
        'one upscaler for a page, priorities, React, service workers, extensions',
      ],
      ['docs/node.md', 'Node, folders of pictures, servers'],
      ['docs/cli.md', 'the `tessera` command: upscale, inspect, eval, quantize, annotate'],
      ['docs/upscalerjs.md', 'names of UpscalerJS and what they are here'],
    ],
  },
  {
    title: 'Networks',
    documents: [
      ['models/README.md', 'the shipped models, their scores and cards'],
      ['docs/models.md', 'your own ONNX file: operators, ranges, colours, exporting'],
      ['docs/quantization.md', 'a float network in 8 bits'],
    ],
  },
  {
    title: 'Help',
    documents: [
      ['docs/troubleshooting.md', 'by symptom, and by error code'],
      ['SECURITY.md', 'files of strangers, reporting'],
      ['CHANGELOG.md', 'what changed'],
    ],
  },
  {
    title: 'Build',
    documents: [
      ['CONTRIBUTING.md', 'the map of the repository, commands, rules'],
      ['docs/build.md', 'building from source'],
      ['docs/internals.md', 'how it works inside'],
      ['bench/README.md', 'how speed is measured'],
      ['models/train/README.md', 'how the models are trained'],
    ],
  },
];

/** A document's text. */
export const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** A document's heading. */
export function titleOf(file: string): string {
  const [, title] = /^# (.+)$/m.exec(textOf(file)) ?? [];
  if (title === undefined) throw new Error(`${file} has no heading`);
  return title;
}
