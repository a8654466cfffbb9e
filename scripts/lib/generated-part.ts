// The part of a Markdown file that a command writes, between two marks.

import { UserError } from './log.mjs';

/** The marks around what `command` writes. */
export const marksOf = (command: string): [begin: string, end: string] => [
  `<!-- Written by \`${command}\`; do not edit. -->`,
  `<!-- End of what \`${command}\` writes. -->`,
];

/** Where the part begins and ends, marks left out. */
function extentOf(text: string, command: string): [number, number] {
  const [begin, end] = marksOf(command);
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new UserError(`these marks are missing:\n${begin}\n${end}`);
  return [from + begin.length, to];
}

/**
 * What `command` wrote into `text`.
 *
 * @throws UserError unless both marks are there.
 */
export function generatedPart(text: string, command: string): string {
  return text.slice(...extentOf(text, command)).trim();
}

/**
 * The text with `part` in place of what `command` wrote; all else stays.
 *
 * @throws UserError unless both marks are there.
 */
export function replaceGenerated(text: string, command: string, part: string): string {
  const [from, to] = extentOf(text, command);
  return `${text.slice(0, from)}\n\n${part}\n\n${text.slice(to)}`;
}
