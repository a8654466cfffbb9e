// Graph models as TensorFlow.js's converter writes them: nodes in protobuf's JSON, with the values of constants beside.
import type { ModelArtifacts, WeightSpec } from '../../../web/src/index.ts';

type Attribute = Record<string, unknown>;

const text = (value: string): string => btoa(value);

/** Attributes in the words of protobuf's JSON. */
export const attr = {
  i: (value: number): Attribute => ({ i: `${value}` }),
  f: (value: number): Attribute => ({ f: value }),
  b: (value: boolean): Attribute => ({ b: value }),
  s: (value: string): Attribute => ({ s: text(value) }),
  type: (value: string): Attribute => ({ type: value }),
  ints: (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } }),
  texts: (values: readonly string[]): Attribute => ({ list: { s: values.map(text) } }),
};

interface Node {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, Attribute>;
}

/** Gathers nodes and constants. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #specs: WeightSpec[] = [];
  readonly #values: Uint8Array[] = [];
  /** The name of the picture's node. */
  readonly picture = 'x';

  constructor(extents: readonly [number, number] = [-1, -1]) {
    const dim = [-1, ...extents, 3].map((size) => ({ size: `${size}` }));
    const shape = { shape: { dim } };
    this.#nodes.push({
      name: 'x',
      op: 'Placeholder',
      input: [],
      attr: { dtype: attr.type('DT_FLOAT'), shape },
    });
  }

  /** Adds a node and returns its name. */
  node(op: string, input: string[], attributes: Record<string, Attribute> = {}): string {
    const name = `${op}_${this.#nodes.length}`;
    const all = { T: attr.type('DT_FLOAT'), ...attributes };
    this.#nodes.push({ name, op, input, attr: all });
    return name;
  }

  /** Adds a constant and returns its name. */
  constant(
    shape: number[],
    values: readonly number[],
    dtype: 'float32' | 'int32' = 'float32',
  ): string {
    const type = attr.type(dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT');
    const name = this.node('Const', [], { dtype: type });
    this.#specs.push({ name, shape, dtype });
    const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    this.#values.push(new Uint8Array(typed.buffer));
    return name;
  }

  ints(values: readonly number[]): string {
    return this.constant([values.length], values, 'int32');
  }

  int(value: number): string {
    return this.constant([], [value], 'int32');
  }

  build(output: string): ModelArtifacts {
    this.#nodes.push({
      name: 'Identity',
      op: 'Identity',
      input: [output],
      attr: { T: attr.type('DT_FLOAT') },
    });
    const weightData = new Uint8Array(Buffer.concat(this.#values)).buffer;
    const signature = { inputs: { x: { name: 'x:0' } }, outputs: { y: { name: 'Identity:0' } } };
    const modelTopology = { node: this.#nodes, library: {}, versions: {} };
    return { modelTopology, weightSpecs: this.#specs, weightData, signature };
  }
}
