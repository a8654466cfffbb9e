// Tables of Markdown.

/** One line of a table. */
export const markdownRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/**
 * A whole table.
 *
 * @param numbers true if all columns but the first hold numbers, which are then set to the right
 */
export function markdownTable(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  { numbers = false } = {},
): string {
  const rule = head.map((_, column) => (numbers && column > 0 ? '---:' : '---'));
  return [markdownRow(head), `|${rule.join('|')}|`, ...lines.map(markdownRow)].join('\n');
}
