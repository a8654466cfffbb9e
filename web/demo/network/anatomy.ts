import type { ModelInfo, ModelNode } from '../../src/index.js';
import { byId, make } from '../base/dom.js';
import { formatBytes, formatCount, plural } from '../base/format.js';

const RUNS: Readonly<Record<ModelNode['runs'], string>> = {
  int8: 'int8',
  float: 'float',
  fused: 'inside another',
};

/** "38: 30 in int8, 8 inside another". */
function describeLayers(nodes: readonly ModelNode[]): string {
  const counts = Object.entries(RUNS).map(([runs, text]) => {
    const count = nodes.filter((node) => node.runs === runs).length;
    return count > 0 ? `${count} ${text === 'inside another' ? text : `in ${text}`}` : '';
  });
  return `${nodes.length}: ${counts.filter(Boolean).join(', ')}`;
}

function describeTiles({ exact, notExactBecause }: ModelInfo): string {
  return exact ? 'equal to the whole picture, bit for bit' : `not exact: ${notExactBecause}`;
}

/** The facts about a network, for people. */
function factsOf(model: ModelInfo): [term: string, text: string][] {
  const { scale, overlap, parameters, fileBytes, multiplicationsPerPixel: work } = model;
  return [
    ['Name', model.name || 'none in the file'],
    ['Scale', `${scale}×`],
    ['Layers', describeLayers(model.nodes)],
    ['Sees', `${plural(overlap, 'pixel')} around each`],
    ['Tiles', describeTiles(model)],
    ['Weights', formatCount(parameters)],
    ['Work', `${formatCount(work)} multiplications per pixel`],
    ['File', formatBytes(fileBytes)],
    ['Licence', model.licence || 'the file names none'],
    ...model.warnings.map((warning): [string, string] => ['Warning', warning]),
  ];
}

/** Another network is being loaded. */
export function hideAnatomy(): void {
  byId('anatomy-facts', HTMLDListElement).replaceChildren();
  byId('anatomy-layers', HTMLTableSectionElement).replaceChildren();
}

/** Shows what a network is made of, and where each layer runs. */
export function showAnatomy(model: ModelInfo): void {
  byId('anatomy-facts', HTMLDListElement).replaceChildren(
    ...factsOf(model).map(([term, text]) =>
      make('div', {}, make('dt', {}, term), make('dd', {}, text)),
    ),
  );
  byId('anatomy-layers', HTMLTableSectionElement).replaceChildren(
    ...model.nodes.map(({ op, detail, runs, name }) => {
      const layer = make('th', { scope: 'row', title: name }, op, make('small', {}, detail));
      return make('tr', {}, layer, make('td', {}, RUNS[runs]));
    }),
  );
}
