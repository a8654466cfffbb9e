/** TensorFlow.js's graph format: a frozen TensorFlow graph as JSON. */
import { malformed } from './failures.js';

/** A result of a node. */
export interface Source {
  node: string;
  index: number;
}

/** One node, with its attributes as protobuf's JSON has them. */
export interface GraphNode {
  name: string;
  op: string;
  inputs: readonly Source[];
  attributes: GraphAttributes;
}

export interface GraphModel {
  nodes: ReadonlyMap<string, GraphNode>;
  outputs: readonly Source[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Words are in base64, or lists of letters' codes. */
function textOf(value: unknown, what: string): string {
  if (Array.isArray(value)) return String.fromCharCode(...value.map(Number));
  if (typeof value === 'string') return atob(value);
  throw malformed(`${what} is no text`);
}

/** The attributes of one node. */
export class GraphAttributes {
  readonly #raw: Json;
  readonly #what: string;

  constructor(raw: unknown, what: string) {
    this.#raw = isObject(raw) ? raw : {};
    this.#what = what;
  }

  /** One field of an attribute: `i`, `f`, `b`, `s`, `list`, `shape` or `type`. */
  #field(name: string, field: string): unknown {
    const value = new Map(Object.entries(this.#raw)).get(name);
    return isObject(value) ? value[field] : undefined;
  }

  number(name: string, otherwise: number): number {
    // Whole numbers of 64 bits are strings in JSON.
    const value = Number(this.#field(name, 'f') ?? this.#field(name, 'i') ?? otherwise);
    if (Number.isFinite(value)) return value;
    throw malformed(`${this.#what} has ${name} that is no number`);
  }

  flag(name: string): boolean {
    return this.#field(name, 'b') === true;
  }

  text(name: string, otherwise: string): string {
    const value = this.#field(name, 's');
    return value === undefined ? otherwise : textOf(value, `${name} of ${this.#what}`);
  }

  type(name: string): string {
    return String(this.#field(name, 'type') ?? '');
  }

  numbers(name: string): number[] {
    const list = this.#field(name, 'list');
    const values = isObject(list) ? (list.i ?? list.f ?? []) : [];
    if (!Array.isArray(values)) throw malformed(`${this.#what} has ${name} that is no list`);
    return values.map(Number);
  }

  texts(name: string): string[] {
    const list = this.#field(name, 'list');
    const values = isObject(list) ? (list.s ?? []) : [];
    if (!Array.isArray(values)) throw malformed(`${this.#what} has ${name} that is no list`);
    return values.map((value) => textOf(value, `${name} of ${this.#what}`));
  }

  /** Extents; null where they are open. */
  shape(name: string): (number | null)[] | undefined {
    const shape = this.#field(name, 'shape');
    if (!isObject(shape) || !Array.isArray(shape.dim)) return undefined;
    return shape.dim.map((dim: unknown) => {
      const size = Number(isObject(dim) ? (dim.size ?? -1) : -1);
      return size < 0 ? null : size;
    });
  }
}

/** `name`, `name:1`; `^name` is only waited for. */
function readSource(text: string): Source {
  const [, node, index] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { node: node ?? text, index: Number(index ?? 0) };
}

function readNode(raw: unknown): GraphNode {
  const { name, op, input = [], attr } = isObject(raw) ? raw : {};
  if (typeof name !== 'string' || typeof op !== 'string' || !Array.isArray(input)) {
    throw malformed('a node of the graph in model.json has no name or operator');
  }
  const inputs = input.map(String).filter((each) => !each.startsWith('^'));
  const attributes = new GraphAttributes(attr, `node ${name}`);
  return { name, op, inputs: inputs.map(readSource), attributes };
}

/** The outputs that the signature names, else those nodes that nothing reads. */
function outputsOf(nodes: readonly GraphNode[], signature: unknown): Source[] {
  const outputs = isObject(signature) && isObject(signature.outputs) ? signature.outputs : {};
  const named = Object.values(outputs).flatMap((output) =>
    isObject(output) && typeof output.name === 'string' ? [readSource(output.name)] : [],
  );
  if (named.length > 0) return named;
  const read = new Set(nodes.flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  return nodes.filter(({ name }) => !read.has(name)).map(({ name }) => ({ node: name, index: 0 }));
}

/**
 * Reads the `modelTopology` of a graph model, and its `signature` where there is one.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT`.
 */
export function readGraphModel(topology: unknown, signature: unknown): GraphModel {
  const list = isObject(topology) ? topology.node : undefined;
  if (!Array.isArray(list) || list.length === 0) {
    throw malformed(
      'the list of nodes is missing in model.json; download or export the model again',
    );
  }
  const nodes = list.map(readNode);
  return {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    outputs: outputsOf(nodes, signature),
  };
}
