/** Operators that move numbers: their axes, order and places. */
import { malformed, unsupported } from './failures.js';
import { type NetworkWriter, onnxAxis, TO_LAST } from './network-writer.js';
import { int64s, type TensorData, tensor } from './onnx-builder.js';
import {
  axisOf,
  type Computed,
  type Constant,
  constant,
  countOf,
  type Extents,
  integersOf,
  reshaped,
  type Value,
} from './values.js';

/** ONNX's order of a list that has one entry for each axis of TensorFlow's. */
function perAxis<T>(value: Computed, list: readonly T[]): T[] {
  return list.map((_, i) => {
    const axis = value.channelsSecond ? ([0, 3, 1, 2] as const)[i as 0 | 1 | 2 | 3] : i;
    return list[axis] as T;
  });
}

export function concat(
  w: NetworkWriter,
  values: readonly Value[],
  axis: number,
  what: string,
): Value {
  const [first] = values;
  if (first === undefined) throw malformed(`${what} joins nothing`);
  if (values.length === 1) return first;
  const along = axisOf(axis, first.shape.length, what);
  const second = values.some((value) => value.kind === 'computed' && value.channelsSecond);
  const inputs = values.map((value) => (second ? w.second(value) : w.last(value)));
  const extents = values.map((value) => value.shape[along] ?? null);
  const total = extents.reduce(
    (sum, each) => (sum === null || each === null ? null : sum + each),
    0,
  );
  const shape = first.shape.map((extent, i) => (i === along ? total : extent));
  const names = inputs.map(({ name }) => name);
  const integer = values.every((value) => value.integer);
  const attributes = { axis: onnxAxis(inputs[0] as Computed, along, what) };
  return w.node('Concat', names, attributes, { shape, channelsSecond: second, integer });
}

/** The extents that -1 stands for, where all others are known. */
function resolved(from: Extents, wanted: readonly number[]): Extents {
  const total = from.reduce<number | null>(
    (product, extent) => (product === null || extent === null ? null : product * extent),
    1,
  );
  const rest = wanted.reduce((product, extent) => (extent < 0 ? product : product * extent), 1);
  return wanted.map((extent) => {
    if (extent >= 0) return extent;
    return total === null || rest === 0 ? null : total / rest;
  });
}

/** @param wanted - of TensorFlow's order; -1 at most once: whatever remains */
export function reshape(w: NetworkWriter, x: Value, wanted: Value, what: string): Value {
  if (wanted.kind === 'computed') {
    const rank = wanted.shape[0];
    if (typeof rank !== 'number') throw unsupported(`${what} has a shape of unknown length`);
    const shape = Array<null>(rank).fill(null);
    const input = w.last(x);
    return w.node('Reshape', [input.name, wanted.name], {}, { shape, integer: input.integer });
  }
  const extents = integersOf(wanted, `the shape of ${what}`);
  const shape = resolved(x.shape, extents);
  if (x.kind === 'constant') {
    if (shape.some((extent) => extent === null) || countOf(shape as number[]) !== x.values.length) {
      throw malformed(`${what} makes [${extents.join(', ')}] of ${x.values.length} numbers`);
    }
    return reshaped(x, shape as number[]);
  }
  const input = w.last(x);
  return w.node('Reshape', [input.name, int64s(extents)], {}, { shape, integer: input.integer });
}

export function transpose(
  w: NetworkWriter,
  x: Value,
  order: readonly number[],
  what: string,
): Value {
  const input = w.last(x);
  const axes = order.map((axis) => axisOf(axis, input.shape.length, what));
  if (new Set(axes).size !== input.shape.length) throw malformed(`${what} names an axis twice`);
  const shape = axes.map((axis) => input.shape[axis] as number | null);
  // A picture whose channels come to stand second is in ONNX's own order.
  return w.node('Transpose', [input.name], { perm: axes }, { shape, integer: input.integer });
}

/** Leaves out axes of extent 1, or, without a list, all of them. */
export function squeeze(w: NetworkWriter, x: Value, axes: readonly number[], what: string): Value {
  const rank = x.shape.length;
  const given = axes.map((axis) => axisOf(axis, rank, what));
  const gone = given.length > 0 ? given : x.shape.flatMap((extent, i) => (extent === 1 ? [i] : []));
  const shape = x.shape.filter((_, i) => !gone.includes(i));
  if (x.kind === 'constant') return reshaped(x, shape as number[]);
  const input = w.last(x);
  return w.node('Squeeze', [input.name, int64s(gone)], {}, { shape, integer: input.integer });
}

/** Adds an axis of extent 1. */
export function expand(w: NetworkWriter, x: Value, axis: number, what: string): Value {
  const at = axisOf(axis, x.shape.length + 1, what);
  const shape = [...x.shape.slice(0, at), 1, ...x.shape.slice(at)];
  if (x.kind === 'constant') return reshaped(x, shape as number[]);
  const input = w.last(x);
  return w.node('Unsqueeze', [input.name, int64s([at])], {}, { shape, integer: input.integer });
}

/** The extents of a value, in TensorFlow's order. */
export function shapeOf(w: NetworkWriter, x: Value): Value {
  const shape = [x.shape.length];
  if (x.shape.every((extent) => extent !== null)) {
    return constant(shape, [...(x.shape as number[])], { integer: true });
  }
  const input = w.computed(x);
  const own = w.node('Shape', [input.name], {}, { shape, integer: true });
  if (!input.channelsSecond) return own;
  return w.node('Gather', [own.name, int64s([...TO_LAST])], { axis: 0 }, { shape, integer: true });
}

/** A part of a value: one start, end and step for each axis. */
export interface Part {
  starts: readonly number[];
  /** Beyond the extent: to the end. */
  ends: readonly number[];
  steps: readonly number[];
}

export function slice(w: NetworkWriter, x: Value, { starts, ends, steps }: Part): Value {
  const input = w.computed(x);
  const axes = starts.map((_, axis) => axis);
  const shape = input.shape.map((extent, i) => {
    if (starts[i] === undefined) return extent;
    return extent === null
      ? null
      : sliceExtent(extent, starts[i], ends[i] as number, steps[i] as number);
  });
  const lists = [starts, ends, axes, steps].map((list) => int64s([...list]));
  const own = input.channelsSecond
    ? [starts, ends, axes, steps].map((list, i) =>
        int64s(i === 2 ? [...axes] : perAxis(input, list as number[])),
      )
    : lists;
  return w.node('Slice', [input.name, ...own], {}, { ...input, shape });
}

/** @param sizes - of each axis; below 0: to the end */
export function sliceOfSize(
  w: NetworkWriter,
  x: Value,
  starts: readonly number[],
  sizes: readonly number[],
): Value {
  const ends = sizes.map((size, i) => (size < 0 ? END : (starts[i] as number) + size));
  return slice(w, x, { starts, ends, steps: starts.map(() => 1) });
}

/** Bits, one for each axis: which starts and ends are left out, which axes are added or vanish. */
export interface SliceMasks {
  begin: number;
  end: number;
  ellipsis: number;
  newAxis: number;
  shrink: number;
}

/** x[a:b:c, ...], as TensorFlow writes it down. */
export function stridedSlice(
  w: NetworkWriter,
  x: Value,
  { starts, ends, steps }: Part,
  masks: SliceMasks,
  what: string,
): Value {
  if (masks.ellipsis !== 0 || masks.newAxis !== 0) {
    throw unsupported(`${what} uses an ellipsis or new axes`);
  }
  const has = (mask: number, i: number) => (mask >> i) % 2 === 1;
  const gone = starts.flatMap((_, i) => (has(masks.shrink, i) ? [i] : []));
  const forward = (i: number) => (steps[i] as number) > 0;
  const part = {
    starts: starts.map((start, i) => (has(masks.begin, i) ? (forward(i) ? 0 : END) : start)),
    ends: ends.map((end, i) => {
      if (gone.includes(i)) return starts[i] === -1 ? END : (starts[i] as number) + 1;
      return has(masks.end, i) ? (forward(i) ? END : -END) : end;
    }),
    steps,
  };
  if (x.kind === 'constant' && x.shape.length === 1) return constantPart(x, part, gone.length > 0);
  const taken = slice(w, x, part);
  return gone.length === 0 ? taken : squeeze(w, taken, gone, what);
}

/** A part of a list that the file holds, such as of extents that are known. */
function constantPart(x: Constant, { starts, ends, steps }: Part, single: boolean): Value {
  if (steps[0] !== 1) throw malformed('a list of extents is taken in steps');
  const values = [...x.values].slice(starts[0], ends[0]);
  return { ...x, shape: single ? [] : [values.length], values };
}

/** How many places a slice takes of an extent. */
function sliceExtent(extent: number, start: number, end: number, step: number): number {
  const clamp = (value: number) => {
    const place = value < 0 ? value + extent : value;
    return Math.max(step > 0 ? 0 : -1, Math.min(step > 0 ? extent : extent - 1, place));
  };
  return Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step));
}

/** What a list of rows of two says is added before and after each axis. */
export function amountPairs(amounts: Value, what: string): [number, number][] {
  const list = integersOf(amounts, `the amounts of ${what}`);
  return Array.from({ length: list.length / 2 }, (_, i) => [
    list[2 * i] as number,
    list[2 * i + 1] as number,
  ]);
}

/** How places outside a picture are filled. */
export type Fill = { mode: 'constant'; value: number } | { mode: 'reflect' };

/** @param amounts - before and after, for each axis */
export function pad(
  w: NetworkWriter,
  x: Value,
  amounts: readonly (readonly [number, number])[],
  fill: Fill,
  what: string,
): Value {
  if (amounts.length !== x.shape.length) throw malformed(`${what} pads ${amounts.length} axes`);
  if (amounts.some(([before, after]) => before < 0 || after < 0)) {
    throw malformed(`${what} pads by a negative amount`);
  }
  const input = w.computed(x);
  const own = perAxis(input, amounts);
  const pads = int64s([...own.map(([before]) => before), ...own.map(([, after]) => after)]);
  const value: TensorData[] = fill.mode === 'constant' ? [tensor([], [fill.value])] : [];
  const shape = input.shape.map((extent, i) => {
    const [before, after] = amounts[i] as readonly [number, number];
    return extent === null ? null : extent + before + after;
  });
  return w.node('Pad', [input.name, pads, ...value], { mode: fill.mode }, { ...input, shape });
}

/** As many parts of one size along an axis. */
export function equalParts(
  w: NetworkWriter,
  x: Value,
  axis: number,
  count: number,
  what: string,
): Value[] {
  const extent = x.shape[axisOf(axis, x.shape.length, what)] ?? null;
  if (!(count >= 1) || extent === null || extent % count !== 0) {
    throw unsupported(`${what} splits an extent that is open or no multiple of ${count}`);
  }
  return split(w, x, axis, Array(count).fill(extent / count), what);
}

/** Parts of these sizes along an axis. */
export function split(
  w: NetworkWriter,
  x: Value,
  axis: number,
  sizes: readonly number[],
  what: string,
): Value[] {
  const along = axisOf(axis, x.shape.length, what);
  let start = 0;
  return sizes.map((size) => {
    const whole = x.shape.map(() => 0);
    const part = {
      starts: whole.map((_, i) => (i === along ? start : 0)),
      ends: whole.map((_, i) => (i === along ? start + size : END)),
      steps: whole.map(() => 1),
    };
    start += size;
    return slice(w, x, part);
  });
}

/** To the end of an axis, however long. */
export const END = 2 ** 31 - 1;

/** Several values as one with an axis more, along which they lie. */
export function pack(
  w: NetworkWriter,
  values: readonly Value[],
  axis: number,
  what: string,
): Value {
  return concat(
    w,
    values.map((value) => expand(w, value, axis, what)),
    axis,
    what,
  );
}
