// Denoising and deblurring, networks with attention, and networks with more than one input or output.
import { int64s, type TensorData } from '../../web/support/onnx-builder.ts';
import {
  channelsOf,
  type Exporter,
  type Extent,
  heightOf,
  type Value,
  widthOf,
} from '../exporter.ts';
import { type Network, OLD_PYTORCH, PYTORCH } from '../network.ts';

const base = { scale: 1, forms: PYTORCH, int8: true, exact: true } satisfies Partial<Network>;

/** Half of the channels times the other half. */
function simpleGate(net: Exporter, x: Value): Value {
  const [a, b] = net.chunk(x, 2) as [Value, Value];
  return net.mul(a, b);
}

function nafBlock(net: Exporter, x: Value): Value {
  const width = channelsOf(x);
  let inner = net.conv(net.layerNormChannels(x), 2 * width, { kernel: 1 });
  inner = simpleGate(net, net.conv(inner, 2 * width, { groups: 2 * width }));
  inner = net.mul(inner, net.conv(net.globalAverage(inner), width, { kernel: 1 }));
  inner = net.conv(inner, width, { kernel: 1 });
  const middle = net.add(x, net.mul(inner, net.randoms([1, width, 1, 1], 0.2, 0.3)));
  const mixed = simpleGate(net, net.conv(net.layerNormChannels(middle), 2 * width, { kernel: 1 }));
  const outer = net.conv(mixed, width, { kernel: 1 });
  return net.add(middle, net.mul(outer, net.randoms([1, width, 1, 1], 0.2, 0.3)));
}

/** Down by strided convolutions, up by shuffles, with additions across. */
const nafnet: Network = {
  ...base,
  name: 'nafnet',
  exact: false,
  height: 48,
  width: 56,
  forms: [...PYTORCH, 'torchscript-17-static', 'dynamo-20'],
  build(net) {
    const first = nafBlock(net, net.conv(net.image, 8));
    const small = nafBlock(net, net.conv(first, 16, { kernel: 2, stride: 2, pad: 0 }));
    const up = net.pixelShuffle(net.conv(small, 32, { kernel: 1, bias: false }), 2);
    const last = nafBlock(net, net.add(up, first));
    return net.add(net.conv(last, 3, { gain: 0.1 }), net.image);
  },
};

/** DRUNet: strided convolutions down, transposed ones up, no biases. */
const drunet: Network = {
  ...base,
  name: 'drunet',
  height: 48,
  width: 56,
  forms: [...PYTORCH, 'torchscript-9-static', 'tf2onnx-13'],
  build(net) {
    const plain = { bias: false };
    const block = (x: Value) =>
      net.add(
        x,
        net.conv(net.relu(net.conv(x, channelsOf(x), plain)), channelsOf(x), {
          ...plain,
          gain: 0.5,
        }),
      );
    const down = { ...plain, kernel: 2, stride: 2, pad: 0 };
    const one = block(net.conv(net.image, 8, plain));
    const two = block(net.conv(one, 16, down));
    const three = block(net.conv(two, 16, down));
    const up = net.add(net.convTranspose(three, 16, down), two);
    const top = net.add(net.convTranspose(block(up), 8, down), one);
    return net.add(net.conv(block(top), 3, { ...plain, gain: 0.1 }), net.image);
  },
};

/** A U-Net with pooling, bilinear enlargement to the size of the skip, and concatenation. */
const unet: Network = {
  ...base,
  name: 'unet-bilinear',
  height: 48,
  width: 56,
  forms: [...PYTORCH, 'torchscript-10', 'torchscript-17-static'],
  build(net) {
    const double = (x: Value, width: number) =>
      net.relu(net.batchNorm(net.conv(net.relu(net.batchNorm(net.conv(x, width))), width)));
    const one = double(net.image, 8);
    const two = double(net.maxPool(one, 2), 12);
    const three = double(net.maxPool(two, 2), 16);
    const up = net.concat([two, net.resizeLike(three, two, 'linear')]);
    const top = net.concat([one, net.resizeLike(double(up, 12), one, 'linear')]);
    return net.add(net.conv(double(top, 8), 3, { gain: 0.1 }), net.image);
  },
};

/** MPRNet's pieces: channel attention, halving by interpolation, a supervised gate. */
const mprnet: Network = {
  ...base,
  name: 'mprnet-stage',
  exact: false,
  height: 48,
  width: 56,
  build(net) {
    const cab = (x: Value) => {
      const width = channelsOf(x);
      const inner = net.conv(
        net.prelu(net.conv(x, width, { bias: false }), { shared: true }),
        width,
        {
          bias: false,
          gain: 0.5,
        },
      );
      const squeezed = net.relu(
        net.conv(net.globalAverage(inner), width / 4, { kernel: 1, bias: false }),
      );
      const gate = net.sigmoid(net.conv(squeezed, width, { kernel: 1, bias: false }));
      return net.add(net.mul(inner, gate), x);
    };
    const one = cab(net.conv(net.image, 12, { bias: false }));
    const down = net.conv(net.enlarge(one, 0.5, 'linear'), 16, { kernel: 1, bias: false });
    const two = cab(down);
    const up = net.conv(net.enlarge(two, 2, 'linear'), 12, { kernel: 1, bias: false });
    const features = cab(net.add(up, one));
    const picture = net.add(net.conv(features, 3, { bias: false, gain: 0.1 }), net.image);
    const gate = net.sigmoid(net.conv(picture, 12, { bias: false }));
    const supervised = net.add(net.mul(net.conv(features, 12, { bias: false }), gate), features);
    return [net.add(net.conv(supervised, 3, { bias: false, gain: 0.1 }), net.image), picture];
  },
};

/** Style transfer's layers, which some restoration networks share: instance normalization. */
const instanceNorm: Network = {
  ...base,
  name: 'instance-norm',
  exact: false,
  int8: false,
  forms: [...PYTORCH, 'torchscript-9-static'],
  build(net) {
    const normal = (x: Value) => {
      const width = channelsOf(x);
      const inputs = [x, net.randoms([width], 0.2, 1), net.randoms([width], 0.1)];
      return net.other('InstanceNormalization', inputs, x.shape);
    };
    let x = net.relu(normal(net.conv(net.image, 12)));
    x = net.add(x, normal(net.conv(net.relu(normal(net.conv(x, 12))), 12)));
    return net.add(net.conv(x, 3, { gain: 0.1 }), net.image);
  },
};

export const WINDOW = 8;

/** Cuts features into windows: a list of pixels for each. */
export function windows(net: Exporter, x: Value): Value {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const [h, w] = [height / WINDOW, width / WINDOW];
  const rows = net.extentOf('//', net.extent(x, 1), WINDOW);
  const columns = net.extentOf('//', net.extent(x, 2), WINDOW);
  const apart = [1, h, WINDOW, w, WINDOW, channels];
  const viewed = net.reshape(x, [1, rows, WINDOW, columns, WINDOW, channels], apart);
  const moved = net.transpose(viewed, [0, 1, 3, 2, 4, 5]);
  const extents = [-1, WINDOW * WINDOW, channels];
  return net.reshape(moved, extents, [h * w, WINDOW * WINDOW, channels]);
}

/** The way back. */
export function unwindow(net: Exporter, x: Value, like: Value): Value {
  const [, height, width, channels] = like.shape as [number, number, number, number];
  const [h, w] = [height / WINDOW, width / WINDOW];
  const rows = net.extentOf('//', net.extent(like, 1), WINDOW);
  const columns = net.extentOf('//', net.extent(like, 2), WINDOW);
  const apart = [1, h, w, WINDOW, WINDOW, channels];
  const viewed = net.reshape(x, [1, rows, columns, WINDOW, WINDOW, channels], apart);
  const moved = net.transpose(viewed, [0, 1, 3, 2, 4, 5]);
  const extents: Extent[] = [1, net.extent(like, 1), net.extent(like, 2), channels];
  return net.reshape(moved, extents, [...like.shape]);
}

/** torch.roll: two slices, joined the other way round. */
export function roll(net: Exporter, x: Value, by: number, axis: number): Value {
  const extent = x.shape[axis] as number;
  const start = by < 0 ? -by : extent - by;
  return net.concat(
    [net.slice(x, axis, by < 0 ? start : -by, extent), net.slice(x, axis, 0, by < 0 ? start : -by)],
    axis,
  );
}

/** Which pixels of a shifted window may look at each other. */
export function shiftMask(net: Exporter, height: number, width: number): TensorData {
  const part = (i: number, extent: number) =>
    i < extent - WINDOW ? 0 : i < extent - WINDOW / 2 ? 1 : 2;
  const values: number[] = [];
  for (let wy = 0; wy < height; wy += WINDOW) {
    for (let wx = 0; wx < width; wx += WINDOW) {
      const pixels = Array.from({ length: WINDOW * WINDOW }, (_, i) => {
        const [y, x] = [wy + Math.floor(i / WINDOW), wx + (i % WINDOW)];
        return part(y, height) * 3 + part(x, width);
      });
      for (const a of pixels) for (const b of pixels) values.push(a === b ? 0 : -100);
    }
  }
  const count = (height / WINDOW) * (width / WINDOW);
  return net.reals([count, 1, WINDOW * WINDOW, WINDOW * WINDOW], values);
}

/** Queries, keys and values of some heads, by one layer: [windows, heads, pixels, channels of a head]. */
export function splitHeads(net: Exporter, x: Value, heads: number): [Value, Value, Value] {
  const [count, pixels, channels] = x.shape as [number, number, number];
  const each = channels / heads;
  const all = net.reshape(
    net.linear(x, 3 * channels),
    [-1, pixels, 3, heads, each],
    [count, pixels, 3, heads, each],
  );
  const apart = net.transpose(all, [2, 0, 3, 1, 4]);
  return [0, 1, 2].map((i) => net.pick(apart, i)) as [Value, Value, Value];
}

/** What the heads attend to, side by side again and through a layer: [windows, pixels, channels]. */
export function joinHeads(net: Exporter, scores: Value, v: Value): Value {
  const [count, heads, pixels, each] = v.shape as [number, number, number, number];
  const channels = heads * each;
  const mixed = net.other('MatMul', [net.softmax(scores, 3), v], [...v.shape]);
  const joined = net.reshape(
    net.transpose(mixed, [0, 2, 1, 3]),
    [-1, pixels, channels],
    [count, pixels, channels],
  );
  return net.linear(joined, channels, 0.5);
}

/** Attention among the pixels of each window, with a trained bias for every pair of places. */
export function windowAttention(net: Exporter, x: Value, heads: number, mask?: TensorData): Value {
  const [count, pixels, channels] = x.shape as [number, number, number];
  const [q, k, v] = splitHeads(net, x, heads);
  const scaled = net.mul(q, (channels / heads) ** -0.5);
  const products = net.other(
    'MatMul',
    [scaled, net.transpose(k, [0, 1, 3, 2])],
    [count, heads, pixels, pixels],
  );
  let scores = net.add(products, net.randoms([1, heads, pixels, pixels], 0.5));
  if (mask !== undefined) scores = net.add(scores, mask);
  return joinHeads(net, scores, v);
}

function swinBlock(net: Exporter, x: Value, shift: boolean): Value {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  let inner = net.layerNorm(x);
  if (shift) inner = roll(net, roll(net, inner, -WINDOW / 2, 1), -WINDOW / 2, 2);
  const mask = shift ? shiftMask(net, height, width) : undefined;
  inner = unwindow(net, windowAttention(net, windows(net, inner), 2, mask), inner);
  if (shift) inner = roll(net, roll(net, inner, WINDOW / 2, 1), WINDOW / 2, 2);
  const middle = net.add(x, inner);
  const hidden = net.gelu(net.linear(net.layerNorm(middle), 2 * channels));
  return net.add(middle, net.linear(hidden, channels, 0.5));
}

const swin = (name: string, shift: boolean, forms: Network['forms']): Network => ({
  ...base,
  name,
  scale: 2,
  exact: false,
  int8: false,
  height: 48,
  width: 56,
  forms,
  build(net) {
    const head = net.conv(net.image, 12);
    let x = net.transpose(head, [0, 2, 3, 1]);
    for (let i = 0; i < 2; i++) x = swinBlock(net, x, shift && i === 1);
    const features = net.add(net.conv(net.transpose(x, [0, 3, 1, 2]), 12), head);
    const up = net.pixelShuffle(net.conv(features, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'linear'));
  },
});

/** Restormer: attention among channels, over all pixels. */
const restormer: Network = {
  ...base,
  name: 'restormer-block',
  exact: false,
  int8: false,
  forms: [...PYTORCH, 'torchscript-17-static', 'dynamo-18-static'],
  build(net) {
    const width = 8;
    const [rows, columns] = [heightOf(net.image), widthOf(net.image)];
    const norm = (x: Value) => net.layerNormChannels(x, 1e-5);
    const unit = (x: Value) => {
      const length = net.reduce('L2', x, [-1]);
      const safe = net.other('Max', [length, net.scalar(1e-6)], length.shape);
      return net.div(x, safe);
    };
    const attention = (x: Value) => {
      const wide = net.conv(net.conv(x, 3 * width, { kernel: 1 }), 3 * width, {
        groups: 3 * width,
      });
      const lists = net
        .chunk(wide, 3)
        .map((part) => net.reshape(part, [1, 2, width / 2, -1], [1, 2, width / 2, rows * columns]));
      const [q, k, v] = lists as [Value, Value, Value];
      const keys = net.transpose(unit(k), [0, 1, 3, 2]);
      const square = [1, 2, width / 2, width / 2];
      const scores = net.mul(
        net.other('MatMul', [unit(q), keys], square),
        net.randoms([2, 1, 1], 0.2, 1),
      );
      const mixed = net.other('MatMul', [net.softmax(scores, 3), v], v.shape);
      const extents: Extent[] = [1, width, net.extent(x, 2), net.extent(x, 3)];
      return net.conv(net.reshape(mixed, extents, [...x.shape]), width, { kernel: 1, gain: 0.5 });
    };
    const head = net.conv(net.image, width);
    const middle = net.add(head, attention(norm(head)));
    const hidden = net.conv(norm(middle), 4 * width, { kernel: 1 });
    const [a, b] = net.chunk(net.conv(hidden, 4 * width, { groups: 4 * width }), 2) as [
      Value,
      Value,
    ];
    const gated = net.conv(net.mul(net.gelu(a), b), width, { kernel: 1, gain: 0.5 });
    return net.add(net.conv(net.add(middle, gated), 3, { gain: 0.1 }), net.image);
  },
};

/**
 * A U-Net that pads its picture to a multiple of 8 itself and cuts the result. It is run on multiples
 * of 8, since others are extended before the network sees them, by repeated edge pixels.
 */
const padsItself: Network = {
  ...base,
  name: 'pads-itself',
  height: 48,
  width: 56,
  forms: ['torchscript-11', 'torchscript-17', 'dynamo-18'],
  build(net) {
    const missing = (axis: number): { extent: Extent; amount: number } => {
      const extent = net.extent(net.image, axis);
      const over = net.extentOf('%', extent, 8);
      const size = net.image.shape[axis] as number;
      const amount = (8 - (size % 8)) % 8;
      if (typeof over === 'number') return { extent: amount, amount };
      const eight: TensorData = { shape: [], type: 'int64', values: [8] };
      const rest = net.builder.node('Sub', [net.builder.constant(eight), over]);
      return { extent: net.extentOf('%', rest, 8), amount };
    };
    const [rows, columns] = [missing(2), missing(3)];
    const padded = net.pad(
      net.image,
      [0, columns.extent, 0, rows.extent],
      [0, columns.amount, 0, rows.amount],
      'reflect',
    );
    const one = net.relu(net.conv(padded, 8));
    const two = net.relu(net.conv(one, 12, { stride: 2, kernel: 2, pad: 0 }));
    const three = net.relu(net.conv(two, 12, { stride: 2, kernel: 2, pad: 0 }));
    const four = net.relu(net.conv(three, 12, { stride: 2, kernel: 2, pad: 0 }));
    const up = { kernel: 2, stride: 2, pad: 0 };
    let x = net.add(net.convTranspose(four, 12, up), three);
    x = net.add(net.convTranspose(x, 12, up), two);
    x = net.add(net.convTranspose(x, 8, up), one);
    const result = net.add(net.conv(x, 3, { gain: 0.1 }), padded);
    const cut = (value: Value, axis: number) => {
      const shape = value.shape.map((n, i) => (i === axis ? (net.image.shape[axis] as number) : n));
      const end = net.extent(net.image, axis);
      const ends =
        typeof end === 'number' ? int64s([end]) : net.unsqueeze({ name: end, shape: [] }, [0]);
      return net.other('Slice', [value, int64s([0]), ends, int64s([axis]), int64s([1])], shape);
    };
    return cut(cut(result, 2), 3);
  },
};

/** A second result, larger than the picture by another factor, comes first in the file. */
const twoOutputs: Network = {
  ...base,
  name: 'two-outputs',
  scale: 2,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  build(net) {
    const x = net.relu(net.conv(net.relu(net.conv(net.image, 12)), 12));
    const up = net.pixelShuffle(net.conv(x, 12, { gain: 0.1 }), 2);
    return [net.add(up, net.enlarge(net.image, 2, 'nearest')), x];
  },
};

/** RGBA in and out. */
const rgba: Network = {
  ...base,
  name: 'rgba-x2',
  scale: 2,
  channels: 4,
  forms: ['torchscript-17', 'torchscript-9-static'],
  build(net) {
    const x = net.relu(net.conv(net.relu(net.conv(net.image, 12)), 12));
    const up = net.pixelShuffle(net.conv(x, 16, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'nearest'));
  },
};

export const restoration: readonly Network[] = [
  nafnet,
  drunet,
  unet,
  mprnet,
  instanceNorm,
  swin('swinir-no-shift', false, [
    'torchscript-17',
    'torchscript-17-static',
    'torchscript-13-constant-nodes',
    'dynamo-18-static',
  ]),
  swin('swinir-shifted', true, [
    'torchscript-17-static',
    'dynamo-18-static',
    'torchscript-11-static',
  ]),
  restormer,
  padsItself,
  twoOutputs,
  rgba,
];
