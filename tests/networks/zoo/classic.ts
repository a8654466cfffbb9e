// The first networks, and others that are a chain of convolutions.
import {
  type Carry,
  channelsOf,
  type Exporter,
  heightOf,
  type Value,
  widthOf,
} from '../exporter.ts';
import { type Network, OLD_PYTORCH, PYTORCH } from '../network.ts';

/** The first channels copy the picture, so that what comes out looks like it. */
export const keep =
  (channels: number): Carry =>
  (output) =>
    output < channels ? output : undefined;

const srcnn = (name: string, channels: number, scale: number): Network => ({
  name,
  scale,
  channels,
  forms: [...PYTORCH, 'keras2onnx-11', 'tf2onnx-13', 'mx2onnx-9'],
  int8: true,
  exact: true,
  build(net) {
    const large = net.enlarge(net.image, scale, 'cubic');
    const carry = keep(channels);
    const wide = net.relu(net.conv(large, 24, { kernel: 9, gain: 0.5, carry }));
    const deep = net.relu(net.conv(wide, 12, { kernel: 1, gain: 0.5, carry }));
    return net.conv(deep, channels, { kernel: 5, gain: 0.1, carry });
  },
});

const vdsr: Network = {
  name: 'vdsr',
  scale: 2,
  channels: 1,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  int8: true,
  exact: true,
  build(net) {
    const large = net.enlarge(net.image, 2, 'cubic');
    let x = net.relu(net.conv(large, 12, { bias: false }));
    for (let i = 0; i < 4; i++) x = net.relu(net.conv(x, 12, { bias: false, gain: 1.4 }));
    return net.add(net.conv(x, 1, { bias: false, gain: 0.1 }), large);
  },
};

const fsrcnn = (scale: number): Network => ({
  name: `fsrcnn-x${scale}`,
  scale,
  channels: 1,
  forms: [...PYTORCH, 'torchscript-9-static', 'tf2onnx-13', 'paddle2onnx-11', 'mx2onnx-9'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(1);
    let x = net.prelu(net.conv(net.image, 20, { kernel: 5, gain: 0.5, carry }));
    x = net.prelu(net.conv(x, 8, { kernel: 1, gain: 0.5, carry }));
    for (let i = 0; i < 3; i++) x = net.prelu(net.conv(x, 8, { gain: 0.5, carry }));
    x = net.prelu(net.conv(x, 20, { kernel: 1, gain: 0.5, carry }));
    return net.convTranspose(x, 1, {
      ...{ kernel: 9, stride: scale, pad: 4, outputPadding: scale - 1 },
      ...{ gain: 0.1, carry },
    });
  },
});

const espcn = (name: string, channels: number, scale: number, tanh: boolean): Network => ({
  name,
  scale,
  channels,
  forms: [...PYTORCH, ...OLD_PYTORCH, 'tf2onnx-13', 'tf2onnx-15-static', 'mx2onnx-9'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(channels);
    const act = (x: Value) => (tanh ? net.tanh(x) : net.relu(x));
    let x = act(net.conv(net.image, 24, { kernel: 5, gain: 0.4, carry }));
    x = act(net.conv(x, 16, { gain: 0.4, carry }));
    const outputs = channels * scale ** 2;
    const deep = net.conv(x, outputs, { gain: 0.1, carry: net.shuffleCarry(channels, scale) });
    return net.pixelShuffle(deep, scale);
  },
});

/** The model zoo's super-resolution-10: luma, a fixed 224x224, a shuffle of known extents. */
const modelZoo: Network = {
  name: 'super-resolution-10',
  scale: 3,
  channels: 1,
  height: 56,
  width: 56,
  forms: [
    'torchscript-9-static',
    'torchscript-9-listed',
    'torchscript-10',
    'torchscript-17-static',
  ],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(1);
    let x = net.relu(net.conv(net.image, 24, { kernel: 5, gain: 0.5, carry }));
    x = net.relu(net.conv(x, 24, { gain: 0.5, carry }));
    x = net.relu(net.conv(x, 12, { gain: 0.5, carry }));
    return net.pixelShuffle(net.conv(x, 9, { gain: 0.1, carry: net.shuffleCarry(1, 3) }), 3);
  },
};

const lapsrn: Network = {
  name: 'lapsrn-x4',
  scale: 4,
  channels: 1,
  forms: [...PYTORCH, 'torchscript-9-static'],
  int8: true,
  exact: true,
  build(net) {
    let features = net.leaky(net.conv(net.image, 12));
    let picture = net.image;
    const outputs: Value[] = [];
    for (let level = 0; level < 2; level++) {
      for (let i = 0; i < 2; i++) features = net.leaky(net.conv(features, 12, { gain: 1.3 }));
      const up = { kernel: 4, stride: 2, pad: 1, bias: false };
      features = net.leaky(net.convTranspose(features, 12, up));
      const residual = net.conv(features, 1, { gain: 0.1 });
      const enlarged = net.convTranspose(picture, 1, { ...up, gain: 0.05, carry: keep(1) });
      picture = net.add(enlarged, residual);
      outputs.unshift(picture);
    }
    return outputs;
  },
};

const drrn: Network = {
  name: 'drrn',
  scale: 2,
  channels: 1,
  forms: PYTORCH,
  int8: true,
  exact: true,
  build(net) {
    const large = net.enlarge(net.image, 2, 'cubic');
    const first = net.conv(net.relu(large), 12);
    let x = first;
    for (let i = 0; i < 3; i++) {
      const inner = net.conv(net.relu(x), 12, { gain: 0.7 });
      x = net.add(net.conv(net.relu(inner), 12, { gain: 0.7 }), first);
    }
    return net.add(net.conv(net.relu(x), 1, { gain: 0.1 }), large);
  },
};

const dncnn = (name: string, channels: number): Network => ({
  name,
  scale: 1,
  channels,
  forms: [...PYTORCH, 'torchscript-9-static', 'keras2onnx-11'],
  int8: true,
  exact: true,
  build(net) {
    let x = net.relu(net.conv(net.image, 16));
    for (let i = 0; i < 4; i++) {
      x = net.relu(net.batchNorm(net.conv(x, 16, { bias: false, gain: 1.2 })));
    }
    return net.sub(net.image, net.conv(x, channels, { bias: false, gain: 0.1 }));
  },
});

/** Without its noise map, which becomes a constant when it is exported for one strength. */
const ffdnet: Network = {
  name: 'ffdnet',
  scale: 1,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  int8: true,
  exact: true,
  build(net) {
    const half = net.pixelUnshuffle(net.image, 2);
    const carry = keep(12);
    let x = net.relu(net.conv(half, 20, { gain: 0.4, carry }));
    for (let i = 0; i < 3; i++) x = net.relu(net.conv(x, 20, { gain: 0.4, carry }));
    return net.pixelShuffle(net.conv(x, 12, { gain: 0.1, carry }), 2);
  },
};

/** waifu2x's upconv_7: no padding anywhere, the result is smaller than a multiple. */
const upconv7: Network = {
  name: 'waifu2x-upconv7',
  scale: 2,
  forms: [...PYTORCH, 'torchscript-9-static'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(3);
    let x = net.image;
    for (const width of [8, 8, 12, 12, 16, 16]) {
      x = net.leaky(net.conv(x, width, { pad: 0, gain: 0.5, carry }), 0.1);
    }
    return net.convTranspose(x, 3, { kernel: 4, stride: 2, pad: 3, gain: 0.1, carry });
  },
};

const vgg7: Network = {
  name: 'waifu2x-vgg7',
  scale: 1,
  forms: ['torchscript-17', 'torchscript-9-static'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(3);
    let x = net.image;
    for (const width of [8, 8, 12, 12]) {
      x = net.leaky(net.conv(x, width, { pad: 0, gain: 0.5, carry }), 0.1);
    }
    return net.conv(x, 3, { pad: 0, gain: 0.1, carry });
  },
};

/** Two U-Nets without padding, with squeeze-and-excitation; the second corrects the first. */
function cunetHalf(net: Exporter, x: Value, outputs: number, gated: boolean): Value {
  const two = (value: Value, inner: number, outer: number) => {
    const first = net.leaky(net.conv(value, inner, { pad: 0, gain: 1.2 }), 0.1);
    return net.leaky(net.conv(first, outer, { pad: 0, gain: 1.2 }), 0.1);
  };
  const gate = (value: Value) => {
    if (!gated) return value;
    const channels = channelsOf(value);
    const squeezed = net.relu(net.conv(net.globalAverage(value), channels / 4, { kernel: 1 }));
    return net.mul(value, net.sigmoid(net.conv(squeezed, channels, { kernel: 1 })));
  };
  const first = two(x, 8, 12);
  const down = net.leaky(net.conv(first, 12, { kernel: 2, stride: 2, pad: 0 }), 0.1);
  const middle = gate(two(down, 16, 12));
  const up = net.leaky(net.convTranspose(middle, 12, { kernel: 2, stride: 2, pad: 0 }), 0.1);
  const margin = (heightOf(first) - heightOf(up)) / 2;
  const joined = net.add(net.crop(first, margin), up);
  return net.conv(net.leaky(net.conv(joined, 8, { pad: 0 }), 0.1), outputs, { pad: 0, gain: 0.3 });
}

const cunet = (gated: boolean): Network => ({
  name: gated ? 'waifu2x-cunet' : 'waifu2x-cunet-ungated',
  scale: 2,
  height: 64,
  width: 72,
  forms: ['torchscript-17', 'torchscript-11-static', 'dynamo-18-static'],
  int8: true,
  exact: !gated,
  build(net) {
    // The picture is carried beside the first half, since random weights would lose it.
    const first = cunetHalf(net, net.image, 3, gated);
    const margin = (heightOf(net.image) - heightOf(first)) / 2;
    const coarse = net.add(first, net.crop(net.image, margin));
    const up = net.convTranspose(coarse, 3, {
      kernel: 4,
      stride: 2,
      pad: 3,
      gain: 0.1,
      carry: keep(3),
    });
    const second = cunetHalf(net, up, 3, gated);
    const inner = (heightOf(up) - heightOf(second)) / 2;
    return net.add(net.crop(up, inner), net.mul(second, 0.2));
  },
});

/** The size of the result is asked of the graph, as old versions of F.interpolate were traced. */
const floorSizes: Network = {
  name: 'bilinear-by-size',
  scale: 3,
  forms: [
    'torchscript-10',
    'torchscript-11',
    'torchscript-17',
    'dynamo-18',
    'torchscript-11-static',
  ],
  int8: true,
  exact: true,
  build(net) {
    const rows = net.extentOf('*', net.extent(net.image, 2), 3);
    const columns = net.extentOf('*', net.extent(net.image, 3), 3);
    const size = [heightOf(net.image) * 3, widthOf(net.image) * 3] as const;
    const base = net.resizeTo(net.image, [rows, columns], size, 'linear');
    const x = net.relu(net.conv(net.image, 12));
    const up = net.resizeTo(x, [rows, columns], size, 'nearest');
    return net.add(net.conv(up, 3, { gain: 0.1 }), base);
  },
};

export const classic: readonly Network[] = [
  srcnn('srcnn-x2', 3, 2),
  srcnn('srcnn-luma-x3', 1, 3),
  vdsr,
  fsrcnn(2),
  fsrcnn(3),
  fsrcnn(4),
  espcn('espcn-luma-x3', 1, 3, true),
  espcn('espcn-rgb-x2', 3, 2, false),
  modelZoo,
  lapsrn,
  drrn,
  dncnn('dncnn-luma', 1),
  dncnn('dncnn-colour', 3),
  ffdnet,
  upconv7,
  vgg7,
  cunet(false),
  cunet(true),
  floorSizes,
];
