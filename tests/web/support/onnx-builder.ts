// Writes small ONNX files for the tests, so that no binary fixture has to be trusted or kept.
import protobuf from 'protobufjs';
import { toHalf } from './half.ts';

// The part of the public ONNX schema that the tests use.
const schema = protobuf.parse(
  `
  syntax = "proto3";
  message Model {
    int64 ir_version = 1;
    string producer_name = 2;
    Graph graph = 7;
    repeated OperatorSet opset_import = 8;
    repeated Entry metadata_props = 14;
  }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message Entry { string key = 1; string value = 2; }
  message Graph {
    repeated Node node = 1;
    string name = 2;
    repeated Tensor initializer = 5;
    repeated ValueInfo input = 11;
    repeated ValueInfo output = 12;
  }
  message Node {
    repeated string input = 1;
    repeated string output = 2;
    string name = 3;
    string op_type = 4;
    repeated Attribute attribute = 5;
    string domain = 7;
  }
  message Attribute {
    string name = 1;
    float f = 2;
    int64 i = 3;
    bytes s = 4;
    Tensor t = 5;
    repeated float floats = 7;
    repeated int64 ints = 8;
    int32 type = 20;
  }
  message Tensor {
    repeated int64 dims = 1;
    int32 data_type = 2;
    string name = 8;
    bytes raw_data = 9;
    repeated Entry external_data = 13;
    int32 data_location = 14;
  }
  message ValueInfo { string name = 1; Type type = 2; }
  message Type { TensorType tensor_type = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Shape { repeated Dimension dim = 1; }
  message Dimension { oneof kind { int64 dim_value = 1; string dim_param = 2; } }
`,
  { keepCase: true },
).root;

/** ONNX's numbers of element types. */
export const ElementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;
/** The message of a whole file, for those who read or change one. */
export const ModelMessage = schema.lookupType('Model');

/** ONNX's numbers of attribute types. */
export const AttributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
} as const;

/** An attribute value; numbers are ints unless wrapped by `float()` or `floats()`. */
export type AttributeValue =
  | number
  | string
  | number[]
  | FloatAttribute
  | FloatsAttribute
  | TensorData;

export interface FloatAttribute {
  float: number;
}

export interface FloatsAttribute {
  floats: number[];
}

/** Marks a number as ONNX's FLOAT, which JavaScript cannot tell from an INT. */
export function float(value: number): FloatAttribute {
  return { float: value };
}

/** The same for a list of numbers. */
export function floats(values: number[]): FloatsAttribute {
  return { floats: values };
}

/** The element types of 8-bit codes. */
export type CodeType = 'int8' | 'uint8';

/** How 8-bit codes stand for real numbers: real = scale * (code - zeroPoint). */
export interface Quantization {
  scale: number;
  /** 0 when left out. */
  zeroPoint?: number;
  /** uint8 when left out, as in ONNX. */
  type?: CodeType;
}

/** Quantized weights: one scale for all or one per output channel (axis 0), zero point 0. */
export interface QuantizedWeights {
  shape: number[];
  /** Codes, int8. */
  values: readonly number[];
  scales: readonly number[];
}

export interface TensorData {
  shape: number[];
  type: keyof typeof ElementType;
  values: readonly number[];
}

/** A float32 tensor. */
export function tensor(shape: number[], values: readonly number[]): TensorData {
  return { shape, type: 'float32', values };
}

/** A tensor of 8-bit codes. */
export function codes(shape: number[], type: CodeType, values: readonly number[]): TensorData {
  return { shape, type, values };
}

/** An int64 tensor of rank 1. */
export function int64s(values: readonly number[]): TensorData {
  return { shape: [values.length], type: 'int64', values };
}

function rawData({ type, values }: TensorData): Uint8Array {
  if (type === 'int64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  if (type === 'float16') return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
  if (type === 'float64') return new Uint8Array(Float64Array.from(values).buffer);
  if (type === 'int32') return new Uint8Array(Int32Array.from(values).buffer);
  if (type === 'int8') return new Uint8Array(Int8Array.from(values).buffer);
  if (type === 'uint8' || type === 'bool') return Uint8Array.from(values);
  return new Uint8Array(Float32Array.from(values).buffer);
}

function tensorMessage(name: string, data: TensorData) {
  return {
    name,
    dims: data.shape,
    data_type: ElementType[data.type],
    raw_data: rawData(data),
  };
}

function attributeMessage(name: string, value: AttributeValue) {
  if (typeof value === 'number') return { name, type: AttributeType.int, i: value };
  if (typeof value === 'string') {
    return { name, type: AttributeType.string, s: new TextEncoder().encode(value) };
  }
  if (Array.isArray(value)) return { name, type: AttributeType.ints, ints: value };
  if ('float' in value) return { name, type: AttributeType.float, f: value.float };
  if ('floats' in value) return { name, type: AttributeType.floats, floats: value.floats };
  return { name, type: AttributeType.tensor, t: tensorMessage('', value) };
}

/**
 * How a file carries its constants: as initializers, as Constant nodes, or as initializers that are
 * listed as inputs too, as everybody had to before version 4 of the format.
 */
export type ConstantForm = 'initializer' | 'node' | 'input';

/** An input or output of the graph, as it is declared. */
export interface Declaration {
  name: string;
  type: keyof typeof ElementType;
  /** A name stands for any extent. */
  shape: (number | string)[];
}

export interface BuilderOptions {
  channels?: number;
  opset?: number;
  inputShape?: (number | string)[];
  /** Of the input, and of the outputs where build() does not say otherwise. */
  type?: keyof typeof ElementType;
  constants?: ConstantForm;
  /** Whether nodes have names. */
  named?: boolean;
  producer?: string;
  /** The name of a second file, which holds the initializers. */
  external?: string | undefined;
}

/** Small tensors stay in the model, as exporters leave them there. */
const LEAST_EXTERNAL = 64;
/** Where tensors begin in the second file. */
const EXTERNAL_ALIGNMENT = 64;

export interface NodeOptions {
  attributes?: Record<string, AttributeValue>;
  /** How many. */
  outputs?: number;
  /** Of the operator, where it is not one of ONNX's own. */
  domain?: string;
}

/** Builds one network, node by node. */
export class OnnxBuilder {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #metadata: object[] = [];
  readonly #inputs: Declaration[];
  readonly #domains = new Set<string>();
  readonly #options: Required<Pick<BuilderOptions, 'opset' | 'type' | 'constants' | 'named'>>;
  readonly #producer: string;
  readonly #external: string | undefined;
  #externalBytes = new Uint8Array();
  #counter = 0;

  /** The name of the network's input. */
  readonly input = 'input';

  constructor({
    channels = 3,
    opset = 13,
    inputShape = [1, channels, 'height', 'width'],
    type = 'float32',
    constants = 'initializer',
    named = true,
    producer = '',
    external,
  }: BuilderOptions = {}) {
    this.#external = external;
    this.#options = { opset, type, constants, named };
    this.#producer = producer;
    this.#inputs = [{ name: this.input, type, shape: inputShape }];
  }

  metadata(key: string, value: string): this {
    this.#metadata.push({ key, value });
    return this;
  }

  /** Adds a further input to the graph and returns its name. */
  addInput(declaration: Declaration): string {
    this.#inputs.push(declaration);
    return declaration.name;
  }

  /** What the second file holds. */
  get externalBytes(): Uint8Array {
    return this.#externalBytes;
  }

  /** The tensor, or where it lies in the second file. */
  #store({ raw_data, ...tensor }: ReturnType<typeof tensorMessage>): object {
    if (this.#external === undefined || raw_data.length < LEAST_EXTERNAL) {
      return { ...tensor, raw_data };
    }
    const used = this.#externalBytes.length;
    const offset = Math.ceil(used / EXTERNAL_ALIGNMENT) * EXTERNAL_ALIGNMENT;
    const grown = new Uint8Array(offset + raw_data.length);
    grown.set(this.#externalBytes);
    grown.set(raw_data, offset);
    this.#externalBytes = grown;
    const place = { location: this.#external, offset, length: raw_data.length };
    const external_data = Object.entries(place).map(([key, value]) => ({ key, value: `${value}` }));
    return { ...tensor, external_data, data_location: 1 };
  }

  /** Adds a constant and returns its name. */
  constant(data: TensorData): string {
    if (this.#options.constants === 'node') return this.node('Constant', [], { value: data });
    const name = `c${this.#counter++}`;
    this.#initializers.push(this.#store(tensorMessage(name, data)));
    if (this.#options.constants === 'input') this.#inputs.push({ name, ...data });
    return name;
  }

  /** Adds a node and returns the name of its output. An empty input name omits that input. */
  node(
    op: string,
    inputs: (string | TensorData)[],
    attributes: Record<string, AttributeValue> = {},
  ): string {
    return this.nodeWith(op, inputs, { attributes })[0] as string;
  }

  /** Adds a node of any number of outputs, or of another domain, and returns the outputs' names. */
  nodeWith(
    op: string,
    inputs: (string | TensorData)[],
    { attributes = {}, outputs = 1, domain = '' }: NodeOptions,
  ): string[] {
    if (domain !== '') this.#domains.add(domain);
    const names = Array.from({ length: outputs }, () => `v${this.#counter++}`);
    const input = inputs.map((each) => (typeof each === 'string' ? each : this.constant(each)));
    this.#nodes.push({
      op_type: op,
      ...(this.#options.named ? { name: `${op.toLowerCase()}_${names[0]}` } : {}),
      input,
      output: names,
      attribute: Object.entries(attributes).map(([name, value]) => attributeMessage(name, value)),
      domain,
    });
    return names;
  }

  /** Adds the pair QuantizeLinear, DequantizeLinear and returns the name of its output. */
  quantizeDequantize(input: string, quantization: Quantization): string {
    const { scale, zeroPoint = 0, type = 'uint8' } = quantization;
    const parameters = [
      this.constant(tensor([], [scale])),
      this.constant(codes([], type, [zeroPoint])),
    ];
    const quantized = this.node('QuantizeLinear', [input, ...parameters]);
    return this.node('DequantizeLinear', [quantized, ...parameters]);
  }

  /** Adds int8 weights with their DequantizeLinear and returns the name of its output. */
  quantizedWeights({ shape, values, scales }: QuantizedWeights): string {
    const perChannel = scales.length > 1;
    const extents = perChannel ? [scales.length] : [];
    return this.node(
      'DequantizeLinear',
      [
        codes(shape, 'int8', values),
        tensor(extents, scales),
        codes(
          extents,
          'int8',
          scales.map(() => 0),
        ),
      ],
      perChannel ? { axis: 0 } : {},
    );
  }

  /**
   * Adds an int32 bias with its DequantizeLinear and returns the name of its output. `scales` has one
   * element or as many as the bias: the input's scale times the weights'.
   */
  quantizedBias(values: readonly number[], scales: readonly number[]): string {
    const perChannel = scales.length > 1;
    return this.node(
      'DequantizeLinear',
      [
        { shape: [values.length], type: 'int32', values },
        tensor(perChannel ? [scales.length] : [], scales),
      ],
      perChannel ? { axis: 0 } : {},
    );
  }

  /** The bytes of the file, with `outputs` as the network's outputs. */
  build(...outputs: (string | Declaration)[]): Uint8Array<ArrayBuffer> {
    const { opset, type, constants } = this.#options;
    const declared = outputs.map((output) =>
      typeof output === 'string' ? { name: output, type, shape: ['n', 'a', 'b', 'c'] } : output,
    );
    const domains = [...this.#domains].map((domain) => ({ domain, version: 1 }));
    const message = ModelMessage.fromObject({
      ir_version: constants === 'input' ? 3 : 8,
      producer_name: this.#producer,
      opset_import: [{ domain: '', version: opset }, ...domains],
      metadata_props: this.#metadata,
      graph: {
        name: 'test',
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs.map(declare),
        output: declared.map(declare),
      },
    });
    return new Uint8Array(ModelMessage.encode(message).finish());
  }
}

function declare({ name, type, shape }: Declaration) {
  const dim = shape.map((extent) =>
    typeof extent === 'number' ? { dim_value: extent } : { dim_param: extent },
  );
  return { name, type: { tensor_type: { elem_type: ElementType[type], shape: { dim } } } };
}
