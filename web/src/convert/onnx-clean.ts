/** Makes ONNX files smaller without changing what they compute, but for the rounding that is asked for. */
import { unsupported } from './failures.js';
import { toHalf } from './half.js';
import {
  AttributeType,
  decodeOnnx,
  ElementType,
  encodeOnnx,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-file.js';

export interface CleanOptions {
  /** Weights are rounded to half precision, which halves the file; they are computed with in single precision. */
  float16?: boolean;
  /** The bytes of files that hold weights of the model, by the names that it has for them. */
  externalData?: ReadonlyMap<string, Uint8Array> | undefined;
}

const LARGEST_HALF = 65504;
/** What has fewer numbers is a scale or a size rather than weights. */
const LEAST_WEIGHTS = 17;
const OWN_METADATA = /^tessera\./;

const isOwn = (domain: string | undefined): boolean =>
  domain === undefined || ['', 'ai.onnx'].includes(domain);

/** Operators that give back their first input once a network is trained. */
const isIdentity = ({ op_type: op, domain, output = [] }: OnnxNode): boolean =>
  isOwn(domain) && (op === 'Identity' || op === 'Dropout') && output.length === 1;

/** @throws TesseraError for what would be lost: graphs within nodes, and functions. */
function checkFlat({ functions = [], graph }: OnnxModel): void {
  if (functions.length > 0) {
    throw unsupported('the file has functions of its own', 'export it without them');
  }
  for (const { op_type: op, attribute = [] } of graph?.node ?? []) {
    // Numbers of attribute types beyond those known are graphs, sparse tensors, types, and lists of them.
    const known: readonly number[] = Object.values(AttributeType);
    if (attribute.some(({ type }) => type !== undefined && !known.includes(type))) {
      throw unsupported(
        `a ${op} has a graph of its own`,
        'export the network without control flow',
      );
    }
  }
}

/** Leaves out nodes that give back their input, and reads that input in their place. */
function withoutIdentities(graph: OnnxGraph): OnnxGraph {
  const outputs = new Set((graph.output ?? []).map(({ name }) => name));
  const stands = new Map<string, string>();
  const source = (name: string): string => stands.get(name) ?? name;
  const node = (graph.node ?? []).flatMap((each) => {
    const input = (each.input ?? []).map(source);
    const [from] = input;
    const [to] = each.output ?? [];
    if (isIdentity(each) && from !== undefined && to !== undefined && !outputs.has(to)) {
      stands.set(to, from);
      return [];
    }
    return [{ ...each, input }];
  });
  return { ...graph, node };
}

/** Constant nodes become initializers. */
function withInitializers(graph: OnnxGraph): OnnxGraph {
  const initializer = [...(graph.initializer ?? [])];
  const node = (graph.node ?? []).filter(({ op_type, domain, attribute = [], output = [] }) => {
    const value = attribute.find(({ name }) => name === 'value')?.t;
    if (op_type !== 'Constant' || !isOwn(domain) || value === undefined) return true;
    initializer.push({ ...value, name: output[0] as string });
    return false;
  });
  return { ...graph, node, initializer };
}

/** Leaves out nodes and constants that no output needs, inputs that are constants, and names of nodes. */
function pruned(graph: OnnxGraph): OnnxGraph {
  const needed = new Set((graph.output ?? []).map(({ name }) => name));
  const node = [...(graph.node ?? [])]
    .reverse()
    .filter(({ input = [], output = [] }) => {
      if (!output.some((name) => needed.has(name))) return false;
      for (const name of input) needed.add(name);
      return true;
    })
    .reverse()
    .map(({ name: _, ...rest }) => rest);
  const initializer = (graph.initializer ?? []).filter(({ name }) => needed.has(name ?? ''));
  const constants = new Set(initializer.map(({ name }) => name));
  const input = (graph.input ?? []).filter(({ name }) => !constants.has(name));
  return { ...graph, node, initializer, input };
}

/** Brings what lies in other files into the model. */
function withinFile(tensor: OnnxTensor, files: ReadonlyMap<string, Uint8Array>): OnnxTensor {
  const { external_data: place, data_location: _, ...rest } = tensor;
  if (place === undefined || tensor.data_location !== 1) return tensor;
  const entry = new Map(place.map(({ key, value }) => [key, value]));
  const name = entry.get('location') ?? '';
  const file = files.get(name);
  const start = Number(entry.get('offset') ?? 0);
  const end = start + Number(entry.get('length') ?? (file?.length ?? 0) - start);
  if (file === undefined || !(start >= 0 && start <= end && end <= file.length)) {
    throw unsupported(
      `weights lie in ${name}, which is missing or cut off`,
      'give it with the model',
    );
  }
  return { ...rest, raw_data: file.subarray(start, end) };
}

/** The numbers of a tensor of floats; undefined for others. */
function floatsOf({ data_type, raw_data, float_data }: OnnxTensor): Float32Array | undefined {
  if (data_type !== ElementType.float32) return undefined;
  if (raw_data !== undefined) return new Float32Array(new Uint8Array(raw_data).buffer);
  return float_data && Float32Array.from(float_data);
}

const canBeHalf = (values: Float32Array): boolean =>
  values.length >= LEAST_WEIGHTS && values.every((value) => Math.abs(value) <= LARGEST_HALF);

/** Weights as halves, each behind a Cast, which is computed when the file is loaded. */
function inHalves(graph: OnnxGraph): OnnxGraph {
  // Scales of codes decide about every number.
  const scales = new Set(
    (graph.node ?? [])
      .filter(({ op_type }) => /Quantize/.test(op_type) || op_type.startsWith('QLinear'))
      .flatMap(({ input = [] }) => input),
  );
  const casts: OnnxNode[] = [];
  const to = { name: 'to', type: AttributeType.int, i: ElementType.float32 };
  const initializer = (graph.initializer ?? []).map((tensor): OnnxTensor => {
    const { name = '', dims = [] } = tensor;
    const values = scales.has(name) ? undefined : floatsOf(tensor);
    if (values === undefined || !canBeHalf(values)) return tensor;
    const half = `${name}_half`;
    casts.push({ op_type: 'Cast', input: [half], output: [name], attribute: [to] });
    const raw_data = new Uint8Array(Uint16Array.from(values, toHalf).buffer);
    return { name: half, dims, data_type: ElementType.float16, raw_data };
  });
  return { ...graph, initializer, node: [...casts, ...(graph.node ?? [])] };
}

/**
 * The same network in a smaller file: without documentation, metadata of others, names of nodes, nodes that do nothing
 * and what no output needs; weights in other files are brought in.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT` for what is no ONNX file, `ERR_MODEL_OP` for control flow.
 */
export function cleanOnnx(
  file: Uint8Array,
  { float16 = false, externalData = new Map() }: CleanOptions = {},
): Uint8Array<ArrayBuffer> {
  const model = decodeOnnx(file);
  checkFlat(model);
  const whole = pruned(withoutIdentities(withInitializers(model.graph ?? {})));
  const initializer = (whole.initializer ?? []).map((tensor) => withinFile(tensor, externalData));
  const graph = { ...whole, initializer };
  const metadata_props = (model.metadata_props ?? []).filter(({ key }) => OWN_METADATA.test(key));
  return encodeOnnx({ ...model, metadata_props, graph: float16 ? inHalves(graph) : graph });
}
