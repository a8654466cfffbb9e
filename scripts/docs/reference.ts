// docs/reference.md: every public name, from the doc blocks.

import {
  ApiClass,
  ApiConstructor,
  ApiDocumentedItem,
  ApiInterface,
  type ApiItem,
  ApiItemKind,
  ApiMethod,
  type ApiPackage,
  ApiProperty,
  ApiPropertySignature,
} from '@microsoft/api-extractor-model';
import type { DocComment } from '@microsoft/tsdoc';
import { UserError } from '../lib/log.mjs';
import { markdownTable } from '../lib/markdown-table.ts';
import { declarationOf, nameOf } from './api-model.ts';
import { blocksOf, docText, type Resolve, summaryOf } from './doc-comment.ts';
import { headingSlug } from './slug.ts';

const HEAD = `# API reference

Every public name, from the doc blocks in the source: \`npm run docs\` writes this page. [api.md](api.md) shows how they
work together.
`;

/** The heading of an item: what a program would write. */
function headingOf(item: ApiItem): string {
  const owner = item.parent?.displayName;
  if (item instanceof ApiConstructor) return `new ${owner}()`;
  if (item instanceof ApiMethod) {
    const name = nameOf(item);
    // Escaped, or Markdown would take it for a link.
    if (name.startsWith('[')) return `${owner}\\[${name.slice(1, -1)}\\]()`;
    return `${owner}.${name}()`;
  }
  return nameOf(item);
}

/** Whether it has a heading of its own; the others stand in tables. */
const hasHeading = (item: ApiItem): boolean =>
  item.parent?.kind === ApiItemKind.EntryPoint ||
  item instanceof ApiMethod ||
  item instanceof ApiConstructor;

/** Where names are, as seen from an item. */
function resolverFrom(from: ApiItem, top: readonly ApiItem[]): Resolve {
  return (name) => {
    const [first, member] = name.split('.');
    const owner = top.find((item) => nameOf(item) === first) ?? ownerOf(from);
    const wanted = nameOf(owner) === first ? member : first;
    const found = wanted === undefined ? owner : owner.members.find((m) => nameOf(m) === wanted);
    if (found === undefined)
      throw new UserError(`${nameOf(from)} links ${name}, which is not public`);
    return `#${headingSlug(headingOf(hasHeading(found) ? found : owner))}`;
  };
}

/** The class or interface that an item belongs to, or itself. */
const ownerOf = (item: ApiItem): ApiItem =>
  item.parent === undefined || item.parent.kind === ApiItemKind.EntryPoint ? item : item.parent;

const commentOf = (item: ApiItem): DocComment | undefined =>
  item instanceof ApiDocumentedItem ? item.tsdocComment : undefined;

/** In a cell, a bar would end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

function typeCell(item: ApiProperty | ApiPropertySignature, top: readonly ApiItem[]): string {
  const value = item instanceof ApiProperty ? item.initializerExcerpt?.text : undefined;
  const type = oneLine(
    item.propertyTypeExcerpt.text.replace(/ \| undefined$/, '') || (value ?? ''),
  );
  const named = top.find((other) => nameOf(other) === type);
  return named === undefined ? cell(`\`${type}\``) : `[\`${type}\`](#${headingSlug(type)})`;
}

const oneLine = (code: string): string => code.replace(/\s+/g, ' ');

const isField = (item: ApiItem): item is ApiProperty | ApiPropertySignature =>
  item instanceof ApiProperty || item instanceof ApiPropertySignature;

function fieldTable(item: ApiItem, top: readonly ApiItem[]): string {
  const resolve = resolverFrom(item, top);
  const lines = item.members.filter(isField).map((field) => {
    const name = `${field instanceof ApiProperty && field.isStatic ? `${item.displayName}.` : ''}${nameOf(field)}`;
    const comment = commentOf(field);
    const meaning = comment === undefined ? '' : cell(summaryOf(comment, resolve));
    return [`\`${name}${field.isOptional ? '?' : ''}\``, typeCell(field, top), meaning];
  });
  return lines.length === 0 ? '' : `${markdownTable(['name', 'type', 'meaning'], lines)}\n\n`;
}

/** Which other names' fields it has too. */
function heritage(item: ApiItem, resolve: Resolve): string {
  if (!(item instanceof ApiInterface) || item.extendsTypes.length === 0) return '';
  const links = item.extendsTypes.map(({ excerpt }) => {
    const text = excerpt.text.trim();
    return `[\`${text}\`](${resolve(text.replace(/<.*/, ''))})`;
  });
  return `Has all of ${links.join(' and ')} too.\n\n`;
}

/** What its doc block says, but for the examples. */
function prose(comment: DocComment | undefined, resolve: Resolve): string {
  if (comment === undefined) return '';
  const parameters = comment.params.blocks.map(
    ({ parameterName, content }) => `- \`${parameterName}\`: ${docText(content, resolve).trim()}\n`,
  );
  const failures = blocksOf(comment, '@throws', resolve).map((text) => `- Throws ${text}\n`);
  const list = [...parameters, ...failures];
  return `${summaryOf(comment, resolve)}\n\n${list.join('')}${list.length > 0 ? '\n' : ''}`;
}

const examples = (comment: DocComment | undefined, resolve: Resolve): string =>
  comment === undefined
    ? ''
    : blocksOf(comment, '@example', resolve)
        .map((text) => `${text}\n\n`)
        .join('');

const code = (lines: readonly string[]): string =>
  `\`\`\`typescript\n${lines.join('\n')}\n\`\`\`\n\n`;

/** A method or constructor; overloads stand under one heading. */
function callable(overloads: readonly ApiItem[], resolve: Resolve): string {
  const [first] = overloads as [ApiItem];
  const comment = commentOf(first);
  return (
    `### ${headingOf(first)}\n\n${code(overloads.map(declarationOf).map(oneLine))}` +
    `${prose(comment, resolve)}${examples(comment, resolve)}`
  );
}

/** The constructor first, what has a symbol for its name last. */
function byKind(a: string, b: string): number {
  const rank = (name: string) => (name === 'constructor' ? 0 : name.startsWith('[') ? 2 : 1);
  return rank(a) - rank(b);
}

function callables(item: ApiItem, top: readonly ApiItem[]): string {
  const all = item.members.filter((m) => m instanceof ApiMethod || m instanceof ApiConstructor);
  const names = [...new Set(all.map(nameOf))].sort(byKind);
  return names
    .map((name) => all.filter((member) => nameOf(member) === name))
    .map((overloads) => callable(overloads, resolverFrom(item, top)))
    .join('');
}

function section(item: ApiItem, top: readonly ApiItem[]): string {
  const resolve = resolverFrom(item, top);
  const comment = commentOf(item);
  const isType = !(item instanceof ApiClass || item instanceof ApiInterface);
  const methods = item instanceof ApiInterface ? item.members.filter((m) => !isField(m)) : [];
  return (
    `## ${headingOf(item)}\n\n${prose(comment, resolve)}${isType ? code([declarationOf(item)]) : ''}` +
    `${examples(comment, resolve)}${heritage(item, resolve)}${fieldTable(item, top)}` +
    `${methods.map((method) => code([declarationOf(method)]) + prose(commentOf(method), resolve)).join('')}` +
    callables(item, top)
  );
}

// What everybody begins with.
const FIRST = 'Upscaler';

/** The page as Markdown. */
export function referenceText(api: ApiPackage): string {
  const members = api.entryPoints[0]?.members ?? [];
  const rank = (item: ApiItem) =>
    `${nameOf(item) === FIRST ? 0 : item instanceof ApiClass ? 1 : 2} ${nameOf(item).toLowerCase()}`;
  const top = [...members].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const names = top.map((item) => `[${nameOf(item)}](#${headingSlug(headingOf(item))})`).join(', ');
  const text = `${HEAD}\n${names}.\n\n${top.map((item) => section(item, top)).join('')}`;
  return `${text.trim()}\n`;
}
