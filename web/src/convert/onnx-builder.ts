/** Builds ONNX files of one network, node by node. */
import { toHalf } from './half.js';
import {
  AttributeType,
  ElementType,
  encodeOnnx,
  type OnnxAttribute,
  type OnnxEntry,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-file.js';

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

/** Quantized weights: one scale for all or one per output channel (axis 0). */
export interface QuantizedWeights {
  shape: number[];
  /** Codes. */
  values: NumberList;
  scales: readonly number[];
  /** As many as scales; 0 when left out. */
  zeroPoints?: readonly number[];
  /** int8 when left out. */
  type?: CodeType;
}

/** Numbers, as a list or as an array of one type. */
export type NumberList = readonly number[] | Float32Array | Int8Array | Uint8Array | Int32Array;

export interface TensorData {
  shape: number[];
  type: keyof typeof ElementType;
  values: NumberList;
}

/** A float32 tensor. */
export function tensor(shape: number[], values: NumberList): TensorData {
  return { shape, type: 'float32', values };
}

/** A tensor of 8-bit codes. */
export function codes(shape: number[], type: CodeType, values: NumberList): TensorData {
  return { shape, type, values };
}

/** An int64 tensor of rank 1. */
export function int64s(values: readonly number[]): TensorData {
  return { shape: [values.length], type: 'int64', values };
}

function typed({ type, values }: TensorData): ArrayBufferView {
  switch (type) {
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'float16':
      return Uint16Array.from(values, toHalf);
    case 'float64':
      return new Float64Array(values);
    case 'int32':
      return new Int32Array(values);
    case 'int8':
      return new Int8Array(values);
    case 'uint8':
    case 'bool':
      return new Uint8Array(values);
    case 'float32':
      return new Float32Array(values);
  }
}

function tensorMessage(name: string, data: TensorData): Required<StoredTensor> {
  return {
    name,
    dims: data.shape,
    data_type: ElementType[data.type],
    raw_data: new Uint8Array(typed(data).buffer as ArrayBuffer),
  };
}

/** A tensor with its values in the file. */
export type StoredTensor = Pick<OnnxTensor, 'name' | 'dims' | 'data_type' | 'raw_data'>;

function attributeMessage(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { name, type: AttributeType.int, i: value };
  if (typeof value === 'string') {
    return { name, type: AttributeType.string, s: new TextEncoder().encode(value) };
  }
  if (Array.isArray(value)) return { name, type: AttributeType.ints, ints: value };
  if ('float' in value) return { name, type: AttributeType.float, f: value.float };
  if ('floats' in value) return { name, type: AttributeType.floats, floats: value.floats };
  return { name, type: AttributeType.tensor, t: tensorMessage('', value) };
}

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
  producer?: string;
}

export interface NodeOptions {
  attributes?: Record<string, AttributeValue>;
  /** How many. */
  outputs?: number;
  /** Of the operator, where it is not one of ONNX's own. */
  domain?: string;
}

const IR_VERSION = 8;

/** Gathers nodes and constants, and writes them. */
export class OnnxBuilder {
  protected readonly initializers: OnnxTensor[] = [];
  protected readonly inputs: Declaration[];
  readonly #nodes: OnnxNode[] = [];
  readonly #metadata: OnnxEntry[] = [];
  readonly #domains = new Set<string>();
  readonly #options: Required<Pick<BuilderOptions, 'opset' | 'type' | 'producer'>>;
  #counter = 0;

  /** The name of the network's input. */
  readonly input = 'input';

  constructor({
    channels = 3,
    opset = 13,
    inputShape = [1, channels, 'height', 'width'],
    type = 'float32',
    producer = '',
  }: BuilderOptions = {}) {
    this.#options = { opset, type, producer };
    this.inputs = [{ name: this.input, type, shape: inputShape }];
  }

  metadata(key: string, value: string): this {
    this.#metadata.push({ key, value });
    return this;
  }

  /** Adds a further input to the graph and returns its name. */
  addInput(declaration: Declaration): string {
    this.inputs.push(declaration);
    return declaration.name;
  }

  /** Of the file's format. */
  protected get irVersion(): number {
    return IR_VERSION;
  }

  /** The message of a constant, before it joins the others. */
  protected store(data: Required<StoredTensor>): OnnxTensor {
    return data;
  }

  /** What a node is called; undefined for nothing. */
  protected nodeName(op: string, output: string): string | undefined {
    return `${op.toLowerCase()}_${output}`;
  }

  /** Adds a constant and returns its name. */
  constant(data: TensorData): string {
    const name = `c${this.#counter++}`;
    this.initializers.push(this.store(tensorMessage(name, data)));
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
    const output = Array.from({ length: outputs }, () => `v${this.#counter++}`);
    const input = inputs.map((each) => (typeof each === 'string' ? each : this.constant(each)));
    const name = this.nodeName(op, output[0] as string);
    const attribute = Object.entries(attributes).map((each) => attributeMessage(...each));
    this.#nodes.push({
      ...{ op_type: op, input, output, attribute, domain },
      ...(name === undefined ? {} : { name }),
    });
    return output;
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

  /** Adds weights in 8 bits with their DequantizeLinear and returns the name of its output. */
  quantizedWeights(weights: QuantizedWeights): string {
    const { shape, values, scales, type = 'int8' } = weights;
    const { zeroPoints = scales.map(() => 0) } = weights;
    const perChannel = scales.length > 1;
    const extents = perChannel ? [scales.length] : [];
    return this.node(
      'DequantizeLinear',
      [codes(shape, type, values), tensor(extents, scales), codes(extents, type, zeroPoints)],
      perChannel ? { axis: 0 } : {},
    );
  }

  /**
   * Adds an int32 bias with its DequantizeLinear and returns the name of its output. `scales` has one
   * element or as many as the bias: the input's scale times the weights'.
   */
  quantizedBias(values: NumberList, scales: readonly number[]): string {
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
    const { opset, type, producer } = this.#options;
    const declared = outputs.map((output) =>
      typeof output === 'string' ? { name: output, type, shape: ['n', 'a', 'b', 'c'] } : output,
    );
    const domains = [...this.#domains].map((domain) => ({ domain, version: 1 }));
    return encodeOnnx({
      ir_version: this.irVersion,
      producer_name: producer,
      opset_import: [{ domain: '', version: opset }, ...domains],
      metadata_props: this.#metadata,
      graph: {
        name: 'network',
        node: this.#nodes,
        initializer: this.initializers,
        input: this.inputs.map(declare),
        output: declared.map(declare),
      },
    });
  }
}

function declare({ name, type, shape }: Declaration): OnnxValue {
  const dim = shape.map((extent) =>
    typeof extent === 'number' ? { dim_value: extent } : { dim_param: extent },
  );
  return { name, type: { tensor_type: { elem_type: ElementType[type], shape: { dim } } } };
}
