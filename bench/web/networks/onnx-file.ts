// Reading ONNX files, and the few changes to them that the comparison needs.

import {
  AttributeType,
  ElementType,
  ModelMessage,
} from '../../../tests/web/support/onnx-builder.ts';

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

// What protobufjs hands out after `toObject`, as far as it is used here.
interface RawAttribute {
  name: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  ints?: number[];
  type: number;
}
interface RawNode {
  input: string[];
  output: string[];
  name?: string;
  op_type: string;
  attribute?: RawAttribute[];
}
interface RawTensor {
  dims?: number[];
  data_type: number;
  name: string;
  raw_data: Uint8Array;
}
interface RawValue {
  name: string;
  type?: object;
}
interface RawModel {
  graph: { node: RawNode[]; initializer: RawTensor[]; input: RawValue[]; output: RawValue[] };
}

const decode = (file: Uint8Array): RawModel =>
  ModelMessage.toObject(ModelMessage.decode(file), { longs: Number }) as RawModel;

const encode = (model: RawModel): Uint8Array<ArrayBuffer> =>
  new Uint8Array(ModelMessage.encode(ModelMessage.fromObject(model)).finish());

function readValues({ name, data_type: type, raw_data: raw }: RawTensor): number[] {
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

function readAttribute({ type, f, i, s, ints }: RawAttribute): number | string | number[] {
  if (type === AttributeType.float) return f ?? 0;
  if (type === AttributeType.string) return new TextDecoder().decode(s);
  if (type === AttributeType.ints) return ints ?? [];
  return i ?? 0;
}

/** @throws TypeError for element types that super-resolution networks have no use for. */
export function readOnnx(file: Uint8Array): OnnxFile {
  const { graph } = decode(file);
  const nodes = graph.node.map(({ op_type: op, input, output, attribute = [] }) => ({
    op,
    inputs: input,
    output: output[0] as string,
    attributes: new Map(attribute.map((each) => [each.name, readAttribute(each)])),
  }));
  const constants = new Map(
    (graph.initializer ?? []).map((each) => [
      each.name,
      { shape: each.dims ?? [], values: readValues(each) },
    ]),
  );
  const name = (values: RawValue[]) => (values[0] as RawValue).name;
  return { input: name(graph.input), output: name(graph.output), nodes, constants };
}

/** Leaves out constants that nothing reads, of which ONNX Runtime would complain. */
function prune(model: RawModel): RawModel {
  const { graph } = model;
  const read = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => read.has(name));
  return model;
}

/** The same network up to the last of these values, with them as its outputs. */
export function withOutputs(file: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const model = decode(file);
  const made = model.graph.node.map(({ output }) => output[0] as string);
  const last = Math.max(...names.map((name) => made.lastIndexOf(name)));
  model.graph.node = model.graph.node.slice(0, last + 1);
  // Without a shape: each value has one of its own, which ONNX Runtime works out.
  const type = { tensor_type: { elem_type: ElementType.float32 } };
  model.graph.output = names.map((name) => ({ name, type }));
  return encode(prune(model));
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
  const model = decode(file);
  for (const node of model.graph.node) {
    if (node.op_type !== 'PRelu') continue;
    const [value, slopes] = node.input as [string, string];
    const f = meanSlope((constants.get(slopes) as OnnxTensor).values);
    node.op_type = 'LeakyRelu';
    node.input = [value];
    node.attribute = [{ name: 'alpha', type: AttributeType.float, f }];
  }
  return encode(prune(model));
}
