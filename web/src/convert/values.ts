/** What flows through a network while it is converted. Axes are in TensorFlow's order: channels last. */
import { malformed } from './failures.js';
import type { NumberList } from './onnx-builder.js';

/** Extents; null where only the picture tells. */
export type Extents = readonly (number | null)[];

/** How codes stand for real numbers: real = scale * (code - zeroPoint), with one pair or one per place along `axis`. */
export interface Codes {
  scales: readonly number[];
  zeroPoints: readonly number[];
  axis: number;
}

/** Numbers that the file holds. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly values: NumberList;
  /** Whether they are whole numbers, such as extents and axes. */
  readonly integer: boolean;
  /** Of weights in 8 or 32 bits. */
  readonly codes?: Codes;
}

/** What is computed from the picture. */
export interface Computed {
  readonly kind: 'computed';
  /** In the ONNX file. */
  readonly name: string;
  readonly shape: Extents;
  /** Whether the value in the ONNX file has its channels second, as ONNX's convolutions want. */
  readonly channelsSecond: boolean;
  readonly integer: boolean;
}

export type Value = Constant | Computed;

export function constant(
  shape: readonly number[],
  values: NumberList,
  { integer = false, codes }: { integer?: boolean; codes?: Codes | undefined } = {},
): Constant {
  const made = { kind: 'constant', shape, values, integer } as const;
  return codes === undefined ? made : { ...made, codes };
}

export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

/** Distances between neighbours along each axis. */
function strides(shape: readonly number[]): number[] {
  const result = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    result[axis] = (result[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return result;
}

const emptyLike = (values: NumberList, count: number) => {
  if (values instanceof Int8Array) return new Int8Array(count);
  if (values instanceof Uint8Array) return new Uint8Array(count);
  return values instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
};

/** The same numbers with axis `i` of the result being axis `order[i]`. */
export function permuted(from: Constant, order: readonly number[]): Constant {
  const shape = order.map((axis) => from.shape[axis] as number);
  const steps = strides(from.shape);
  const moves = order.map((axis) => steps[axis] as number);
  const values = emptyLike(from.values, from.values.length);
  const position = Array<number>(shape.length).fill(0);
  let source = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = from.values[source] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += moves[axis] as number;
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (shape[axis] as number)) break;
      source -= (moves[axis] as number) * (shape[axis] as number);
      position[axis] = 0;
    }
  }
  const codes = from.codes && { ...from.codes, axis: order.indexOf(from.codes.axis) };
  return constant(shape, values, { integer: from.integer, codes });
}

/** The same numbers under another shape of as many. Codes must not be split among places. */
export const reshaped = (from: Constant, shape: readonly number[], codesAxis = 0): Constant =>
  constant(shape, from.values, {
    integer: from.integer,
    codes: from.codes && { ...from.codes, axis: codesAxis },
  });

/** What codes stand for; numbers without codes as they are. */
export function real(from: Constant): Constant {
  const { codes, shape } = from;
  if (codes === undefined) return from;
  const step = strides(shape)[codes.axis] ?? 1;
  const places = codes.scales.length;
  const values = Float32Array.from(from.values, (code, i) => {
    const place = places === 1 ? 0 : Math.floor(i / step) % places;
    return (code - (codes.zeroPoints[place] ?? 0)) * (codes.scales[place] as number);
  });
  return constant(shape, values);
}

/** The whole numbers of a constant of rank 0 or 1. */
export function integersOf(value: Value, what: string): number[] {
  if (value.kind !== 'constant') throw malformed(`${what} must be constant`);
  return [...value.values];
}

export const numberOf = (value: Value, what: string): number => {
  const [number] = integersOf(value, what);
  if (number === undefined) throw malformed(`${what} is empty`);
  return number;
};

/** Of a value, or of what both of two are in each place when they broadcast. */
export function broadcast(a: Extents, b: Extents): Extents {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Extents, i: number) => {
    const index = i - (rank - shape.length);
    return index < 0 ? 1 : (shape[index] as number | null);
  };
  return Array.from({ length: rank }, (_, i) => {
    const [first, second] = [at(a, i), at(b, i)];
    return first === 1 ? second : first === null && second !== 1 ? second : first;
  });
}

/** An axis that may be counted from the end. */
export function axisOf(axis: number, rank: number, what: string): number {
  const result = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(result) && result >= 0 && result < rank) return result;
  throw malformed(`${what} has no axis ${axis}: it has ${rank}`);
}
