/** ONNX files as messages: what tools need of onnx.proto. Documentation has no fields here. */
import { decode, encode, type Message, type MessageTable } from './protobuf.js';

const ENTRY: MessageTable = {
  key: { number: 1, kind: 'text' },
  value: { number: 2, kind: 'text' },
};

const TENSOR: MessageTable = {
  dims: { number: 1, kind: 'int', repeated: true },
  data_type: { number: 2, kind: 'int' },
  float_data: { number: 4, kind: 'float', repeated: true },
  int32_data: { number: 5, kind: 'int', repeated: true },
  string_data: { number: 6, kind: 'bytes', repeated: true },
  int64_data: { number: 7, kind: 'int', repeated: true },
  name: { number: 8, kind: 'text' },
  raw_data: { number: 9, kind: 'bytes' },
  double_data: { number: 10, kind: 'double', repeated: true },
  uint64_data: { number: 11, kind: 'int', repeated: true },
  external_data: { number: 13, kind: ENTRY, repeated: true },
  data_location: { number: 14, kind: 'int' },
};

const DIMENSION: MessageTable = {
  dim_value: { number: 1, kind: 'int' },
  dim_param: { number: 2, kind: 'text' },
};

const TENSOR_TYPE: MessageTable = {
  elem_type: { number: 1, kind: 'int' },
  shape: {
    number: 2,
    kind: { dim: { number: 1, kind: DIMENSION, repeated: true } },
  },
};

const VALUE_INFO: MessageTable = {
  name: { number: 1, kind: 'text' },
  type: { number: 2, kind: { tensor_type: { number: 1, kind: TENSOR_TYPE } } },
};

const ATTRIBUTE: MessageTable = {
  name: { number: 1, kind: 'text' },
  f: { number: 2, kind: 'float' },
  i: { number: 3, kind: 'int' },
  s: { number: 4, kind: 'bytes' },
  t: { number: 5, kind: TENSOR },
  floats: { number: 7, kind: 'float', repeated: true },
  ints: { number: 8, kind: 'int', repeated: true },
  strings: { number: 9, kind: 'bytes', repeated: true },
  type: { number: 20, kind: 'int' },
};

const NODE: MessageTable = {
  input: { number: 1, kind: 'text', repeated: true },
  output: { number: 2, kind: 'text', repeated: true },
  name: { number: 3, kind: 'text' },
  op_type: { number: 4, kind: 'text' },
  attribute: { number: 5, kind: ATTRIBUTE, repeated: true },
  domain: { number: 7, kind: 'text' },
};

const GRAPH: MessageTable = {
  node: { number: 1, kind: NODE, repeated: true },
  name: { number: 2, kind: 'text' },
  initializer: { number: 5, kind: TENSOR, repeated: true },
  input: { number: 11, kind: VALUE_INFO, repeated: true },
  output: { number: 12, kind: VALUE_INFO, repeated: true },
};

const OPERATOR_SET: MessageTable = {
  domain: { number: 1, kind: 'text' },
  version: { number: 2, kind: 'int' },
};

const MODEL: MessageTable = {
  ir_version: { number: 1, kind: 'int' },
  producer_name: { number: 2, kind: 'text' },
  graph: { number: 7, kind: GRAPH },
  opset_import: { number: 8, kind: OPERATOR_SET, repeated: true },
  metadata_props: { number: 14, kind: ENTRY, repeated: true },
  // What this file has no table for stays bytes, so that it can be told that it is there.
  functions: { number: 25, kind: 'bytes', repeated: true },
};

export interface OnnxEntry {
  key: string;
  value: string;
}

/** Values lie in `raw_data`, in one of the lists, or in another file. */
export interface OnnxTensor {
  dims?: readonly number[];
  data_type?: number;
  name?: string;
  raw_data?: Uint8Array;
  float_data?: readonly number[];
  int32_data?: readonly number[];
  int64_data?: readonly number[];
  double_data?: readonly number[];
  external_data?: readonly OnnxEntry[];
  data_location?: number;
}

export interface OnnxAttribute {
  name: string;
  type?: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: OnnxTensor;
  floats?: readonly number[];
  ints?: readonly number[];
}

export interface OnnxNode {
  input?: readonly string[];
  output?: readonly string[];
  name?: string;
  op_type: string;
  domain?: string;
  attribute?: readonly OnnxAttribute[];
}

/** An input or output of the graph. */
export interface OnnxValue {
  name: string;
  type?: object;
}

export interface OnnxGraph {
  node?: readonly OnnxNode[];
  name?: string;
  initializer?: readonly OnnxTensor[];
  input?: readonly OnnxValue[];
  output?: readonly OnnxValue[];
}

/** The message of a whole file; what is empty may be absent. */
export interface OnnxModel {
  ir_version?: number;
  producer_name?: string;
  graph?: OnnxGraph;
  opset_import?: readonly { domain?: string; version?: number }[];
  metadata_props?: readonly OnnxEntry[];
  functions?: readonly Uint8Array[];
}

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

/** ONNX's numbers of attribute types. */
export const AttributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
} as const;

/**
 * Reads an ONNX file.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT` when it is none or damaged.
 */
export function decodeOnnx(file: Uint8Array): OnnxModel {
  return decode(MODEL, file) as OnnxModel;
}

/** The bytes of an ONNX file. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  return encode(MODEL, model as Message);
}
