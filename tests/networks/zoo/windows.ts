// Attention in windows and other networks whose pictures are taken apart, as the exporters write what
// PyTorch's code does: einsum, positions that are gathered, parts that are assigned, padding of their
// own up to a multiple of the window.
import { int64s, type TensorData } from '../../web/support/onnx-builder.ts';
import {
  channelsOf,
  type Exporter,
  type Extent,
  heightOf,
  type Value,
  widthOf,
} from '../exporter.ts';
import { type Network, PYTORCH } from '../network.ts';
import {
  joinHeads,
  roll,
  shiftMask,
  splitHeads,
  unwindow,
  WINDOW,
  windowAttention,
  windows,
} from './restoration.ts';

const WIDTH = 16;

const base = {
  scale: 2,
  height: 48,
  width: 56,
  int8: false,
  exact: false,
  forms: ['torchscript-17', 'torchscript-11', 'torchscript-17-static'],
} satisfies Partial<Network>;

/** A head, a body, a shuffle, and the picture enlarged. */
function around(net: Exporter, image: Value, body: (x: Value) => Value): Value {
  const head = net.conv(image, WIDTH);
  const features = net.add(net.conv(body(head), WIDTH, { gain: 0.5 }), head);
  const up = net.pixelShuffle(net.conv(features, 12, { gain: 0.1 }), 2);
  return net.add(up, net.enlarge(image, 2, 'nearest'));
}

/** How much is missing to a multiple of the window: (w - h % w) % w. */
function missing(net: Exporter, axis: number): { extent: Extent; amount: number } {
  const size = net.image.shape[axis] as number;
  const amount = (WINDOW - (size % WINDOW)) % WINDOW;
  const over = net.extentOf('%', net.extent(net.image, axis), WINDOW);
  if (typeof over === 'number') return { extent: amount, amount };
  const window: TensorData = { shape: [], type: 'int64', values: [WINDOW] };
  const rest = net.builder.node('Sub', [net.builder.constant(window), over]);
  return { extent: net.extentOf('%', rest, WINDOW), amount };
}

/** The picture with what is missing to the right and below. */
function padded(net: Exporter, mode: 'constant' | 'reflect'): Value {
  const [rows, columns] = [missing(net, 2), missing(net, 3)];
  return net.pad(
    net.image,
    [0, columns.extent, 0, rows.extent],
    [0, columns.amount, 0, rows.amount],
    mode,
  );
}

/** y[:, :, :h * 2, :w * 2] */
function cropped(net: Exporter, y: Value): Value {
  let x = y;
  for (const axis of [2, 3]) {
    const end = net.extentOf('*', net.extent(net.image, axis), 2);
    const ends =
      typeof end === 'number' ? int64s([end]) : net.unsqueeze({ name: end, shape: [] }, [0]);
    const size = 2 * (net.image.shape[axis] as number);
    const shape = x.shape.map((n, i) => (i === axis ? size : n));
    x = net.other('Slice', [x, int64s([0]), ends, int64s([axis]), int64s([1])], shape);
  }
  return x;
}

/** einops' way to windows, or to a grid of pixels that lie a window apart. */
function omniAttention(net: Exporter, x: Value, grid: boolean): Value {
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const rows = net.extentOf('//', net.extent(x, 2), WINDOW);
  const columns = net.extentOf('//', net.extent(x, 3), WINDOW);
  const [h, w, n] = [height / WINDOW, width / WINDOW, WINDOW * WINDOW];
  const extents: Extent[] = grid
    ? [1, channels, WINDOW, rows, WINDOW, columns]
    : [1, channels, rows, WINDOW, columns, WINDOW];
  const sizes = grid ? [1, channels, WINDOW, h, WINDOW, w] : [1, channels, h, WINDOW, w, WINDOW];
  const apart = net.reshape(x, extents, sizes);
  const order = grid ? [0, 3, 5, 2, 4, 1] : [0, 2, 4, 3, 5, 1];
  const cut = net.transpose(apart, order);
  const tokens = net.reshape(cut, [-1, n, channels], [h * w, n, channels]);
  const heads = 2;
  const each = channels / heads;
  const [q, k, v] = net.chunk(net.linear(net.layerNorm(tokens), 3 * channels), 3, 2).map((part) => {
    const viewed = net.reshape(part, [-1, n, heads, each], [h * w, n, heads, each]);
    return net.transpose(viewed, [0, 2, 1, 3]);
  }) as [Value, Value, Value];
  const pairs = [h * w, heads, n, n];
  const scores = net.other('Einsum', [net.mul(q, each ** -0.5), k], pairs, {
    equation: 'bhid,bhjd->bhij',
  });
  const weights = net.softmax(net.add(scores, net.randoms([heads, n, n], 0.5)), 3);
  const mixed = net.other('Einsum', [weights, v], [h * w, heads, n, each], {
    equation: 'bhij,bhjd->bhid',
  });
  const joined = net.reshape(
    net.transpose(mixed, [0, 2, 1, 3]),
    [-1, n, channels],
    [h * w, n, channels],
  );
  const out = net.linear(joined, channels, 0.5);
  const back: Extent[] = [1, rows, columns, WINDOW, WINDOW, channels];
  const seen = net.add(net.reshape(out, back, [1, h, w, WINDOW, WINDOW, channels]), cut);
  const home = grid ? [0, 5, 3, 1, 4, 2] : [0, 5, 1, 3, 2, 4];
  const whole: Extent[] = [1, channels, net.extent(x, 2), net.extent(x, 3)];
  return net.reshape(net.transpose(seen, home), whole, [...x.shape]);
}

const omniSr: Network = {
  ...base,
  name: 'omnisr-x2',
  forms: ['torchscript-17', 'torchscript-13-constant-nodes', 'torchscript-17-static'],
  build: (net) => {
    const image = padded(net, 'constant');
    const body = (x: Value) => omniAttention(net, omniAttention(net, x, false), true);
    return cropped(net, around(net, image, body));
  },
};

/** F.normalize: by the length, but not by less than epsilon. */
function unit(net: Exporter, x: Value): Value {
  const length = net.clip(net.reduce('L2', x, [-1]), 1e-12, 1e30);
  const shape = net.other('Shape', [x], [x.shape.length]);
  return net.div(x, net.other('Expand', [length, shape], x.shape));
}

/** Swin2SR's attention: cosines, and a bias that a small network makes of distances, all constant. */
function cosineAttention(net: Exporter, x: Value): Value {
  const [count, pixels] = x.shape as [number, number, number];
  const heads = 2;
  const [q, k, v] = splitHeads(net, x, heads);
  const constant = (data: TensorData): Value => ({
    name: net.builder.constant(data),
    shape: data.shape,
  });
  const logits = constant(net.randoms([heads, 1, 1], 0.3, 1));
  const scale = net.exp(net.clip(logits, -10, Math.log(100)));
  const distances = constant(net.randoms([pixels * pixels, 2], 1));
  const bias = net.linear(net.relu(net.linear(distances, 8)), heads);
  const ordered = net.transpose(
    net.reshape(bias, [pixels, pixels, heads], [pixels, pixels, heads]),
    [2, 0, 1],
  );
  const cosines = net.other(
    'MatMul',
    [unit(net, q), net.transpose(unit(net, k), [0, 1, 3, 2])],
    [count, heads, pixels, pixels],
  );
  const biased = net.add(net.mul(cosines, scale), net.mul(net.sigmoid(ordered), 16));
  return joinHeads(net, biased, v);
}

const inWindows =
  (net: Exporter, attend: (tokens: Value) => Value) =>
  (x: Value): Value => {
    const last = net.transpose(x, [0, 2, 3, 1]);
    const seen = unwindow(net, attend(windows(net, net.layerNorm(last))), last);
    return net.transpose(net.add(last, seen), [0, 3, 1, 2]);
  };

const swin2Sr: Network = {
  ...base,
  name: 'swin2sr-x2',
  build: (net) => {
    const image = padded(net, 'reflect');
    const body = inWindows(net, (tokens) => cosineAttention(net, tokens));
    return cropped(net, around(net, image, body));
  },
};

/** Shifted windows in a file whose size is open but whose mask is for the size it was traced with. */
const tracedMask: Network = {
  ...base,
  name: 'swinir-traced-mask',
  height: 64,
  width: 64,
  forms: ['torchscript-17', 'torchscript-11'],
  build: (net) =>
    around(net, net.image, (head) => {
      let x = net.transpose(head, [0, 2, 3, 1]);
      x = roll(net, roll(net, x, -WINDOW / 2, 1), -WINDOW / 2, 2);
      const mask = shiftMask(net, heightOf(head), widthOf(head));
      x = unwindow(net, windowAttention(net, windows(net, net.layerNorm(x)), 2, mask), x);
      x = roll(net, roll(net, x, WINDOW / 2, 1), WINDOW / 2, 2);
      return net.transpose(x, [0, 3, 1, 2]);
    }),
};

/** swin_unet of nunif: no padding at first, a crop, then windows of what is left. */
const swinUnet: Network = {
  ...base,
  name: 'swin-unet-x2',
  height: 56,
  forms: ['torchscript-17', 'torchscript-11'],
  build(net) {
    const first = net.leaky(net.conv(net.image, WIDTH, { pad: 0 }), 0.1);
    const amounts = [-3, -3, -3, -3] as const;
    const features = net.pad(first, amounts, amounts);
    const seen = inWindows(net, (tokens) => windowAttention(net, tokens, 2))(features);
    return net.clip(net.pixelShuffle(net.conv(seen, 12, { gain: 0.2 }), 2), 0, 1);
  },
};

/** ECA: a convolution along the channels of what the picture was reduced to. */
const eca: Network = {
  ...base,
  name: 'eca-gate-x2',
  forms: [...PYTORCH, 'torchscript-17-static'],
  build: (net) =>
    around(net, net.image, (x) => {
      const channels = channelsOf(x);
      const line = net.transpose(net.squeeze(net.globalAverage(x), [3]), [0, 2, 1]);
      const weights = net.randoms([1, 1, 3], 0.8);
      const mixed = net.other('Conv', [line, weights], [1, 1, channels], {
        kernel_shape: [3],
        pads: [1, 1],
        strides: [1],
      });
      const gate = net.sigmoid(net.unsqueeze(net.transpose(mixed, [0, 2, 1]), [3]));
      return net.mul(x, gate);
    }),
};

/** x[:, :4, 1:-1, :] = conv(...): ScatterND with the positions of a part. */
const assigned: Network = {
  ...base,
  name: 'assigned-part-x2',
  exact: false,
  forms: ['torchscript-17-static', 'torchscript-11-static'],
  build: (net) =>
    around(net, net.image, (x) => {
      const part = net.slice(net.slice(x, 1, 0, 4), 2, 1, -1);
      const [, channels, height, width] = part.shape as [number, number, number, number];
      const values: number[] = [];
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) values.push(0, c, i + 1, j);
        }
      }
      const shape = [1, channels, height, width, 4];
      const positions: TensorData = { shape, type: 'int64', values };
      return net.other('ScatterND', [x, positions, net.conv(part, 4)], x.shape);
    }),
};

/** A Range of positions, spread to overlapping windows (nn.Unfold), which are averaged. */
const unfolded: Network = {
  ...base,
  name: 'unfold-x2',
  forms: ['torchscript-17', 'torchscript-11', 'torchscript-17-static'],
  build: (net) =>
    around(net, net.image, (x) => {
      const reach = 3;
      const taps = (axis: number): Value => {
        const extent = net.extent(x, axis);
        const count = x.shape[axis] as number;
        const integer = (value: number): TensorData => ({
          shape: [],
          type: 'int64',
          values: [value],
        });
        const limit = typeof extent === 'number' ? integer(extent) : extent;
        const range = net.other('Range', [integer(0), limit, integer(1)], [count]);
        const offsets: TensorData = { shape: [reach, 1], type: 'int64', values: [0, 1, 2] };
        return net.add(net.unsqueeze(range, [0]), offsets);
      };
      const [channels, height, width] = [channelsOf(x), heightOf(x), widthOf(x)];
      const wide = net.padAll(x, 1, 'reflect');
      const rows = net.other('Gather', [wide, taps(2)], [1, channels, reach, height, width + 2], {
        axis: 2,
      });
      const all = net.other('Gather', [rows, taps(3)], [1, channels, reach, height, reach, width], {
        axis: 4,
      });
      const ordered = net.transpose(all, [0, 1, 2, 4, 3, 5]);
      const extents: Extent[] = [1, channels, 9, net.extent(x, 2), net.extent(x, 3)];
      const kernels = net.reshape(ordered, extents, [1, channels, 9, height, width]);
      return net.reduce('Mean', net.mul(kernels, net.randoms([9, 1, 1], 0.5, 1)), [2], false);
    }),
};

export const windowed: readonly Network[] = [
  omniSr,
  swin2Sr,
  tracedMask,
  swinUnet,
  eca,
  assigned,
  unfolded,
];
