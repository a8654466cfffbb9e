// The public API as data: API Extractor reads the declarations that the build has written.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import {
  ApiDeclaredItem,
  ApiDocumentedItem,
  type ApiItem,
  ApiItemKind,
  ApiModel,
  type ApiPackage,
} from '@microsoft/api-extractor-model';
import type { DocComment } from '@microsoft/tsdoc';
import { DIST, ROOT } from '../lib/paths.mjs';
import { summaryOf } from './doc-comment.ts';

const TYPES = join(DIST, 'types');

/** The API, and what is wrong with its doc blocks. */
export interface Api {
  model: ApiPackage;
  /** One line each; empty when all is right. */
  faults: string[];
}

// Of the declarations alone, not of the program that they were written from.
const COMPILER = {
  compilerOptions: {
    ...{ target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: [] },
    ...{ lib: ['es2022', 'dom', 'esnext.disposable'], strict: true, skipLibCheck: true },
  },
  files: [join(TYPES, 'index.d.ts')],
};

function configFor(apiJsonFilePath: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: join(TYPES, 'index.d.ts'),
      compiler: { overrideTsconfig: COMPILER },
      docModel: { enabled: true, apiJsonFilePath },
      apiReport: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, 'package.json'),
  });
}

/** What the declarations say of their host; nobody imports these names. */
function hostNames(): Set<string> {
  const text = readFileSync(join(TYPES, 'host-types.d.ts'), 'utf8');
  return new Set([...text.matchAll(/^export type (\w+)/gm)].map(([, name]) => name as string));
}

/** Reads the API of what is built. */
export async function readApi(): Promise<Api> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-api-'));
  try {
    const file = join(folder, 'api.json');
    const faults: string[] = [];
    const hosts = hostNames();
    Extractor.invoke(configFor(file), {
      localBuild: true,
      messageCallback(message) {
        const { category, messageId, text } = message;
        message.logLevel = ExtractorLogLevel.None;
        // A second name of the host's classes has a number at its end.
        const symbol = /symbol "(\w+?)(_\d+)?"/.exec(text)?.[1] ?? '';
        const hidden = messageId === 'ae-forgotten-export' && !hosts.has(symbol);
        if (category === 'TSDoc' || hidden) {
          faults.push(`${message.formatMessageWithLocation(ROOT)}`);
        }
      },
    });
    const model = new ApiModel().loadPackage(file);
    return {
      model,
      faults: [...faults, ...undocumented(model).map((name) => `${name}: no doc block`)],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const isRoot = ({ kind }: ApiItem) =>
  kind === ApiItemKind.Package || kind === ApiItemKind.EntryPoint;

// API Extractor gives constructors a sentence where they have none.
const isInvented = (comment: DocComment | undefined): boolean =>
  comment !== undefined && summaryOf(comment, () => '').startsWith('Constructs a new instance of');

/** Whether there is a sentence about it. An overload has that of the first. */
function isDocumented(item: ApiItem): boolean {
  if (isRoot(item)) return true;
  const first = item.parent?.members.find((other) => nameOf(other) === nameOf(item));
  if (!(first instanceof ApiDocumentedItem)) return false;
  const paragraphs = first.tsdocComment?.summarySection.nodes ?? [];
  if (item.kind === ApiItemKind.Constructor && isInvented(first.tsdocComment)) return false;
  return paragraphs.some((node) => node.getChildNodes().length > 0);
}

/** The name that programs know it by. */
export const nameOf = ({ kind, displayName }: ApiItem): string =>
  kind === ApiItemKind.Constructor ? 'constructor' : displayName;

/** Public names without a doc block. */
export function undocumented(item: ApiItem): string[] {
  const below = item.members.flatMap(undocumented);
  if (isDocumented(item)) return below;
  return [item.getScopedNameWithinPackage() || nameOf(item), ...below];
}

/** What an item is declared as, as source text. */
export const declarationOf = (item: ApiItem): string =>
  item instanceof ApiDeclaredItem ? item.excerpt.text : '';
