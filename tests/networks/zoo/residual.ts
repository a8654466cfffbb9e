// Networks of residual and dense blocks: SRResNet, EDSR, ESRGAN, RDN and their kin.
import { channelsOf, type Exporter, type Value } from '../exporter.ts';
import { type Network, OLD_PYTORCH, PYTORCH } from '../network.ts';
import { keep } from './classic.ts';

const WIDTH = 16;

/** conv, activation, conv, plus what came in. */
function residual(net: Exporter, x: Value, act: (x: Value) => Value, gain = 0.3): Value {
  const width = channelsOf(x);
  return net.add(x, net.conv(act(net.conv(x, width)), width, { gain }));
}

/** The last convolution, of small weights: the picture comes from elsewhere. */
const toPicture = (net: Exporter, x: Value, kernel = 3): Value =>
  net.conv(x, 3, { kernel, gain: 0.1 });

/** A shuffle after the widening convolution. */
const shuffled = (net: Exporter, x: Value, factor: number): Value =>
  net.pixelShuffle(net.conv(x, channelsOf(x) * factor ** 2), factor);

/** In 0..255, with the mean of its training pictures taken off and put back by 1x1 convolutions. */
const edsr: Network = {
  name: 'edsr-baseline-x2',
  scale: 2,
  inputRange: [0, 255],
  outputRange: [0, 255],
  forms: [...PYTORCH, ...OLD_PYTORCH, 'torchscript-17-half', 'torchscript-13-constant-nodes'],
  int8: true,
  exact: true,
  build(net) {
    const shift = (x: Value, sign: 1 | -1) => {
      const means = [0.4488, 0.4371, 0.404].map((mean) => sign * 255 * mean);
      const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
      const constants = [net.reals([3, 3, 1, 1], identity), net.reals([3], means)];
      return net.other('Conv', [x, ...constants], x.shape, { kernel_shape: [1, 1] });
    };
    const head = net.conv(shift(net.image, -1), WIDTH, { gain: 0.3, carry: keep(3) });
    let x = head;
    for (let i = 0; i < 3; i++) x = residual(net, x, (y) => net.relu(y));
    x = net.add(net.conv(x, WIDTH, { gain: 0.2 }), head);
    const carry = net.shuffleCarry(WIDTH, 2);
    const up = net.pixelShuffle(net.conv(x, WIDTH * 4, { gain: 0.1, carry }), 2);
    return shift(net.conv(up, 3, { gain: 0.05, carry: keep(3) }), 1);
  },
};

/** The mean as Sub and Add of constants, a residual scale, two shuffles. */
const edsrScaled: Network = {
  name: 'edsr-x4-keras',
  scale: 4,
  inputRange: [0, 255],
  outputRange: [0, 255],
  forms: ['tf2onnx-13', 'keras2onnx-11', 'torchscript-17'],
  int8: true,
  exact: true,
  build(net) {
    const mean = net.reals([1, 3, 1, 1], [114.4, 111.5, 103.0]);
    const normal = net.div(net.sub(net.image, mean), 127.5);
    const head = net.conv(normal, WIDTH, { gain: 0.3, carry: keep(3) });
    let x = head;
    for (let i = 0; i < 2; i++) {
      const inner = net.conv(net.relu(net.conv(x, WIDTH)), WIDTH);
      x = net.add(x, net.mul(inner, 0.1));
    }
    x = net.add(net.conv(x, WIDTH, { gain: 0.2 }), head);
    for (let i = 0; i < 2; i++) {
      const carry = net.shuffleCarry(WIDTH, 2);
      x = net.pixelShuffle(net.conv(x, WIDTH * 4, { gain: 0.1, carry }), 2);
    }
    const result = net.conv(x, 3, { gain: 0.05, carry: keep(3) });
    return net.add(net.mul(result, 127.5), mean);
  },
};

const msrresnet: Network = {
  name: 'msrresnet-x4',
  scale: 4,
  forms: [...PYTORCH, 'torchscript-9-static', 'torchscript-17-half'],
  int8: true,
  exact: true,
  build(net) {
    let x = net.leaky(net.conv(net.image, WIDTH), 0.1);
    for (let i = 0; i < 3; i++) x = residual(net, x, (y) => net.relu(y));
    for (let i = 0; i < 2; i++) x = net.leaky(shuffled(net, x, 2), 0.1);
    const result = toPicture(net, net.leaky(net.conv(x, WIDTH), 0.1));
    return net.add(result, net.enlarge(net.image, 4, 'linear'));
  },
};

const srresnet: Network = {
  name: 'srresnet-x4',
  scale: 4,
  forms: [...PYTORCH, 'torchscript-10', 'mx2onnx-9', 'paddle2onnx-11'],
  int8: true,
  exact: true,
  build(net) {
    const normal = (x: Value, options = {}) =>
      net.batchNorm(net.conv(x, WIDTH, { bias: false, ...options }));
    const carry = keep(3);
    const head = net.prelu(net.conv(net.image, WIDTH, { kernel: 9, gain: 0.4, carry }), {
      shared: true,
    });
    let x = head;
    for (let i = 0; i < 3; i++) {
      x = net.add(x, normal(net.prelu(normal(x), { shared: true }), { gain: 0.2 }));
    }
    x = net.add(normal(x, { gain: 0.2 }), head);
    for (let i = 0; i < 2; i++) {
      const options = { gain: 0.3, carry: net.shuffleCarry(WIDTH, 2) };
      const up = net.pixelShuffle(net.conv(x, 4 * WIDTH, options), 2);
      x = net.prelu(up, { shared: true });
    }
    return net.conv(x, 3, { kernel: 9, gain: 0.1, carry });
  },
};

/** ESRGAN's residual in residual dense blocks. */
function rrdb(net: Exporter, x: Value, growth: number): Value {
  let outer = x;
  for (let block = 0; block < 3; block++) {
    const parts = [outer];
    for (let i = 0; i < 4; i++) {
      const joined = parts.length === 1 ? outer : net.concat(parts);
      parts.push(net.leaky(net.conv(joined, growth)));
    }
    const inner = net.conv(net.concat(parts), channelsOf(x));
    outer = net.add(net.mul(inner, 0.2), outer);
  }
  return net.add(net.mul(outer, 0.2), x);
}

const rrdbnet = (name: string, blocks: number, unshuffle: number): Network => ({
  name,
  scale: 4 / unshuffle,
  height: 36,
  width: 40,
  forms: [...PYTORCH, 'torchscript-9-static', 'torchscript-17-static', 'torchscript-17-half'],
  int8: true,
  exact: true,
  build(net) {
    const input = unshuffle > 1 ? net.pixelUnshuffle(net.image, unshuffle) : net.image;
    const head = net.conv(input, WIDTH, { gain: 0.5, carry: keep(3) });
    let x = head;
    for (let i = 0; i < blocks; i++) x = rrdb(net, x, 8);
    x = net.add(head, net.conv(x, WIDTH, { gain: 0.3 }));
    const options = { gain: 0.4, carry: keep(3) };
    for (let i = 0; i < 2; i++) {
      x = net.leaky(net.conv(net.enlarge(x, 2, 'nearest'), WIDTH, options));
    }
    x = net.leaky(net.conv(x, WIDTH, options));
    return net.conv(x, 3, { gain: 0.1, carry: keep(3) });
  },
});

/** idealo's RDN: in 0..255, enlarged by nearest pixels. */
const rdn: Network = {
  name: 'rdn-idealo-x2',
  scale: 2,
  inputRange: [0, 255],
  outputRange: [0, 255],
  forms: ['keras2onnx-11', 'tf2onnx-13', 'tf2onnx-9-static', 'torchscript-17'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(3);
    const first = net.conv(net.image, WIDTH, { gain: 0.3, carry });
    let x = net.conv(first, WIDTH, { gain: 0.3, carry });
    const blocks: Value[] = [];
    for (let d = 0; d < 2; d++) {
      const parts = [x];
      for (let c = 0; c < 3; c++) {
        const joined = parts.length === 1 ? x : net.concat(parts);
        parts.push(net.relu(net.conv(joined, 8)));
      }
      x = net.add(net.conv(net.concat(parts), WIDTH, { kernel: 1, gain: 0.3 }), x);
      blocks.push(x);
    }
    const fused = net.conv(net.concat(blocks), WIDTH, { kernel: 1, gain: 0.3, carry });
    x = net.add(net.conv(fused, WIDTH, { gain: 0.3 }), first);
    x = net.relu(net.conv(x, 24, { kernel: 5, gain: 0.3, carry }));
    x = net.relu(net.conv(x, 12, { gain: 0.3, carry }));
    x = net.conv(x, 12, { gain: 0.3, carry });
    return net.conv(net.enlarge(x, 2, 'nearest'), 3, { gain: 0.1, carry });
  },
};

/** idealo's RRDN: ReLU in dense blocks, a shuffle. */
const rrdn: Network = {
  name: 'rrdn-idealo-x4',
  scale: 4,
  height: 36,
  width: 40,
  forms: ['keras2onnx-11', 'tf2onnx-13', 'torchscript-11'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(3);
    const head = net.conv(net.image, WIDTH, { gain: 0.3, carry });
    let outer = head;
    for (let t = 0; t < 2; t++) {
      let x = outer;
      for (let d = 0; d < 2; d++) {
        const parts = [x];
        for (let c = 0; c < 2; c++) {
          const joined = parts.length === 1 ? x : net.concat(parts);
          parts.push(net.relu(net.conv(joined, 8)));
        }
        x = net.add(net.mul(net.conv(net.concat(parts), WIDTH), 0.2), x);
      }
      outer = net.add(net.mul(x, 0.2), outer);
    }
    const x = net.add(net.conv(outer, WIDTH, { gain: 0.2 }), head);
    const options = { gain: 0.2, carry: net.shuffleCarry(3, 4) };
    return net.conv(net.pixelShuffle(net.conv(x, 48, options), 4), 3, { gain: 0.1, carry });
  },
};

/** UpscalerJS's thin one, as Keras writes it. */
const srganKeras: Network = {
  name: 'srgan-keras-x4',
  scale: 4,
  outputRange: [0, 255],
  forms: ['keras2onnx-11', 'tf2onnx-13', 'torchscript-11'],
  int8: true,
  exact: true,
  build(net) {
    const carry = keep(3);
    const normal = (x: Value, options = {}) => net.batchNorm(net.conv(x, WIDTH, options));
    let x = net.leaky(
      net.batchNorm(net.conv(net.image, WIDTH, { kernel: 5, gain: 0.4, carry })),
      0.25,
    );
    for (let i = 0; i < 2; i++) {
      x = net.add(x, normal(net.leaky(normal(x), 0.25), { gain: 0.2 }));
    }
    for (let i = 0; i < 2; i++) {
      x = net.leaky(net.conv(x, 24, { gain: 0.3, carry }), 0.25);
      x = net.leaky(net.conv(net.enlarge(x, 2, 'nearest'), 16, { gain: 0.3, carry }), 0.3);
    }
    const signed = net.tanh(net.conv(x, 3, { kernel: 5, gain: 0.2, carry, carryGain: 0.7 }));
    return net.mul(net.add(signed, 1), 127.5);
  },
};

/** TensorLayer's SRGAN: the result lies in -1..1. */
const srganTensorlayer: Network = {
  name: 'srgan-tensorlayer-x4',
  scale: 4,
  outputRange: [-1, 1],
  forms: ['tf2onnx-13', 'tf2onnx-9-static', 'torchscript-17'],
  int8: true,
  exact: true,
  build(net) {
    const normal = (x: Value, options = {}) =>
      net.batchNorm(net.conv(x, WIDTH, { bias: false, ...options }));
    const head = net.relu(net.conv(net.image, WIDTH, { gain: 0.4, carry: keep(3) }));
    let x = head;
    for (let i = 0; i < 2; i++) x = net.add(x, normal(net.relu(normal(x)), { gain: 0.2 }));
    x = net.add(normal(x, { gain: 0.2 }), head);
    for (let i = 0; i < 2; i++) {
      const options = { gain: 0.3, carry: net.shuffleCarry(WIDTH, 2) };
      x = net.relu(net.pixelShuffle(net.conv(x, 4 * WIDTH, options), 2));
    }
    return net.tanh(net.conv(x, 3, { kernel: 1, gain: 0.2, carry: keep(3), carryGain: 0.7 }));
  },
};

/** Pictures normalized by the mean and deviation of its data; depthwise bottlenecks. */
const mesrgan: Network = {
  name: 'mesrgan-x4',
  scale: 4,
  mean: [0.4439, 0.4517, 0.4054],
  std: [0.2738, 0.2607, 0.2856],
  outputRange: [-1.7, 2],
  forms: ['torchscript-11', 'dynamo-18', 'torchscript-9-static'],
  int8: true,
  exact: true,
  build(net) {
    const mobile = (x: Value, outputs: number) => {
      const wide = 2 * channelsOf(x);
      const up = net.leaky(net.conv(x, wide, { kernel: 1 }));
      const deep = net.leaky(net.conv(up, wide, { groups: wide }));
      return net.conv(deep, outputs, { kernel: 1 });
    };
    const head = net.conv(net.image, WIDTH, { kernel: 9, gain: 0.4, carry: keep(3) });
    let x = head;
    for (let block = 0; block < 2; block++) {
      const parts = [x];
      for (let i = 0; i < 2; i++) {
        parts.push(net.leaky(mobile(parts.length === 1 ? x : net.concat(parts), 8)));
      }
      x = net.add(net.mul(mobile(net.concat(parts), WIDTH), 0.2), x);
    }
    x = net.add(net.conv(net.add(net.mul(x, 0.2), head), WIDTH, { gain: 0.2 }), head);
    for (let i = 0; i < 2; i++) {
      const options = { gain: 0.3, carry: net.shuffleCarry(WIDTH, 2) };
      x = net.prelu(net.pixelShuffle(net.conv(x, 4 * WIDTH, options), 2), { shared: true });
    }
    x = net.prelu(net.conv(x, WIDTH, { gain: 0.3, carry: keep(3) }), { shared: true });
    return net.conv(x, 3, { gain: 0.1, carry: keep(3) });
  },
};

/** Every 3x3 convolution pads by reflection about the picture's edge. */
const prosr: Network = {
  name: 'prosr-x2',
  scale: 2,
  forms: [...PYTORCH, 'torchscript-10', 'torchscript-17-static'],
  int8: true,
  exact: true,
  build(net) {
    const conv = (x: Value, outputs: number, gain = 1) =>
      net.conv(net.padAll(x, 1, 'reflect'), outputs, { pad: 0, gain });
    const parts = [conv(net.image, WIDTH)];
    for (let i = 0; i < 3; i++) {
      const joined = parts.length === 1 ? (parts[0] as Value) : net.concat(parts);
      const narrow = net.relu(net.conv(net.relu(joined), 16, { kernel: 1 }));
      parts.push(conv(narrow, 8));
    }
    const features = net.relu(net.conv(net.concat(parts), WIDTH, { kernel: 1 }));
    const up = net.relu(net.pixelShuffle(conv(features, 4 * WIDTH), 2));
    return net.add(conv(up, 3, 0.1), net.enlarge(net.image, 2, 'cubic'));
  },
};

/** CARN-M: grouped convolutions, cascades of concatenations. */
const carn: Network = {
  name: 'carn-m-x2',
  scale: 2,
  forms: [...PYTORCH, 'torchscript-9-static'],
  int8: true,
  exact: true,
  build(net) {
    const mean = net.reals([1, 3, 1, 1], [0.4488, 0.4371, 0.404]);
    const block = (x: Value) => {
      let inner = net.relu(net.conv(x, WIDTH, { groups: 4 }));
      inner = net.relu(net.conv(inner, WIDTH, { groups: 4 }));
      return net.relu(net.add(net.conv(inner, WIDTH, { kernel: 1, gain: 0.3 }), x));
    };
    const cascade = (x: Value, step: (x: Value) => Value) => {
      let joined = x;
      let last = x;
      for (let i = 0; i < 2; i++) {
        joined = net.concat([joined, step(last)]);
        last = net.relu(net.conv(joined, WIDTH, { kernel: 1, gain: 0.5, carry: keep(WIDTH) }));
      }
      return last;
    };
    const head = net.conv(net.sub(net.image, mean), WIDTH, { gain: 0.4, carry: keep(3) });
    const x = cascade(head, (outer) => cascade(outer, block));
    const up = net.pixelShuffle(net.relu(net.conv(x, 4 * WIDTH, { groups: 4, gain: 0.3 })), 2);
    const result = net.conv(up, 3, { gain: 0.1 });
    return net.add(net.add(result, mean), net.enlarge(net.sub(net.image, mean), 2, 'linear'));
  },
};

/** Real-ESRGAN's compact network. */
const srvgg = (name: string, layers: number, scale: number): Network => ({
  name,
  scale,
  forms: [
    ...PYTORCH,
    ...OLD_PYTORCH,
    'torchscript-17-half',
    'torchscript-13-constant-nodes',
    'torchscript-9-listed',
    'mx2onnx-9',
  ],
  int8: true,
  exact: true,
  build(net) {
    let x = net.prelu(net.conv(net.image, WIDTH));
    for (let i = 0; i < layers; i++) x = net.prelu(net.conv(x, WIDTH, { gain: 1.3 }));
    const up = net.pixelShuffle(net.conv(x, 3 * scale ** 2, { gain: 0.1 }), scale);
    return net.add(up, net.enlarge(net.image, scale, 'nearest'));
  },
});

export const residuals: readonly Network[] = [
  edsr,
  edsrScaled,
  msrresnet,
  srresnet,
  rrdbnet('rrdbnet-x4', 1, 1),
  rrdbnet('rrdbnet-x2plus', 1, 2),
  rdn,
  rrdn,
  srganKeras,
  srganTensorlayer,
  mesrgan,
  prosr,
  carn,
  srvgg('srvgg-x4', 6, 4),
  srvgg('srvgg-x2', 4, 2),
];
