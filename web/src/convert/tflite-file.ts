/** TensorFlow Lite files. The numbers of fields and types are those of the public schema, version 3. */
import { malformed, unsupported } from './failures.js';
import { FlatTable } from './flatbuffer-table.js';
import { fromHalf } from './half.js';
import type { NumberList } from './onnx-builder.js';
import { type Codes, type Constant, constant, countOf, type Extents } from './values.js';

/** By their number. */
const TYPES = {
  0: 'float32',
  1: 'float16',
  2: 'int32',
  3: 'uint8',
  4: 'int64',
  6: 'bool',
  9: 'int8',
} as const;

export type TfliteType = (typeof TYPES)[keyof typeof TYPES];

const BYTES: Readonly<Record<TfliteType, number>> = {
  ...{ float32: 4, float16: 2, int32: 4, uint8: 1, int64: 8, bool: 1, int8: 1 },
};

export interface TfliteTensor {
  type: TfliteType;
  /** Null where the file leaves an extent open. */
  shape: Extents;
  codes?: Codes;
  /** Of a tensor that the file holds. */
  constant?: Constant;
}

export interface TfliteOperator {
  /** Of the schema's list of operators. */
  code: number;
  /** Of an operator that is not TensorFlow Lite's own. */
  custom: string;
  /** Numbers of tensors; -1 for one that is left out. */
  inputs: readonly number[];
  outputs: readonly number[];
  /** What the operator says of itself. */
  options: FlatTable | undefined;
}

export interface TfliteFile {
  tensors: readonly TfliteTensor[];
  operators: readonly TfliteOperator[];
  inputs: readonly number[];
  outputs: readonly number[];
}

const MODEL = { codes: 1, subgraphs: 2, buffers: 4 };
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, quantization: 4, signature: 7 };
const QUANTIZATION = { scale: 2, zeroPoint: 3, axis: 6 };
const OPERATOR = { code: 0, inputs: 1, outputs: 2, options: 4 };
const OPERATOR_CODE = { shortCode: 0, custom: 1, code: 3 };

function typeOf(tensor: FlatTable): TfliteType {
  const number = tensor.byte(TENSOR.type);
  const type = new Map(Object.entries(TYPES)).get(`${number}`);
  if (type !== undefined) return type;
  throw unsupported(`tensor ${tensor.text(TENSOR.name)} is of type ${number} of the schema`);
}

function codesOf(tensor: FlatTable): Codes | undefined {
  const table = tensor.table(TENSOR.quantization);
  const scales = table?.floats(QUANTIZATION.scale) ?? [];
  if (table === undefined || scales.length === 0) return undefined;
  const zeroPoints = table.longs(QUANTIZATION.zeroPoint);
  if (scales.some((scale) => !(scale > 0 && Number.isFinite(scale)))) {
    throw malformed(`tensor ${tensor.text(TENSOR.name)} has a scale that is not above 0`);
  }
  return {
    scales,
    zeroPoints: scales.map((_, i) => zeroPoints[i] ?? zeroPoints[0] ?? 0),
    axis: table.int(QUANTIZATION.axis),
  };
}

/** The numbers of a tensor, which may begin at any place of the file. */
function valuesOf(type: TfliteType, bytes: Uint8Array): NumberList {
  const own = new Uint8Array(bytes).buffer;
  switch (type) {
    case 'float32':
      return new Float32Array(own);
    case 'float16':
      return Float32Array.from(new Uint16Array(own), fromHalf);
    case 'int32':
      return new Int32Array(own);
    case 'int64':
      return Array.from(new BigInt64Array(own), Number);
    case 'int8':
      return new Int8Array(own);
    case 'uint8':
    case 'bool':
      return new Uint8Array(own);
  }
}

function readTensor(table: FlatTable, buffers: readonly FlatTable[]): TfliteTensor {
  const type = typeOf(table);
  const own = table.ints(TENSOR.shape);
  const signature = table.ints(TENSOR.signature);
  const shape = own.map((extent, i) => ((signature[i] ?? extent) < 0 ? null : extent));
  const codes = codesOf(table);
  const tensor = { type, shape, ...(codes === undefined ? {} : { codes }) };
  const bytes = buffers[table.int(TENSOR.buffer)]?.bytes(0) ?? new Uint8Array();
  if (bytes.length === 0) return tensor;
  const wanted = countOf(own) * BYTES[type];
  if (bytes.length !== wanted) {
    throw malformed(
      `tensor ${table.text(TENSOR.name)} of the .tflite file has ${bytes.length} bytes, not ${wanted}: it is damaged`,
    );
  }
  const integer = type === 'int64' || (type === 'int32' && codes === undefined);
  return { ...tensor, constant: constant(own, valuesOf(type, bytes), { integer, codes }) };
}

// Tensors may share bytes, as layers that are used twice do.
const MOST_SHARED = 8;

/** @throws TesseraError for a small file whose tensors would be large, as each names the same bytes. */
function checkShared(tensors: readonly FlatTable[], buffers: readonly FlatTable[], size: number) {
  const total = tensors.reduce(
    (sum, tensor) => sum + (buffers[tensor.int(TENSOR.buffer)]?.bytes(0).length ?? 0),
    0,
  );
  if (total <= MOST_SHARED * size) return;
  throw malformed(`the tensors of the .tflite file name ${total} bytes in ${size}: it is damaged`);
}

function readOperator(table: FlatTable, codes: readonly FlatTable[]): TfliteOperator {
  const kind = codes[table.int(OPERATOR.code)];
  if (kind === undefined) throw malformed('an operator of the .tflite file is of no kind');
  return {
    // Files from before there were more than 127 operators have the short one alone.
    code: Math.max(kind.int(OPERATOR_CODE.code), kind.byte(OPERATOR_CODE.shortCode)),
    custom: kind.text(OPERATOR_CODE.custom),
    inputs: table.ints(OPERATOR.inputs),
    outputs: table.ints(OPERATOR.outputs),
    options: table.table(OPERATOR.options),
  };
}

/**
 * Reads a TensorFlow Lite file, whose first graph is the network.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT` for a damaged file, `ERR_MODEL_OP` for types that have no form here.
 */
export function readTflite(bytes: Uint8Array): TfliteFile {
  const model = FlatTable.root(bytes);
  const [graph] = model.tables(MODEL.subgraphs);
  if (graph === undefined) throw malformed('the .tflite file holds no network');
  const buffers = model.tables(MODEL.buffers);
  const tensors = graph.tables(SUBGRAPH.tensors);
  checkShared(tensors, buffers, bytes.length);
  const codes = model.tables(MODEL.codes);
  return {
    tensors: tensors.map((tensor) => readTensor(tensor, buffers)),
    operators: graph.tables(SUBGRAPH.operators).map((operator) => readOperator(operator, codes)),
    inputs: graph.ints(SUBGRAPH.inputs),
    outputs: graph.ints(SUBGRAPH.outputs),
  };
}
