// Writes TensorFlow Lite files of one graph, operator by operator. The numbers are those of the public
// schema (version 3).

import { Builder } from 'flatbuffers';
import { toHalf } from '../../../web/src/convert/half.ts';

const SCHEMA_VERSION = 3;

const TensorType = { float32: 0, float16: 1, int32: 2, uint8: 3, int8: 9 } as const;

/** Operators by name: their number, the version that the runtime looks for, and their options. */
const Operators = {
  ADD: { code: 0, floatVersion: 1, int8Version: 2, options: 11 },
  CONV_2D: { code: 3, floatVersion: 1, int8Version: 3, options: 1 },
  DEPTH_TO_SPACE: { code: 5, floatVersion: 1, int8Version: 1, options: 94 },
  DEQUANTIZE: { code: 6, floatVersion: 2, int8Version: 2, options: 38 },
  PRELU: { code: 54, floatVersion: 1, int8Version: 1, options: 0 },
  MINIMUM: { code: 57, floatVersion: 1, int8Version: 2, options: 39 },
  RESIZE_NEAREST_NEIGHBOR: { code: 97, floatVersion: 1, int8Version: 2, options: 74 },
  LEAKY_RELU: { code: 98, floatVersion: 1, int8Version: 2, options: 75 },
  QUANTIZE: { code: 114, floatVersion: 1, int8Version: 1, options: 89 },
  RELU: { code: 19, floatVersion: 1, int8Version: 2, options: 0 },
  CONCATENATION: { code: 2, floatVersion: 1, int8Version: 2, options: 10 },
  LOGISTIC: { code: 14, floatVersion: 1, int8Version: 2, options: 0 },
  MAX_POOL_2D: { code: 17, floatVersion: 1, int8Version: 2, options: 5 },
  MUL: { code: 18, floatVersion: 1, int8Version: 2, options: 21 },
  RESIZE_BILINEAR: { code: 23, floatVersion: 3, int8Version: 3, options: 15 },
  TANH: { code: 28, floatVersion: 1, int8Version: 2, options: 0 },
  AVERAGE_POOL_2D: { code: 1, floatVersion: 1, int8Version: 2, options: 5 },
  DEPTHWISE_CONV_2D: { code: 4, floatVersion: 2, int8Version: 3, options: 2 },
  FULLY_CONNECTED: { code: 9, floatVersion: 1, int8Version: 4, options: 8 },
  RELU6: { code: 21, floatVersion: 1, int8Version: 2, options: 0 },
  RESHAPE: { code: 22, floatVersion: 1, int8Version: 1, options: 17 },
  SPACE_TO_DEPTH: { code: 26, floatVersion: 1, int8Version: 2, options: 19 },
  PAD: { code: 34, floatVersion: 1, int8Version: 2, options: 22 },
  TRANSPOSE: { code: 39, floatVersion: 1, int8Version: 2, options: 26 },
  MEAN: { code: 40, floatVersion: 1, int8Version: 2, options: 27 },
  SUB: { code: 41, floatVersion: 1, int8Version: 2, options: 28 },
  STRIDED_SLICE: { code: 45, floatVersion: 1, int8Version: 2, options: 32 },
  MIRROR_PAD: { code: 100, floatVersion: 1, int8Version: 2, options: 77 },
  HARD_SWISH: { code: 117, floatVersion: 1, int8Version: 1, options: 0 },
  NUMERIC_VERIFY: { code: 125, floatVersion: 1, int8Version: 1, options: 0 },
  TRANSPOSE_CONV: { code: 67, floatVersion: 3, int8Version: 3, options: 49 },
} as const;

export type OperatorName = keyof typeof Operators;

/** The function that some operators apply to what they compute. */
export const Fused = { none: 0, relu: 1, relu6: 3 } as const;

/** Real = scale * (code - zeroPoint); several scales are those of the channels along `axis`. */
export interface TensorCodes {
  scales: readonly number[];
  /** Default 0, for each scale. */
  zeroPoint?: number;
  axis?: number;
}

export interface TensorOptions {
  type: keyof typeof TensorType;
  shape: readonly number[];
  codes?: TensorCodes;
  /** Of a constant. */
  values?: readonly number[];
}

/** Options of an operator: bytes, whole numbers and floats by their field's number in the schema. */
export interface OperatorOptions {
  bytes?: Record<number, number>;
  ints?: Record<number, number>;
  floats?: Record<number, number>;
}

interface OperatorUse {
  name: OperatorName;
  version: number;
  inputs: readonly number[];
  output: number;
  options: OperatorOptions;
}

function bytesOf({ type, values }: TensorOptions): Uint8Array | undefined {
  if (values === undefined) return undefined;
  if (type === 'float32') return new Uint8Array(Float32Array.from(values).buffer);
  if (type === 'float16') return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
  if (type === 'int32') return new Uint8Array(Int32Array.from(values).buffer);
  if (type === 'uint8') return Uint8Array.from(values);
  return new Uint8Array(Int8Array.from(values).buffer);
}

/** Gathers tensors and operators, and writes them. */
export class TfliteBuilder {
  readonly #tensors: TensorOptions[] = [];
  readonly #operators: OperatorUse[] = [];

  /** Adds a tensor and returns its number. */
  tensor(options: TensorOptions): number {
    return this.#tensors.push(options) - 1;
  }

  /** Adds an operator that makes `output`. */
  operator(
    name: OperatorName,
    inputs: readonly number[],
    output: number,
    options: OperatorOptions = {},
  ): void {
    const isInt8 = [...inputs, output].some((each) => this.#tensors[each]?.type === 'int8');
    const { floatVersion, int8Version } = Operators[name];
    const version = isInt8 ? int8Version : floatVersion;
    this.#operators.push({ name, version, inputs, output, options });
  }

  /** The bytes of the file. */
  build(input: number, output: number): Uint8Array<ArrayBuffer> {
    const fb = new Builder(1 << 20);
    const buffers = this.#writeBuffers(fb);
    const subgraph = this.#writeSubgraph(fb, input, output);
    const subgraphs = offsets(fb, [subgraph]);
    const codes = offsets(
      fb,
      this.#kinds().map(({ name, version }) => writeOperatorCode(fb, name, version)),
    );
    const description = fb.createString('written by the benchmark');
    fb.startObject(5);
    fb.addFieldInt32(0, SCHEMA_VERSION, 0);
    fb.addFieldOffset(1, codes, 0);
    fb.addFieldOffset(2, subgraphs, 0);
    fb.addFieldOffset(3, description, 0);
    fb.addFieldOffset(4, buffers, 0);
    fb.finish(fb.endObject(), 'TFL3');
    return new Uint8Array(fb.asUint8Array());
  }

  /** Every operator and version that is used, once. */
  #kinds(): { name: OperatorName; version: number }[] {
    const kinds = new Map(this.#operators.map((use) => [`${use.name} ${use.version}`, use]));
    return [...kinds.values()];
  }

  /** Buffer 0 is empty, for tensors that are computed; tensor `i` has buffer `i + 1` or that one. */
  #writeBuffers(fb: Builder): number {
    const written = [undefined, ...this.#tensors.map(bytesOf)].map((bytes) => {
      const data = bytes && writeAligned(fb, bytes);
      fb.startObject(1);
      if (data !== undefined) fb.addFieldOffset(0, data, 0);
      return fb.endObject();
    });
    return offsets(fb, written);
  }

  #writeSubgraph(fb: Builder, input: number, output: number): number {
    const tensors = offsets(
      fb,
      this.#tensors.map((tensor, i) => writeTensor(fb, tensor, i)),
    );
    const kinds = this.#kinds();
    const operators = offsets(
      fb,
      this.#operators.map((use) => {
        const index = kinds.findIndex(
          ({ name, version }) => name === use.name && version === use.version,
        );
        return writeOperator(fb, use, index);
      }),
    );
    const [inputs, outputs] = [ints(fb, [input]), ints(fb, [output])];
    const name = fb.createString('main');
    fb.startObject(5);
    fb.addFieldOffset(0, tensors, 0);
    fb.addFieldOffset(1, inputs, 0);
    fb.addFieldOffset(2, outputs, 0);
    fb.addFieldOffset(3, operators, 0);
    fb.addFieldOffset(4, name, 0);
    return fb.endObject();
  }
}

/** Vectors are written from their end. */
function vector(
  fb: Builder,
  bytes: number,
  values: readonly number[],
  add: (value: number) => void,
) {
  fb.startVector(bytes, values.length, bytes);
  for (const value of [...values].reverse()) add(value);
  return fb.endVector();
}

const offsets = (fb: Builder, values: readonly number[]): number =>
  vector(fb, 4, values, (value) => fb.addOffset(value));
const ints = (fb: Builder, values: readonly number[]): number =>
  vector(fb, 4, values, (value) => fb.addInt32(value));
const floats = (fb: Builder, values: readonly number[]): number =>
  vector(fb, 4, values, (value) => fb.addFloat32(value));
const longs = (fb: Builder, values: readonly number[]): number =>
  vector(fb, 8, values, (value) => fb.addInt64(BigInt(value)));

/** The schema wants the data of buffers at multiples of 16 bytes. */
function writeAligned(fb: Builder, bytes: Uint8Array): number {
  fb.startVector(1, bytes.length, 16);
  for (let i = bytes.length - 1; i >= 0; i--) fb.addInt8(bytes[i] as number);
  return fb.endVector();
}

function writeCodes(fb: Builder, { scales, zeroPoint = 0, axis = 0 }: TensorCodes): number {
  const scale = floats(fb, scales);
  const zeroPoints = longs(
    fb,
    scales.map(() => zeroPoint),
  );
  fb.startObject(7);
  fb.addFieldOffset(2, scale, 0);
  fb.addFieldOffset(3, zeroPoints, 0);
  fb.addFieldInt32(6, axis, 0);
  return fb.endObject();
}

function writeTensor(fb: Builder, { type, shape, codes, values }: TensorOptions, index: number) {
  const extents = ints(fb, shape);
  const name = fb.createString(`t${index}`);
  const quantization = codes && writeCodes(fb, codes);
  fb.startObject(8);
  fb.addFieldOffset(0, extents, 0);
  fb.addFieldInt8(1, TensorType[type], 0);
  fb.addFieldInt32(2, values === undefined ? 0 : index + 1, 0);
  fb.addFieldOffset(3, name, 0);
  if (quantization !== undefined) fb.addFieldOffset(4, quantization, 0);
  return fb.endObject();
}

function writeOperatorCode(fb: Builder, name: OperatorName, version: number): number {
  const { code } = Operators[name];
  fb.startObject(4);
  fb.addFieldInt8(0, code, 0);
  fb.addFieldInt32(2, version, 1);
  fb.addFieldInt32(3, code, 0);
  return fb.endObject();
}

function writeOptions(
  fb: Builder,
  { bytes = {}, ints: whole = {}, floats: real = {} }: OperatorOptions,
) {
  fb.startObject(8);
  for (const [field, value] of Object.entries(bytes)) fb.addFieldInt8(Number(field), value, 0);
  for (const [field, value] of Object.entries(whole)) fb.addFieldInt32(Number(field), value, 0);
  for (const [field, value] of Object.entries(real)) fb.addFieldFloat32(Number(field), value, 0);
  return fb.endObject();
}

function writeOperator(fb: Builder, { name, inputs, output, options }: OperatorUse, code: number) {
  const type = Operators[name].options;
  const [from, to] = [ints(fb, inputs), ints(fb, [output])];
  const table = type === 0 ? undefined : writeOptions(fb, options);
  fb.startObject(5);
  fb.addFieldInt32(0, code, 0);
  fb.addFieldOffset(1, from, 0);
  fb.addFieldOffset(2, to, 0);
  if (table !== undefined) {
    fb.addFieldInt8(3, type, 0);
    fb.addFieldOffset(4, table, 0);
  }
  return fb.endObject();
}
