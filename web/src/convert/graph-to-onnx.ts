/** Graph models as ONNX files. */
import { malformed, within } from './failures.js';
import type { GraphModel, GraphNode, Source } from './graph-model.js';
import { convertNode } from './graph-ops.js';
import { NetworkWriter } from './network-writer.js';
import type { Constant, Value } from './values.js';

const whatOf = ({ name, op }: GraphNode): string => `node ${name} (${op})`;

/** Nodes in an order in which they can be computed: those that the outputs need, and no others. */
function inOrder({ nodes, outputs }: GraphModel): GraphNode[] {
  const done = new Set<GraphNode>();
  const open = new Set<GraphNode>();
  const stack = outputs.map(({ node }) => node);
  while (stack.length > 0) {
    const name = stack.at(-1) as string;
    const node = nodes.get(name);
    if (node === undefined)
      throw malformed(`there is no node ${name} in model.json, which another needs`);
    const missing = node.inputs.filter((input) => {
      const from = nodes.get(input.node);
      return from === undefined || !done.has(from);
    });
    if (done.has(node) || missing.length === 0) {
      done.add(node);
      stack.pop();
    } else if (open.has(node)) {
      throw malformed(`${whatOf(node)} needs its own result`);
    } else {
      open.add(node);
      stack.push(...missing.map((input) => input.node));
    }
  }
  return [...done];
}

/** The one node that stands for the picture. */
function pictureOf(nodes: readonly GraphNode[]): GraphNode {
  const inputs = nodes.filter(({ op }) => op === 'Placeholder');
  if (inputs.length !== 1) {
    throw malformed(`the graph has ${inputs.length} inputs: one picture is wanted`);
  }
  return inputs[0] as GraphNode;
}

/**
 * @returns the bytes of an ONNX file
 * @throws TesseraError `ERR_MODEL_FORMAT`, `ERR_MODEL_OP`; the message names the node.
 */
export function graphToOnnx(
  model: GraphModel,
  weights: ReadonlyMap<string, Constant>,
): Uint8Array<ArrayBuffer> {
  if (model.outputs.length !== 1) {
    throw malformed(`the graph has ${model.outputs.length} outputs: one picture is wanted`);
  }
  const nodes = inOrder(model);
  const picture = pictureOf(nodes);
  const w = new NetworkWriter(picture.attributes.shape('shape') ?? []);
  const known = new Map<string, Value[]>([[picture.name, [w.picture]]]);
  const find = ({ node, index }: Source): Value => {
    const value = known.get(node)?.[index];
    if (value === undefined) throw malformed(`node ${node} has no result ${index}`);
    return value;
  };
  for (const node of nodes) {
    if (node === picture) continue;
    known.set(node.name, valuesOf(w, node, weights, find));
  }
  return w.finish(find(model.outputs[0] as Source));
}

function valuesOf(
  w: NetworkWriter,
  node: GraphNode,
  weights: ReadonlyMap<string, Constant>,
  find: (source: Source) => Value,
): Value[] {
  const { name, op, attributes } = node;
  if (op === 'Const') {
    const weight = weights.get(name);
    if (weight === undefined) throw malformed(`there are no weights for ${whatOf(node)}`);
    return [weight];
  }
  const what = whatOf(node);
  return within(what, () =>
    convertNode({ w, op, what, attributes, inputs: node.inputs.map(find) }),
  );
}
