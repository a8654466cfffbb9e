// Entries of the challenges on efficient super-resolution, and their ancestors.
import { channelsOf, type Exporter, heightOf, type Value, widthOf } from '../exporter.ts';
import { type Network, OLD_PYTORCH, PYTORCH } from '../network.ts';

const WIDTH = 16;

const base = { scale: 4, forms: PYTORCH, int8: true, exact: true } satisfies Partial<Network>;

/** A head, a body on features with a skip over it, a shuffle, and the picture enlarged. */
function around(net: Exporter, scale: number, body: (net: Exporter, x: Value) => Value): Value {
  const head = net.conv(net.image, WIDTH);
  const features = net.add(net.conv(body(net, head), WIDTH, { gain: 0.5 }), head);
  const up = net.pixelShuffle(net.conv(features, 3 * scale ** 2, { gain: 0.1 }), scale);
  return net.add(up, net.enlarge(net.image, scale, 'nearest'));
}

/** Enhanced spatial attention: a gate made at a sixth of the size and enlarged to the input's. */
function esa(net: Exporter, x: Value, { narrow = 4, rich = false } = {}): Value {
  const first = net.conv(x, narrow, { kernel: 1 });
  const half = net.conv(first, narrow, { stride: 2, pad: 0 });
  let small = net.conv(net.maxPool(half, 7, 3), narrow);
  if (rich) {
    small = net.relu(net.conv(net.relu(small), narrow));
    small = net.conv(small, narrow);
  }
  const large = net.resizeLike(small, x, 'linear');
  const side = net.conv(first, narrow, { kernel: 1 });
  const gate = net.sigmoid(net.conv(net.add(large, side), channelsOf(x), { kernel: 1 }));
  return net.mul(x, gate);
}

/** Contrast-aware channel attention: the deviation and mean of each channel of the whole picture. */
function cca(net: Exporter, x: Value): Value {
  const [rows, columns] = [net.extent(x, 2), net.extent(x, 3)];
  const count = heightOf(x) * widthOf(x);
  const area = () => {
    if (typeof rows === 'number') return net.scalar(count);
    const whole = net.builder.node('Mul', [rows, columns as string]);
    return net.builder.node('Cast', [whole], { to: 1 });
  };
  const average = (value: Value) =>
    net.div(net.reduce('Sum', net.reduce('Sum', value, [3]), [2]), area());
  const mean = average(x);
  const deviation = net.pow(average(net.pow(net.sub(x, mean), 2)), 0.5);
  const contrast = net.add(deviation, net.globalAverage(x));
  const squeezed = net.relu(net.conv(contrast, channelsOf(x) / 4, { kernel: 1 }));
  return net.mul(x, net.sigmoid(net.conv(squeezed, channelsOf(x), { kernel: 1 })));
}

const rfdn: Network = {
  ...base,
  name: 'rfdn-x4',
  exact: false,
  forms: [...PYTORCH, 'torchscript-10', 'torchscript-17-static'],
  build: (net) =>
    around(net, 4, (_, head) => {
      const block = (x: Value) => {
        let rest = x;
        const kept: Value[] = [];
        for (let i = 0; i < 3; i++) {
          kept.push(net.leaky(net.conv(rest, WIDTH / 2, { kernel: 1 }), 0.05));
          rest = net.leaky(net.add(net.conv(rest, WIDTH, { gain: 0.5 }), rest), 0.05);
        }
        kept.push(net.leaky(net.conv(rest, WIDTH / 2), 0.05));
        return esa(net, net.conv(net.concat(kept), WIDTH, { kernel: 1 }), { rich: true });
      };
      const blocks: Value[] = [];
      let x = head;
      for (let i = 0; i < 2; i++) {
        x = block(x);
        blocks.push(x);
      }
      return net.leaky(net.conv(net.concat(blocks), WIDTH, { kernel: 1 }), 0.05);
    }),
};

const rlfn: Network = {
  ...base,
  name: 'rlfn-x4',
  exact: false,
  forms: [...PYTORCH, 'torchscript-17-static', 'dynamo-18-static', 'torchscript-17-half'],
  build: (net) =>
    around(net, 4, (_, head) => {
      let x = head;
      for (let i = 0; i < 2; i++) {
        let inner = x;
        for (let layer = 0; layer < 3; layer++) inner = net.leaky(net.conv(inner, WIDTH), 0.05);
        x = esa(net, net.conv(net.add(inner, x), WIDTH, { kernel: 1 }));
      }
      return x;
    }),
};

/** Edge-enhanced blocks, folded, in RFDN's frame. */
const efdn: Network = {
  ...base,
  name: 'efdn-x4',
  exact: false,
  build: (net) =>
    around(net, 4, (_, head) => {
      let rest = head;
      const kept: Value[] = [];
      for (let i = 0; i < 3; i++) {
        kept.push(net.conv(rest, WIDTH / 2, { kernel: 1 }));
        rest = net.prelu(net.conv(rest, WIDTH, { gain: 1.2 }));
      }
      kept.push(net.conv(rest, WIDTH / 2));
      const fused = net.prelu(net.conv(net.concat(kept), WIDTH, { kernel: 1 }));
      return esa(net, fused);
    }),
};

/** Pointwise, then depthwise convolutions; both kinds of attention. */
const bsrn: Network = {
  ...base,
  name: 'bsrn-x4',
  exact: false,
  build: (net) => {
    const blue = (x: Value, outputs: number) =>
      net.conv(net.conv(x, outputs, { kernel: 1, bias: false }), outputs, { groups: outputs });
    return around(net, 4, (_, head) => {
      let rest = head;
      const kept: Value[] = [];
      for (let i = 0; i < 2; i++) {
        kept.push(net.gelu(net.conv(rest, WIDTH / 2, { kernel: 1 })));
        rest = net.gelu(net.add(blue(rest, WIDTH), rest));
      }
      kept.push(net.gelu(blue(rest, WIDTH / 2)));
      const fused = net.conv(net.concat(kept), WIDTH, { kernel: 1 });
      return net.add(cca(net, esa(net, fused)), head);
    });
  },
};

const imdn: Network = {
  ...base,
  name: 'imdn-x4',
  exact: false,
  forms: [...PYTORCH, 'torchscript-9-static', 'torchscript-17-static'],
  build: (net) =>
    around(net, 4, (_, head) => {
      const quarter = WIDTH / 4;
      const sizes = [quarter, WIDTH - quarter];
      let rest = net.leaky(net.conv(head, WIDTH), 0.05);
      const kept: Value[] = [];
      for (let i = 0; i < 3; i++) {
        const [distilled, remaining] = net.split(rest, sizes) as [Value, Value];
        kept.push(distilled);
        const outputs = i < 2 ? WIDTH : quarter;
        rest = net.conv(remaining, outputs);
        if (i < 2) rest = net.leaky(rest, 0.05);
      }
      const joined = net.concat([...kept, rest]);
      return net.add(net.conv(cca(net, joined), WIDTH, { kernel: 1, gain: 0.5 }), head);
    }),
};

/** Without parameters: a gate that is a sigmoid less a half. */
const span = (name: string, forms: Network['forms']): Network => ({
  ...base,
  name,
  forms,
  build(net) {
    const block = (x: Value) => {
      const first = net.silu(net.conv(x, WIDTH));
      const out = net.conv(net.silu(net.conv(first, WIDTH)), WIDTH);
      const gate = net.sub(net.sigmoid(out), 0.5);
      return { out: net.mul(net.add(out, x), gate), first };
    };
    const head = net.conv(net.image, WIDTH);
    const one = block(head);
    const two = block(one.out);
    const three = block(two.out);
    const last = net.conv(three.out, WIDTH);
    const joined = net.concat([head, last, one.out, three.first]);
    const fused = net.conv(joined, WIDTH, { kernel: 1 });
    const up = net.pixelShuffle(net.conv(fused, 48, { gain: 0.1 }), 4);
    return net.add(up, net.enlarge(net.image, 4, 'nearest'));
  },
});

/** Pixel attention: gates of 1x1 convolutions at every size. */
const pan: Network = {
  ...base,
  name: 'pan-x4',
  forms: [...PYTORCH, 'torchscript-10'],
  build(net) {
    const gated = (x: Value) => net.mul(x, net.sigmoid(net.conv(x, channelsOf(x), { kernel: 1 })));
    const block = (x: Value) => {
      const a = net.leaky(net.conv(x, 8, { kernel: 1, bias: false }));
      const b = net.leaky(net.conv(x, 8, { kernel: 1, bias: false }));
      const plain = net.leaky(net.conv(a, 8, { bias: false }));
      const gate = net.sigmoid(net.conv(b, 8, { kernel: 1 }));
      const inner = net.mul(net.conv(b, 8, { bias: false }), gate);
      const other = net.leaky(net.conv(inner, 8, { bias: false }));
      return net.add(
        net.conv(net.concat([plain, other]), 16, { kernel: 1, bias: false, gain: 0.5 }),
        x,
      );
    };
    const head = net.conv(net.image, WIDTH);
    let x = block(block(head));
    x = net.add(head, net.conv(x, WIDTH, { gain: 0.5 }));
    for (let i = 0; i < 2; i++) {
      x = net.conv(net.enlarge(x, 2, 'nearest'), 12);
      x = net.leaky(net.conv(net.leaky(gated(x)), 12));
    }
    const base4 = net.enlarge(net.image, 4, 'linear');
    return net.add(net.conv(x, 3, { gain: 0.1 }), base4);
  },
};

/** Multi-scale features by pooling, an enlargement back, and a gate. */
const safmn: Network = {
  ...base,
  name: 'safmn-x4',
  height: 48,
  width: 56,
  forms: ['torchscript-17-static', 'torchscript-11-static', 'dynamo-18-static'],
  build: (net) =>
    around(net, 4, (_, head) => {
      const modulate = (x: Value) => {
        const parts = net.chunk(x, 4).map((part, i) => {
          if (i === 0) return net.conv(part, channelsOf(part), { groups: channelsOf(part) });
          const small = net.maxPool(part, 2 ** i);
          const deep = net.conv(small, channelsOf(part), { groups: channelsOf(part) });
          return net.resizeLike(deep, part, 'nearest');
        });
        const fused = net.conv(net.concat(parts), WIDTH, { kernel: 1 });
        return net.mul(net.gelu(fused), x);
      };
      let x = head;
      for (let i = 0; i < 2; i++) {
        x = net.add(modulate(net.layerNormChannels(x)), x);
        const mixed = net.gelu(net.conv(net.layerNormChannels(x), 2 * WIDTH));
        x = net.add(net.conv(mixed, WIDTH, { kernel: 1, gain: 0.5 }), x);
      }
      return x;
    }),
};

/** FMEN: blocks of high-frequency attention at a smaller size, enlarged by interpolation. */
const fmen: Network = {
  ...base,
  name: 'fmen-x4',
  forms: [...PYTORCH, 'dynamo-18-static'],
  build: (net) =>
    around(net, 4, (_, head) => {
      const attention = (x: Value) => {
        const squeezed = net.conv(x, 8);
        const inner = net.batchNorm(net.leaky(net.conv(squeezed, 8), 0.1));
        const gate = net.sigmoid(net.conv(net.leaky(inner, 0.1), WIDTH));
        return net.mul(x, gate);
      };
      let x = head;
      for (let i = 0; i < 2; i++) {
        const inner = net.leaky(net.conv(net.leaky(net.conv(x, WIDTH), 0.1), WIDTH), 0.1);
        x = attention(inner);
      }
      return x;
    }),
};

/** Squeeze-and-excitation by a mean over the picture, as RCAN's channel attention. */
const rcan: Network = {
  ...base,
  name: 'rcan-x2',
  scale: 2,
  exact: false,
  forms: [...PYTORCH, 'torchscript-9-static'],
  build: (net) =>
    around(net, 2, (_, head) => {
      let x = head;
      for (let i = 0; i < 2; i++) {
        const inner = net.conv(net.relu(net.conv(x, WIDTH)), WIDTH, { gain: 0.5 });
        const squeezed = net.relu(net.conv(net.globalAverage(inner), 4, { kernel: 1 }));
        const gate = net.sigmoid(net.conv(squeezed, WIDTH, { kernel: 1 }));
        x = net.add(net.mul(inner, gate), x);
      }
      return x;
    }),
};

/** Large kernels: a depthwise 5x5, a dilated depthwise 7x7, a gate (LKDN, VAN's attention). */
const lkdn: Network = {
  ...base,
  name: 'lkdn-x2',
  scale: 2,
  forms: PYTORCH,
  build: (net) =>
    around(net, 2, (_, head) => {
      const near = net.conv(head, WIDTH, { kernel: 5, groups: WIDTH });
      const far = net.conv(near, WIDTH, { kernel: 7, groups: WIDTH, dilation: 3 });
      const gate = net.conv(far, WIDTH, { kernel: 1 });
      return net.mul(net.gelu(head), gate);
    }),
};

/** Asymmetric kernels, 1x3 and 3x1, and a gate of their sum. */
const asymmetric: Network = {
  ...base,
  name: 'asymmetric-x3',
  scale: 3,
  forms: [...PYTORCH, ...OLD_PYTORCH],
  build: (net) =>
    around(net, 3, (_, head) => {
      const across = net.conv(head, WIDTH, { kernel: [1, 3] });
      const down = net.conv(head, WIDTH, { kernel: [3, 1] });
      const full = net.conv(head, WIDTH);
      return net.mul(net.add(net.add(across, down), full), net.sigmoid(head));
    }),
};

/** DIPNet and others: a residual block whose skip is scaled by a trained number per channel. */
const scaledSkips: Network = {
  ...base,
  name: 'scaled-skips-x2',
  scale: 2,
  forms: [...PYTORCH, 'torchscript-13-constant-nodes'],
  build: (net) =>
    around(net, 2, (_, head) => {
      let x = head;
      for (let i = 0; i < 2; i++) {
        const inner = net.conv(net.silu(net.conv(x, WIDTH)), WIDTH);
        const beta = net.randoms([1, WIDTH, 1, 1], 0.2, 0.5);
        x = net.add(net.mul(inner, beta), net.mul(x, net.randoms([1, WIDTH, 1, 1], 0.2, 1)));
      }
      return x;
    }),
};

/** Differences from a local mean, weighed and added (high-frequency enhancement). */
const highFrequency: Network = {
  ...base,
  name: 'high-frequency-x2',
  scale: 2,
  forms: [...PYTORCH, 'torchscript-9-static'],
  build: (net) =>
    around(net, 2, (_, head) => {
      const local = net.averagePool(head, 3, 1, 1);
      const high = net.sub(head, local);
      const spread = net.sqrt(net.add(net.averagePool(net.pow(high, 2), 3, 1, 1), 1e-3));
      const x = net.conv(net.leaky(net.concat([high, spread])), WIDTH);
      return net.mul(x, net.tanh(net.abs(high)));
    }),
};

export const efficient: readonly Network[] = [
  rfdn,
  rlfn,
  efdn,
  bsrn,
  imdn,
  span('span-x4', [...PYTORCH, 'torchscript-17-half', 'dynamo-18-static', 'torchscript-10']),
  pan,
  safmn,
  fmen,
  rcan,
  lkdn,
  asymmetric,
  scaledSkips,
  highFrequency,
];
