// Doc blocks as Markdown.

import {
  DocCodeSpan,
  type DocComment,
  DocEscapedText,
  DocFencedCode,
  DocLinkTag,
  type DocNode,
  DocParagraph,
  DocPlainText,
  DocSoftBreak,
} from '@microsoft/tsdoc';
import { UserError } from '../lib/log.mjs';

/** Gives the address of a name, such as `Upscaler.create`. */
export type Resolve = (name: string) => string;

function linkOf(tag: DocLinkTag, resolve: Resolve): string {
  const name = tag.codeDestination?.memberReferences
    .map(({ memberIdentifier }) => memberIdentifier?.identifier)
    .join('.');
  if (name === undefined) return `[${tag.linkText ?? tag.urlDestination}](${tag.urlDestination})`;
  return `[${tag.linkText ?? `\`${name}\``}](${resolve(name)})`;
}

/**
 * A piece of a doc block as Markdown.
 *
 * @throws UserError for what this does not know.
 */
export function docText(node: DocNode, resolve: Resolve): string {
  if (node instanceof DocPlainText) return node.text;
  if (node instanceof DocSoftBreak) return ' ';
  if (node instanceof DocCodeSpan) return `\`${node.code}\``;
  if (node instanceof DocEscapedText) return node.decodedText;
  if (node instanceof DocLinkTag) return linkOf(node, resolve);
  if (node instanceof DocFencedCode) return `\`\`\`${node.language}\n${node.code}\`\`\`\n`;
  const inner = node.getChildNodes();
  if (inner.length === 0 && node.kind !== 'Section') {
    throw new UserError(`a doc block has a ${node.kind}, which the reference cannot show`);
  }
  const text = inner.map((child) => docText(child, resolve)).join('');
  return node instanceof DocParagraph ? `${text.replace(/ +/g, ' ').trim()}\n\n` : text;
}

/** The first part of a doc block, in one line. */
export function summaryOf(comment: DocComment, resolve: Resolve): string {
  return docText(comment.summarySection, resolve).trim().replace(/\n+/g, ' ');
}

/** What stands under a tag such as `@throws`; one text for each. */
export function blocksOf(comment: DocComment, tag: string, resolve: Resolve): string[] {
  return comment.customBlocks
    .filter(({ blockTag }) => blockTag.tagName === tag)
    .map(({ content }) => docText(content, resolve).trim());
}
