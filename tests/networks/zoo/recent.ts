// Networks of the last years that need more than chains of convolutions: large kernels on a part of
// the channels, statistics, selective fusion, several scales.
import { channelsOf, type Exporter, heightOf, type Value, widthOf } from '../exporter.ts';
import { type Network, PYTORCH } from '../network.ts';

const WIDTH = 16;

const base = { scale: 2, forms: PYTORCH, int8: true, exact: true } satisfies Partial<Network>;

/** A head, a body with a skip over it, a shuffle, and the picture enlarged. */
function around(net: Exporter, scale: number, body: (x: Value) => Value): Value {
  const head = net.conv(net.image, WIDTH);
  const features = net.add(net.conv(body(head), WIDTH, { gain: 0.5 }), head);
  const up = net.pixelShuffle(net.conv(features, 3 * scale ** 2, { gain: 0.1 }), scale);
  return net.add(up, net.enlarge(net.image, scale, 'nearest'));
}

/** PLKSR: a 13x13 kernel on a quarter of the channels, a gate of all. */
const plksr: Network = {
  ...base,
  name: 'plksr-x2',
  forms: [...PYTORCH, 'dynamo-18-static'],
  build: (net) =>
    around(net, 2, (head) => {
      let x = head;
      for (let i = 0; i < 2; i++) {
        const mixed = net.mish(net.conv(x, 2 * WIDTH, { gain: 0.7 }));
        const narrow = net.conv(mixed, WIDTH);
        const [front, rest] = net.split(narrow, [4, WIDTH - 4]) as [Value, Value];
        const joined = net.concat([net.conv(front, 4, { kernel: 13 }), rest]);
        const gate = net.sigmoid(net.conv(joined, WIDTH));
        const refined = net.conv(net.mul(joined, gate), WIDTH, { kernel: 1, gain: 0.5 });
        x = net.add(refined, x);
      }
      return x;
    }),
};

/** ShuffleMixer: halves of the channels, interleaved by reshapes, and 7x7 depthwise kernels. */
const shuffleMixer: Network = {
  ...base,
  name: 'shufflemixer-x2',
  forms: [...PYTORCH, 'torchscript-17-static'],
  build: (net) =>
    around(net, 2, (head) => {
      const half = WIDTH / 2;
      const mix = (x: Value) => {
        const [a, b] = net.chunk(x, 2) as [Value, Value];
        const deep = net.conv(net.silu(net.conv(a, half, { kernel: 1 })), half, { kernel: 1 });
        return net.channelShuffle(net.concat([deep, b]), 2);
      };
      let x = head;
      for (let i = 0; i < 2; i++) {
        x = net.add(mix(net.layerNormChannels(x)), x);
        x = net.conv(x, WIDTH, { kernel: 7, groups: WIDTH });
        x = net.add(mix(net.layerNormChannels(x)), x);
      }
      return x;
    }),
};

/** VapSR: attention by a depthwise 5x5 and a dilated depthwise one, nn.LayerNorm over channels last. */
const vapsr: Network = {
  ...base,
  name: 'vapsr-x2',
  forms: [...PYTORCH, 'dynamo-18-static'],
  build: (net) =>
    around(net, 2, (head) => {
      const wide = net.gelu(net.conv(head, WIDTH, { kernel: 1 }));
      const point = net.conv(wide, WIDTH, { kernel: 1 });
      const near = net.conv(point, WIDTH, { kernel: 5, groups: WIDTH });
      const far = net.conv(near, WIDTH, { kernel: 5, groups: WIDTH, dilation: 3 });
      const gated = net.conv(net.mul(wide, far), WIDTH, { kernel: 1, gain: 0.5 });
      const last = net.transpose(net.add(gated, head), [0, 2, 3, 1]);
      return net.transpose(net.layerNorm(last), [0, 3, 1, 2]);
    }),
};

/** torch.var over the picture, as it is exported: squares of what is left of the mean, by a count. */
function variance(net: Exporter, x: Value): Value {
  const centred = net.sub(x, net.reduce('Mean', x, [2, 3]));
  const mean = net.reduce('Mean', net.mul(centred, centred), [2, 3]);
  const [rows, columns] = [net.extent(x, 2), net.extent(x, 3)];
  const count = heightOf(x) * widthOf(x);
  if (typeof rows === 'number') return net.div(net.mul(mean, count), count - 1);
  const area = net.builder.node('Mul', [rows, columns as string]);
  const whole = net.builder.node('Cast', [area], { to: 1 });
  const less = net.builder.node('Sub', [area, { shape: [], type: 'int64', values: [1] }]);
  const rest = net.builder.node('Cast', [less], { to: 1 });
  return net.div(net.mul(mean, whole), rest);
}

/** SMFANet: an eighth of the size by pooling, the variance of all, a gate enlarged again. */
const smfanet: Network = {
  ...base,
  name: 'smfanet-x2',
  exact: false,
  height: 48,
  width: 56,
  forms: ['torchscript-17', 'torchscript-11', 'torchscript-17-static', 'torchscript-11-static'],
  build: (net) =>
    around(net, 2, (head) => {
      const wide = net.conv(head, 2 * WIDTH, { kernel: 1 });
      const [y, x] = net.chunk(wide, 2) as [Value, Value];
      const small = net.conv(net.maxPool(x, 8), WIDTH, { groups: WIDTH });
      const alpha = net.randoms([1, WIDTH, 1, 1], 0.2, 1);
      const belt = net.randoms([1, WIDTH, 1, 1], 0.2, 0.1);
      const joined = net.add(net.mul(small, alpha), net.mul(variance(net, x), belt));
      const gate = net.resizeLike(net.gelu(net.conv(joined, WIDTH, { kernel: 1 })), x, 'nearest');
      const local = net.conv(net.gelu(net.conv(y, WIDTH)), WIDTH, { kernel: 1 });
      return net.conv(net.add(net.mul(x, gate), local), WIDTH, { kernel: 1 });
    }),
};

/** HINet: instance normalization of one half of the channels. */
const hinet: Network = {
  ...base,
  name: 'hinet-block',
  scale: 1,
  exact: false,
  int8: false,
  forms: [...PYTORCH, 'torchscript-11-static'],
  build(net) {
    const head = net.conv(net.image, 12);
    const out = net.conv(head, 12);
    const [a, b] = net.chunk(out, 2) as [Value, Value];
    const inputs = [a, net.randoms([6], 0.2, 1), net.randoms([6], 0.1)];
    const normal = net.other('InstanceNormalization', inputs, a.shape);
    const x = net.leaky(net.conv(net.leaky(net.concat([normal, b])), 12));
    const sum = net.add(x, net.conv(head, 12, { kernel: 1 }));
    return net.add(net.conv(sum, 3, { gain: 0.1 }), net.image);
  },
};

/** MIMO-UNet: the picture at half the size enters too, and three pictures come out. */
const mimoUnet: Network = {
  ...base,
  name: 'mimo-unet',
  scale: 1,
  height: 48,
  width: 56,
  forms: [...PYTORCH, 'torchscript-11-static'],
  build(net) {
    const half = net.enlarge(net.image, 0.5, 'nearest');
    const one = net.relu(net.conv(net.image, 8));
    const down = net.relu(net.conv(one, 12, { stride: 2, pad: 1 }));
    const merged = net.conv(net.mul(down, net.relu(net.conv(half, 12))), 12);
    const two = net.add(down, merged);
    const small = net.add(net.conv(two, 3, { gain: 0.1 }), half);
    const up = net.relu(net.convTranspose(two, 8, { kernel: 4, stride: 2, pad: 1 }));
    const joined = net.relu(net.conv(net.concat([up, one]), 8, { kernel: 1 }));
    return [net.add(net.conv(joined, 3, { gain: 0.1 }), net.image), small];
  },
};

/** DBPN: up by transposed convolutions, down by strided ones, what differs up again. */
const dbpn: Network = {
  ...base,
  name: 'dbpn-x2',
  forms: [...PYTORCH, 'torchscript-9-static'],
  build(net) {
    const shape = { kernel: 6, stride: 2, pad: 2 };
    const up = (x: Value) => net.prelu(net.convTranspose(x, 8, shape), { shared: true });
    const down = (x: Value) => net.prelu(net.conv(x, 8, shape), { shared: true });
    const head = net.prelu(net.conv(net.image, 8), { shared: true });
    const high = up(head);
    const first = net.add(up(net.sub(down(high), head)), high);
    const low = down(first);
    const second = net.add(up(net.sub(down(up(low)), low)), up(low));
    const result = net.conv(net.concat([second, first]), 3, { gain: 0.1 });
    return net.add(result, net.enlarge(net.image, 2, 'cubic'));
  },
};

/** Zero-DCE: eight curves, applied one after the other. */
const zeroDce: Network = {
  ...base,
  name: 'zero-dce',
  scale: 1,
  forms: [...PYTORCH, 'torchscript-9-static'],
  build(net) {
    const one = net.relu(net.conv(net.image, 12));
    const two = net.relu(net.conv(one, 12));
    const three = net.relu(net.conv(net.concat([one, two]), 12));
    const curves = net.tanh(net.conv(three, 12, { gain: 0.3 }));
    let x = net.image;
    for (const curve of net.split(curves, [3, 3, 3, 3])) {
      x = net.add(x, net.mul(curve, net.sub(net.pow(x, 2), x)));
    }
    return x;
  },
};

/** DPED: normalized blocks, tanh to a range a little wider than the picture's. */
const dped: Network = {
  ...base,
  name: 'dped',
  scale: 1,
  forms: ['torchscript-11', 'tf2onnx-13', 'dynamo-18'],
  build(net) {
    let x = net.relu(net.conv(net.image, 12, { kernel: 9 }));
    for (let i = 0; i < 2; i++) {
      const inner = net.relu(net.batchNorm(net.conv(x, 12)));
      x = net.add(x, net.relu(net.batchNorm(net.conv(inner, 12, { gain: 0.5 }))));
    }
    return net.add(net.mul(net.tanh(net.conv(x, 3, { kernel: 9, gain: 0.5 })), 0.58), 0.5);
  },
};

/** ELAN: features moved by a pixel in four directions by a grouped kernel of zeros and ones. */
const elan: Network = {
  ...base,
  name: 'elan-shift-x2',
  build: (net) =>
    around(net, 2, (head) => {
      const at = [5, 3, 7, 1, 4];
      const each = WIDTH / 4;
      const values = Array.from({ length: WIDTH * 9 }, (_, i) => {
        const direction = at[Math.min(4, Math.floor(Math.floor(i / 9) / each))];
        return i % 9 === direction ? 1 : 0;
      });
      const weights = net.reals([WIDTH, 1, 3, 3], values);
      const attributes = { group: WIDTH, kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      const moved = net.other('Conv', [head, weights], head.shape, attributes);
      const x = net.relu(net.conv(moved, 2 * WIDTH, { kernel: 1 }));
      return net.conv(x, WIDTH, { kernel: 1 });
    }),
};

/** NinaSR: squeeze-and-excitation of a local mean, and a bottleneck. */
const ninasr: Network = {
  ...base,
  name: 'ninasr-x2',
  build: (net) =>
    around(net, 2, (head) => {
      const local = net.averagePool(head, 9, 1, 4);
      const squeezed = net.relu(net.conv(local, 4, { kernel: 1 }));
      const gate = net.sigmoid(net.conv(squeezed, WIDTH, { kernel: 1 }));
      const inner = net.conv(net.relu(net.conv(head, 2 * WIDTH)), WIDTH, { gain: 0.5 });
      return net.add(net.mul(inner, gate), head);
    }),
};

/** FBCNN's head: the quality is guessed by linear layers and turned into gains and shifts. */
const fbcnn: Network = {
  ...base,
  name: 'fbcnn',
  scale: 1,
  exact: false,
  int8: false,
  forms: [...PYTORCH, 'torchscript-11-static'],
  build(net) {
    const width = 8;
    const gemm = (x: Value, outputs: number) => {
      const inputs = x.shape[1] as number;
      const weights = net.randoms([outputs, inputs], Math.sqrt(3 / inputs));
      return net.other('Gemm', [x, weights, net.randoms([outputs], 0.1)], [1, outputs], {
        transB: 1,
      });
    };
    const head = net.relu(net.conv(net.image, width));
    const flat = net.other('Flatten', [net.globalAverage(head)], [1, width], { axis: 1 });
    const quality = net.sigmoid(gemm(net.relu(gemm(flat, 8)), 1));
    const embedded = net.relu(gemm(quality, 8));
    const spread = (x: Value) => net.unsqueeze(net.unsqueeze(x, [2]), [3]);
    const gain = spread(net.sigmoid(gemm(embedded, width)));
    const shift = spread(net.tanh(gemm(embedded, width)));
    const x = net.add(net.mul(gain, net.conv(head, width)), shift);
    return [net.add(net.conv(net.relu(x), 3, { gain: 0.1 }), net.image), quality];
  },
};

/** MSRN: kernels of two sizes, crossed. */
const multiScale: Network = {
  ...base,
  name: 'msrn-x2',
  forms: [...PYTORCH, 'torchscript-9-static'],
  build: (net) =>
    around(net, 2, (head) => {
      const three = net.relu(net.conv(head, 8));
      const five = net.relu(net.conv(head, 8, { kernel: 5 }));
      const joined = net.concat([three, five]);
      const again = net.concat([
        net.relu(net.conv(joined, 8)),
        net.relu(net.conv(joined, 8, { kernel: 5 })),
      ]);
      return net.add(net.conv(again, channelsOf(head), { kernel: 1, gain: 0.5 }), head);
    }),
};

export const recent: readonly Network[] = [
  plksr,
  shuffleMixer,
  vapsr,
  smfanet,
  hinet,
  mimoUnet,
  dbpn,
  zeroDce,
  dped,
  elan,
  ninasr,
  fbcnn,
  multiScale,
];
