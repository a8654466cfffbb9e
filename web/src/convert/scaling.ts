/** Operators that change how many pixels there are: resizing, pools, sums over places. */
import { shapeAfter, type Window, windowAttributes } from './convolution.js';
import { malformed, unsupported } from './failures.js';
import { type NetworkWriter, onnxAxis, TO_SECOND } from './network-writer.js';
import { type AttributeValue, int64s, tensor } from './onnx-builder.js';
import { axisOf, type Computed, integersOf, type Value } from './values.js';

/** How places of the result lie in the picture, as TensorFlow's resize operators say it. */
export interface Sampling {
  mode: 'nearest' | 'bilinear';
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

function samplingAttributes({
  mode,
  alignCorners,
  halfPixelCenters,
}: Sampling): Record<string, AttributeValue> {
  const place = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';
  const attributes = { coordinate_transformation_mode: place };
  if (mode === 'bilinear') return { ...attributes, mode: 'linear' };
  // TensorFlow rounds half places up, and cuts where places are those of corners.
  const nearest_mode = place === 'asymmetric' ? 'floor' : 'round_prefer_ceil';
  return { ...attributes, mode, nearest_mode };
}

/** By factors for rows and columns. */
export function resizeBy(
  w: NetworkWriter,
  x: Value,
  factors: readonly [number, number],
  sampling: Sampling,
): Computed {
  const input = w.second(x);
  const [batch = null, height = null, width = null, channels = null] = input.shape;
  const times = (extent: number | null, factor: number) =>
    extent === null ? null : Math.floor(extent * factor);
  return w.node(
    'Resize',
    [input.name, '', tensor([4], [1, 1, ...factors])],
    samplingAttributes(sampling),
    {
      shape: [batch, times(height, factors[0]), times(width, factors[1]), channels],
      channelsSecond: true,
    },
  );
}

/** @param size - rows and columns of the result */
export function resizeTo(
  w: NetworkWriter,
  x: Value,
  size: Value,
  sampling: Sampling,
  what: string,
): Computed {
  if (size.shape[0] !== 2) throw malformed(`${what} has a size that is no pair`);
  const input = w.second(x);
  const [batch = null, height = null, width = null, channels = null] = input.shape;
  if (size.kind === 'constant') {
    const [rows, columns] = integersOf(size, what) as [number, number];
    if (height === null || width === null) {
      throw unsupported(`${what} makes a picture of ${rows}x${columns} of any other`);
    }
    // A factor holds for pictures of other sizes too.
    const factors = [rows / height, columns / width] as const;
    if (factors.every(Number.isInteger)) return resizeBy(w, input, factors, sampling);
  }
  const known = size.kind === 'constant' ? integersOf(size, what) : [null, null];
  const leading = w.node(
    'Shape',
    [input.name],
    { start: 0, end: 2 },
    { shape: [2], integer: true },
  );
  const sizes = w.node(
    'Concat',
    [leading.name, w.computed(size).name],
    { axis: 0 },
    {
      ...{ shape: [4], integer: true },
    },
  );
  return w.node('Resize', [input.name, '', '', sizes.name], samplingAttributes(sampling), {
    shape: [batch, known[0] ?? null, known[1] ?? null, channels],
    channelsSecond: true,
  });
}

/** Channels become places, in TensorFlow's order: all colours of a place beside each other. */
export function depthToSpace(w: NetworkWriter, x: Value, block: number, what: string): Computed {
  return moveBlocks(w, x, block, 'DepthToSpace', what);
}

export function spaceToDepth(w: NetworkWriter, x: Value, block: number, what: string): Computed {
  return moveBlocks(w, x, block, 'SpaceToDepth', what);
}

function moveBlocks(
  w: NetworkWriter,
  x: Value,
  block: number,
  op: 'DepthToSpace' | 'SpaceToDepth',
  what: string,
): Computed {
  if (!Number.isInteger(block) || block < 1) throw malformed(`${what} has blocks of ${block}`);
  const input = w.second(x);
  const factor = op === 'DepthToSpace' ? block : 1 / block;
  const [batch = null, height = null, width = null, channels = null] = input.shape;
  const times = (extent: number | null, by: number) => (extent === null ? null : extent * by);
  const depth = times(channels, 1 / factor ** 2);
  if (depth !== null && !Number.isInteger(depth)) {
    throw malformed(`${what} has blocks of ${block} in ${channels} channels`);
  }
  return w.node(
    op,
    [input.name],
    { blocksize: block },
    {
      shape: [batch, times(height, factor), times(width, factor), depth],
      channelsSecond: true,
    },
  );
}

/** Of what lies in a window; places outside the picture do not count. */
export function pool(
  w: NetworkWriter,
  x: Value,
  kind: 'max' | 'average',
  kernel: readonly [number, number],
  window: Window,
): Computed {
  const input = w.second(x);
  return w.node(
    kind === 'max' ? 'MaxPool' : 'AveragePool',
    [input.name],
    windowAttributes(kernel, window),
    { shape: shapeAfter(input, kernel, window, input.shape[3] ?? null), channelsSecond: true },
  );
}

/** What is made of all numbers along axes. */
export type Reduction = 'ReduceMean' | 'ReduceSum' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

/** @param keep - whether the axes stay, with extent 1 */
export function reduce(
  w: NetworkWriter,
  x: Value,
  op: Reduction,
  axes: readonly number[],
  keep: boolean,
  what: string,
): Value {
  const own = axes.map((axis) => axisOf(axis, x.shape.length, what));
  const input = keep ? w.computed(x) : inOrderWithout(w, x, own);
  const places = own.map((axis) => onnxAxis(input, axis, what));
  const shape = keep
    ? x.shape.map((extent, i) => (own.includes(i) ? 1 : extent))
    : x.shape.filter((_, i) => !own.includes(i));
  const result = { shape, channelsSecond: keep && input.channelsSecond, integer: input.integer };
  const keepdims = keep ? 1 : 0;
  // Of these operators sums alone take their axes as an input.
  if (op === 'ReduceSum') return w.node(op, [input.name, int64s(places)], { keepdims }, result);
  return w.node(op, [input.name], { axes: places, keepdims }, result);
}

/** The value, with the axes that remain without some in TensorFlow's order. */
function inOrderWithout(w: NetworkWriter, x: Value, axes: readonly number[]): Computed {
  const input = w.computed(x);
  if (!input.channelsSecond) return input;
  const remaining = TO_SECOND.filter((axis) => !axes.includes(axis));
  const inOrder = remaining.every((axis, i) => i === 0 || axis > (remaining[i - 1] as number));
  return inOrder ? input : w.last(input);
}
