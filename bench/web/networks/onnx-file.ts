// Reading ONNX files, and the few changes to them that the comparison needs.

import {
  AttributeType,
  decodeOnnx,
  ElementType,
  encodeOnnx,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxValue,
  type OnnxNode as RawNode,
  type OnnxTensor as RawTensor,
} from '../../../web/src/convert/onnx-file.ts';

/** A node as the file has it; attributes by name. */
export interface OnnxNode {
  op: string;
  inputs: string[];
  output: string;
  attributes: ReadonlyMap<string, number | string | number[]>;
}

export interface OnnxTensor {
  shape: number[];
  values: number[];
}

/** One network: its nodes in the order of the file, and its constants by name. */
export interface OnnxFile {
  input: string;
  output: string;
  nodes: OnnxNode[];
  constants: ReadonlyMap<string, OnnxTensor>;
}

/** A file's graph, whose lists are all there. */
type Graph = Required<Pick<OnnxGraph, 'node' | 'initializer' | 'input' | 'output'>> & OnnxGraph;

function graphOf(model: OnnxModel): Graph {
  return { node: [], initializer: [], input: [], output: [], ...model.graph };
}

function readValues({
  name,
  data_type: type,
  raw_data: raw = new Uint8Array(),
}: RawTensor): number[] {
  // A copy, since the file's own bytes need not be aligned.
  const { buffer } = new Uint8Array(raw);
  switch (type) {
    case ElementType.float32:
      return [...new Float32Array(buffer)];
    case ElementType.int32:
      return [...new Int32Array(buffer)];
    case ElementType.int8:
      return [...new Int8Array(buffer)];
    case ElementType.uint8:
      return [...new Uint8Array(buffer)];
    case ElementType.int64:
      return [...new BigInt64Array(buffer)].map(Number);
    default:
      throw new TypeError(`tensor ${name} is of element type ${type}, which is not read here`);
  }
}

function readAttribute({ type, f, i, s, ints }: OnnxAttribute): number | string | number[] {
  if (type === AttributeType.float) return f ?? 0;
  if (type === AttributeType.string) return new TextDecoder().decode(s);
  if (type === AttributeType.ints) return [...(ints ?? [])];
  return i ?? 0;
}

/** @throws TypeError for element types that super-resolution networks have no use for. */
export function readOnnx(file: Uint8Array): OnnxFile {
  const graph = graphOf(decodeOnnx(file));
  const nodes = graph.node.map(({ op_type: op, input = [], output = [], attribute = [] }) => ({
    op,
    inputs: [...input],
    output: output[0] as string,
    attributes: new Map(attribute.map((each) => [each.name, readAttribute(each)])),
  }));
  const constants = new Map(
    graph.initializer.map((each) => [
      each.name as string,
      { shape: [...(each.dims ?? [])], values: readValues(each) },
    ]),
  );
  const name = (values: readonly OnnxValue[]) => (values[0] as OnnxValue).name;
  return { input: name(graph.input), output: name(graph.output), nodes, constants };
}

/** The file with other nodes, without constants that nothing reads: ONNX Runtime would complain of those. */
function withNodes(
  model: OnnxModel,
  node: readonly RawNode[],
  output: readonly OnnxValue[],
): Uint8Array<ArrayBuffer> {
  const graph = graphOf(model);
  const read = new Set(node.flatMap(({ input = [] }) => input));
  const initializer = graph.initializer.filter(({ name }) => read.has(name as string));
  return encodeOnnx({ ...model, graph: { ...graph, node, initializer, output } });
}

/** The same network up to the last of these values, with them as its outputs. */
export function withOutputs(file: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const model = decodeOnnx(file);
  const { node } = graphOf(model);
  const made = node.map(({ output = [] }) => output[0] as string);
  const last = Math.max(...names.map((name) => made.lastIndexOf(name)));
  // Without a shape: each value has one of its own, which ONNX Runtime works out.
  const type = { tensor_type: { elem_type: ElementType.float32 } };
  const outputs = names.map((name) => ({ name, type }));
  return withNodes(model, node.slice(0, last + 1), outputs);
}

/** What one slope for all channels would be. */
export const meanSlope = (slopes: readonly number[]): number =>
  slopes.reduce((sum, slope) => sum + slope, 0) / slopes.length;

/**
 * The network with one slope per layer in place of one per channel: not the same network, but one
 * that some peers run in 8 bits throughout.
 */
export function withLeakyRelu(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const { constants } = readOnnx(file);
  const model = decodeOnnx(file);
  const { node, output } = graphOf(model);
  const leaky = node.map((each): RawNode => {
    if (each.op_type !== 'PRelu') return each;
    const [value, slopes] = each.input as readonly [string, string];
    const f = meanSlope((constants.get(slopes) as OnnxTensor).values);
    const attribute = [{ name: 'alpha', type: AttributeType.float, f }];
    return { ...each, op_type: 'LeakyRelu', input: [value], attribute };
  });
  return withNodes(model, leaky, output);
}
