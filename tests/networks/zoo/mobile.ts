// Small networks for phones and for real time.
import { type Carry, channelsOf, type Exporter, type Value } from '../exporter.ts';
import { type Network, OLD_PYTORCH, PYTORCH } from '../network.ts';
import { keep } from './classic.ts';

const base = {
  scale: 2,
  forms: [...PYTORCH, 'torchscript-9-static'],
  int8: true,
  exact: true,
} satisfies Partial<Network>;

/** The picture, each channel repeated: what a shuffle turns into an enlargement by nearest pixels. */
type Anchor = (net: Exporter, factor: number) => Value;

const byConcat: Anchor = (net, factor) => {
  const channels = net.split(net.image, [1, 1, 1]);
  return net.concat(channels.flatMap((channel) => Array<Value>(factor ** 2).fill(channel)));
};

/** torch.repeat_interleave, or repeat of an axis of its own. */
const byExpand: Anchor = (net, factor) => {
  const [, channels, height, width] = net.image.shape as [number, number, number, number];
  const count = factor ** 2;
  const apart = net.unsqueeze(net.image, [2]);
  const extents = { shape: [5], type: 'int64', values: [1, 1, count, 1, 1] } as const;
  const wide = net.other(
    'Expand',
    [apart, { ...extents, shape: [5] }],
    [1, channels, count, height, width],
  );
  return net.reshape(
    wide,
    [1, channels * count, net.extent(net.image, 2), net.extent(net.image, 3)],
    [1, channels * count, height, width],
  );
};

/** A frozen grouped convolution. */
const byConv: Anchor = (net, factor) => {
  const [, channels, height, width] = net.image.shape as [number, number, number, number];
  const count = channels * factor ** 2;
  const middle = Array.from({ length: count * 9 }, (_, i) => (i % 9 === 4 ? 1 : 0));
  const weights = net.reals([count, 1, 3, 3], middle);
  return net.other('Conv', [net.image, weights], [1, count, height, width], {
    group: channels,
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
  });
};

/** TensorFlow's: the whole picture several times, for its own order of the shuffle. */
const byTile: Anchor = (net, factor) => {
  const [, channels, height, width] = net.image.shape as [number, number, number, number];
  const repeats = { shape: [4], type: 'int64', values: [1, factor ** 2, 1, 1] } as const;
  return net.other(
    'Tile',
    [net.image, { ...repeats, shape: [4] }],
    [1, channels * factor ** 2, height, width],
  );
};

const abpn = (name: string, anchor: Anchor, forms: Network['forms']): Network => ({
  ...base,
  name,
  scale: 3,
  inputRange: [0, 255],
  outputRange: [0, 255],
  forms,
  build(net) {
    let x = net.relu(net.conv(net.image, 12));
    for (let i = 0; i < 3; i++) x = net.relu(net.conv(x, 12, { gain: 1.3 }));
    x = net.relu(net.conv(x, 27));
    x = net.add(net.conv(x, 27, { gain: 0.1 }), anchor(net, 3));
    return net.clip(net.pixelShuffle(x, 3), 0, 255);
  },
});

const ecbsr: Network = {
  ...base,
  name: 'ecbsr-luma-x2',
  channels: 1,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  build(net) {
    let x = net.prelu(net.conv(net.image, 12));
    for (let i = 0; i < 3; i++) x = net.prelu(net.conv(x, 12, { gain: 1.3 }));
    // The picture's one channel is added to all four.
    return net.pixelShuffle(net.add(net.conv(x, 4, { gain: 0.1 }), net.image), 2);
  },
};

const sesr = (scale: 2 | 4): Network => ({
  ...base,
  name: `sesr-luma-x${scale}`,
  scale,
  channels: 1,
  forms: [...PYTORCH, ...OLD_PYTORCH, 'tf2onnx-13'],
  build(net) {
    const plain = { bias: false };
    const head = net.prelu(net.conv(net.image, 12, { ...plain, kernel: 5 }));
    let x = head;
    for (let i = 0; i < 3; i++) x = net.prelu(net.conv(x, 12, plain));
    x = net.add(x, head);
    x = net.add(net.conv(x, scale ** 2, { ...plain, kernel: 5, gain: 0.1 }), net.image);
    for (let factor = scale; factor > 1; factor /= 2) x = net.pixelShuffle(x, 2);
    return x;
  },
});

const xlsr: Network = {
  ...base,
  name: 'xlsr-x3',
  scale: 3,
  forms: [...PYTORCH, 'tf2onnx-13', 'torchscript-10'],
  build(net) {
    const carry = keep(3);
    const side = net.conv(net.image, 8, { gain: 0.4, carry });
    let x = net.relu(net.conv(net.image, 16, { gain: 0.4, carry }));
    x = net.conv(x, 16, { kernel: 1, gain: 0.4, carry });
    for (let i = 0; i < 3; i++) {
      const inner = net.relu(net.conv(x, 16, { groups: 4, gain: 1.2 }));
      x = net.add(x, net.conv(inner, 16, { kernel: 1, gain: 0.3 }));
    }
    x = net.relu(net.conv(net.concat([side, x]), 16, { kernel: 1, gain: 0.3, carry }));
    x = net.conv(x, 27, { gain: 0.1, carry: net.shuffleCarry(3, 3) });
    return net.clip(net.pixelShuffle(x, 3), 0, 1);
  },
};

const quickSr = (name: string, anchored: boolean): Network => ({
  ...base,
  name,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  build(net) {
    const carry = keep(3);
    let x = net.clip(net.conv(net.image, 16, { gain: 0.4, carry }), 0, 1);
    for (let i = 0; i < 3; i++) x = net.clip(net.conv(x, 16, { gain: 0.4, carry }), 0, 1);
    const last = net.conv(x, 12, {
      gain: 0.1,
      ...(anchored ? {} : { carry: net.shuffleCarry(3, 2) }),
    });
    const sum = anchored ? net.add(last, byExpand(net, 2)) : last;
    return net.pixelShuffle(net.clip(sum, 0, 1), 2);
  },
});

/** QuickSRNet x1.5: a quarter of the pixels, then three times as many. */
const quickSr15: Network = {
  ...base,
  name: 'quicksrnet-x1.5',
  scale: 1.5,
  forms: ['torchscript-17', 'torchscript-10', 'dynamo-20'],
  build(net) {
    const half = net.pixelUnshuffle(net.image, 2);
    const carry = keep(12);
    let x = net.clip(net.conv(half, 16, { gain: 0.3, carry }), 0, 1);
    x = net.clip(net.conv(x, 16, { gain: 0.3, carry }), 0, 1);
    const middle: Carry = (output) => Math.floor(output / 9) * 4;
    return net.pixelShuffle(net.conv(x, 27, { gain: 0.1, carry: middle }), 3);
  },
};

const bicubicPlus: Network = {
  ...base,
  name: 'bicubic++-x3',
  scale: 3,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  build(net) {
    const plain = { bias: false };
    const first = net.leaky(net.conv(net.image, 16, { ...plain, stride: 2, pad: 1 }), 0.1);
    let x = net.leaky(net.conv(first, 16, plain), 0.1);
    x = net.add(net.leaky(net.conv(x, 16, plain), 0.1), first);
    const up = net.pixelShuffle(net.conv(x, 108, { ...plain, gain: 0.2 }), 6);
    return net.add(up, net.enlarge(net.image, 3, 'linear'));
  },
};

/** The picture travels in channels of its own; the last layers only pass it on. */
const etds: Network = {
  ...base,
  name: 'etds-x3',
  scale: 3,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  build(net) {
    const carry = keep(3);
    let x = net.image;
    for (let i = 0; i < 4; i++) x = net.relu(net.conv(x, 16, { gain: 0.4, carry }));
    x = net.relu(
      net.conv(x, 30, { gain: 0.1, carry: (o) => net.shuffleCarry(3, 3)(Math.min(o, 26)) }),
    );
    x = net.relu(net.conv(x, 30, { kernel: 1, gain: 0.02, carry: (output) => output }));
    return net.pixelShuffle(net.slice(x, 1, 0, 27), 3);
  },
};

/** Works on a part of the channels and gates some of them. */
const plainUsr: Network = {
  ...base,
  name: 'plainusr-x4',
  scale: 4,
  build(net) {
    const part = (x: Value, gated: boolean) => {
      const width = channelsOf(x);
      const front = net.slice(x, 1, 0, 12);
      const rest = net.slice(x, 1, 12, width);
      let inner = net.conv(net.leaky(net.conv(front, 12)), 12, { gain: 0.5 });
      if (gated) inner = net.mul(net.mul(inner, net.sigmoid(front)), net.sigmoid(inner));
      return net.concat([inner, rest]);
    };
    let x = net.conv(net.image, 20);
    for (const gated of [false, true, false]) x = part(x, gated);
    const up = net.pixelShuffle(net.conv(x, 48, { gain: 0.1 }), 4);
    return net.add(up, net.enlarge(net.image, 4, 'nearest'));
  },
};

/** edge-SR's templates: the best of several filters at each pixel. */
const edgeSrMax: Network = {
  ...base,
  name: 'edge-sr-max',
  channels: 1,
  forms: [...PYTORCH, 'torchscript-10', 'torchscript-9-static'],
  build(net) {
    const carry: Carry = () => 0;
    const x = net.pixelShuffle(net.conv(net.image, 16, { kernel: 5, gain: 0.1, carry }), 2);
    return net.reduce('Max', x, [1]);
  },
};

/** edge-SR by template matching: a softmax over channels weighs filters. */
const edgeSrTm: Network = {
  ...base,
  name: 'edge-sr-tm',
  channels: 1,
  forms: [...PYTORCH, 'torchscript-10'],
  build(net) {
    const all = net.pixelShuffle(net.conv(net.image, 32, { kernel: 5, gain: 1 }), 2);
    const value = net.add(net.slice(all, 1, 4, 8), net.enlarge(net.image, 2, 'linear'));
    const weight = net.softmax(net.slice(all, 1, 0, 4), 1);
    return net.reduce('Sum', net.mul(value, weight), [1]);
  },
};

/** edge-SR by self-attention: query times key, softmax, times value. */
const edgeSrTr: Network = {
  ...base,
  name: 'edge-sr-tr',
  channels: 1,
  forms: PYTORCH,
  build(net) {
    const all = net.pixelShuffle(net.conv(net.image, 48, { kernel: 5, gain: 1 }), 2);
    const [value, query, key] = net.split(all, [4, 4, 4]) as [Value, Value, Value];
    const weight = net.softmax(net.mul(query, key), 1);
    const pixels = net.add(value, net.enlarge(net.image, 2, 'linear'));
    return net.reduce('Sum', net.mul(weight, pixels), [1]);
  },
};

/** edge-SR's smallest CNN. */
const edgeSrCnn: Network = {
  ...base,
  name: 'edge-sr-cnn',
  channels: 1,
  build(net) {
    const carry: Carry = () => 0;
    const x = net.tanh(net.conv(net.image, 8, { kernel: 5, gain: 0.4, carry: keep(1) }));
    const y = net.tanh(net.conv(x, 8, { gain: 0.4, carry: keep(1) }));
    const all = net.pixelShuffle(net.conv(y, 32, { gain: 0.3, carry }), 2);
    const [weight, value] = net.split(all, [4, 4]) as [Value, Value];
    return net.reduce('Sum', net.mul(net.softmax(weight, 1), value), [1]);
  },
};

/** Groups whose channels are mixed by view, transpose, view. */
const shuffleNet: Network = {
  ...base,
  name: 'channel-shuffle',
  forms: [...PYTORCH, 'torchscript-11-static', 'dynamo-20'],
  build(net) {
    let x = net.relu(net.conv(net.image, 16));
    for (let i = 0; i < 2; i++) {
      const inner = net.relu(net.conv(x, 16, { groups: 4 }));
      x = net.add(x, net.conv(net.channelShuffle(inner, 4), 16, { groups: 4, gain: 0.5 }));
    }
    const up = net.pixelShuffle(net.conv(x, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'cubic'));
  },
};

/** As the newest AnimeJaNai: unshuffled, mirrored at the edges, cropped at the end. */
const animeJaNai: Network = {
  ...base,
  name: 'animejanai-x2',
  forms: [...PYTORCH, 'torchscript-17-half', 'torchscript-17-static'],
  build(net) {
    const padded = net.padAll(net.image, 4, 'reflect');
    const half = net.pixelUnshuffle(padded, 2);
    let x = net.prelu(net.conv(half, 16));
    for (let i = 0; i < 3; i++) x = net.prelu(net.conv(x, 16, { gain: 1.3 }));
    const up = net.pixelShuffle(net.conv(x, 48, { gain: 0.1 }), 4);
    return net.crop(net.add(up, net.enlarge(padded, 2, 'nearest')), 8);
  },
};

/** Activations of all kinds, one per layer. */
const activations: Network = {
  ...base,
  name: 'all-activations',
  forms: [...PYTORCH, 'dynamo-20', 'torchscript-10'],
  build(net) {
    const acts: ((x: Value) => Value)[] = [
      (x) => net.silu(x),
      (x) => net.gelu(x),
      (x) => net.geluTanh(x),
      (x) => net.mish(x),
      (x) => net.hardSwish(x),
      (x) => net.hardSigmoid(x),
      (x) => net.elu(x),
      (x) => net.softplus(x),
      (x) => net.clip(x, 0, 6),
    ];
    let x = net.conv(net.image, 12);
    for (const act of acts) x = net.conv(act(x), 12, { gain: 1.2 });
    const up = net.pixelShuffle(net.conv(x, 12, { gain: 0.1 }), 2);
    return net.add(up, net.enlarge(net.image, 2, 'linear'));
  },
};

export const mobile: readonly Network[] = [
  abpn('abpn-x3-concat', byConcat, ['torchscript-11', 'torchscript-17', 'dynamo-18']),
  abpn('abpn-x3-expand', byExpand, ['torchscript-11', 'torchscript-17', 'dynamo-18']),
  abpn('abpn-x3-conv', byConv, ['torchscript-11', 'torchscript-9-static']),
  abpn('abpn-x3-tile', byTile, ['tf2onnx-13', 'tf2onnx-15-static', 'keras2onnx-11']),
  ecbsr,
  sesr(2),
  sesr(4),
  xlsr,
  quickSr('quicksrnet-x2', false),
  quickSr('quicksrnet-large-x2', true),
  quickSr15,
  bicubicPlus,
  etds,
  plainUsr,
  edgeSrMax,
  edgeSrTm,
  edgeSrTr,
  edgeSrCnn,
  shuffleNet,
  animeJaNai,
  activations,
];
