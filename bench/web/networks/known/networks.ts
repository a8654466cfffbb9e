// Networks that people use, by the shapes that their authors published, with random weights. All take
// and give RGB; those that were published for luma alone are widened at both ends.

import { type Plan, Planner } from './plan.ts';

const RELU = { kind: 'relu' } as const;
const SILU = { kind: 'silu' } as const;
const TANH = { kind: 'tanh' } as const;
const SIGMOID = { kind: 'sigmoid' } as const;
const leaky = (slope: number) => ({ kind: 'leaky', slope }) as const;

/** Mean square before an activation for 1 after it. */
const AFTER_RELU = 2;
/** A result that is a picture and not noise at the ends of the range. */
const RESULT = { gain: 0.03, bias: 0.5 };

/** Real-ESRGAN's compact network (SRVGGNetCompact), x4. */
function srvgg(layers: number): Plan {
  const p = new Planner(layers);
  let x = p.activate(p.conv(p.picture, 64, { gain: AFTER_RELU }), 'prelu');
  for (let i = 0; i < layers; i++) {
    x = p.activate(p.conv(x, 64, { gain: AFTER_RELU }), 'prelu');
  }
  const detail = p.conv(x, 48, { shuffle: 4, gain: 0.01 });
  p.add(detail, p.enlarge(p.picture, 4));
  return p.finish();
}

/** SPAN with 48 channels, x4, its re-parameterized blocks already folded to convolutions. */
function span(channels = 48, blocks = 6): Plan {
  const p = new Planner(48);
  const first = p.conv(p.picture, channels, { gain: AFTER_RELU });
  const block = (x: number): { inner: number; out: number } => {
    const inner = p.conv(x, channels, { gain: AFTER_RELU });
    const second = p.conv(p.activate(inner, SILU), channels, { gain: AFTER_RELU });
    const third = p.conv(p.activate(second, SILU), channels);
    const attention = p.addConstant(p.activate(third, SIGMOID), -0.5);
    return { inner, out: p.multiply(p.add(third, x), attention) };
  };
  const outs = [first];
  let inner = first;
  for (let i = 0; i < blocks; i++) {
    const made = block(outs.at(-1) as number);
    inner = made.inner;
    outs.push(made.out);
  }
  const last = p.conv(outs.at(-1) as number, channels);
  const joined = p.concat(first, last, outs[1] as number, inner);
  p.conv(p.conv(joined, channels, { kernel: 1 }), 48, { shuffle: 4, ...RESULT });
  return p.finish();
}

/** ESRGAN's generator, x4. */
function rrdb(blocks: number): Plan {
  const p = new Planner(blocks);
  const [features, growth] = [64, 32];
  const dense = (x: number): number => {
    const parts = [x];
    for (let i = 0; i < 4; i++) {
      const joined = i === 0 ? x : p.concat(...parts);
      parts.push(p.activate(p.conv(joined, growth, { gain: AFTER_RELU }), leaky(0.2)));
    }
    const last = p.conv(p.concat(...parts), features);
    return p.add(p.multiplyConstant(last, 0.2), x);
  };
  const first = p.conv(p.picture, features);
  let x = first;
  for (let i = 0; i < blocks; i++) {
    const out = dense(dense(dense(x)));
    x = p.add(p.multiplyConstant(out, 0.2), x);
  }
  x = p.add(p.conv(x, features), first);
  for (let i = 0; i < 2; i++) {
    x = p.activate(p.conv(p.enlarge(x, 2), features, { gain: AFTER_RELU }), leaky(0.2));
  }
  x = p.activate(p.conv(x, features, { gain: AFTER_RELU }), leaky(0.2));
  p.conv(x, 3, RESULT);
  return p.finish();
}

/** EDSR baseline, x4. */
function edsr(): Plan {
  const p = new Planner(64);
  const first = p.conv(p.picture, 64);
  let x = first;
  for (let i = 0; i < 16; i++) {
    const inner = p.activate(p.conv(x, 64, { gain: AFTER_RELU }), RELU);
    x = p.add(p.conv(inner, 64, { gain: 0.1 }), x);
  }
  x = p.add(p.conv(x, 64, { gain: 0.1 }), first);
  for (let i = 0; i < 2; i++) x = p.conv(x, 256, { shuffle: 2 });
  p.conv(x, 3, RESULT);
  return p.finish();
}

/** FSRCNN(56, 12, 4), x3. */
function fsrcnn(): Plan {
  const p = new Planner(56);
  const layer = (x: number, outputs: number, kernel: number) =>
    p.activate(p.conv(x, outputs, { kernel, gain: AFTER_RELU }), 'prelu');
  let x = layer(layer(p.picture, 56, 5), 12, 1);
  for (let i = 0; i < 4; i++) x = layer(x, 12, 3);
  p.transposed(layer(x, 56, 1), 3, 9, 3, RESULT.gain);
  return p.finish();
}

/** ESPCN, x3. */
function espcn(): Plan {
  const p = new Planner(32);
  const first = p.activate(p.conv(p.picture, 64, { kernel: 5, gain: AFTER_RELU }), TANH);
  const second = p.activate(p.conv(first, 32, { gain: AFTER_RELU }), TANH);
  p.conv(second, 27, { shuffle: 3, ...RESULT });
  return p.finish();
}

/** waifu2x's upconv_7, x2, with padding in place of its margins. */
function upconv7(): Plan {
  const p = new Planner(7);
  let x = p.picture;
  for (const outputs of [16, 32, 64, 128, 128, 256]) {
    x = p.activate(p.conv(x, outputs, { gain: AFTER_RELU }), leaky(0.1));
  }
  p.transposed(x, 3, 4, 2, RESULT.gain);
  return p.finish();
}

/** RFDN with 50 channels and 4 blocks, x4. */
function rfdn(channels = 50, blocks = 4): Plan {
  const p = new Planner(50);
  const act = leaky(0.05);
  const half = channels / 2;
  // Enhanced spatial attention.
  const attend = (x: number): number => {
    const narrow = Math.floor(channels / 4);
    const reduced = p.conv(x, narrow, { kernel: 1 });
    const strided = p.conv(reduced, narrow, { stride: 2, padding: 'valid' });
    let y = p.maxPool(strided, 7, 3);
    y = p.activate(p.conv(y, narrow, { gain: AFTER_RELU }), RELU);
    y = p.activate(p.conv(y, narrow, { gain: AFTER_RELU }), RELU);
    y = p.resizeLike(p.conv(y, narrow), x);
    const sum = p.add(y, p.conv(reduced, narrow, { kernel: 1 }));
    return p.multiply(x, p.activate(p.conv(sum, channels, { kernel: 1 }), SIGMOID));
  };
  const block = (input: number): number => {
    const distilled: number[] = [];
    let x = input;
    for (let i = 0; i < 3; i++) {
      distilled.push(p.activate(p.conv(x, half, { kernel: 1, gain: AFTER_RELU }), act));
      x = p.activate(p.add(p.conv(x, channels), x), act);
    }
    distilled.push(p.activate(p.conv(x, half, { gain: AFTER_RELU }), act));
    return attend(p.conv(p.concat(...distilled), channels, { kernel: 1, gain: AFTER_RELU }));
  };
  const first = p.conv(p.picture, channels);
  const outs: number[] = [];
  for (let i = 0; i < blocks; i++) outs.push(block(outs.at(-1) ?? first));
  const joined = p.activate(p.conv(p.concat(...outs), channels, { kernel: 1 }), act);
  const trunk = p.add(p.conv(joined, channels), first);
  p.conv(trunk, 48, { shuffle: 4, ...RESULT });
  return p.finish();
}

/** By the name in tables: the network, and the extent of the tile that it is measured with. */
export const KNOWN_NETWORKS = {
  srvgg16: { plan: () => srvgg(16), edge: 64 },
  srvgg32: { plan: () => srvgg(32), edge: 64 },
  span48: { plan: () => span(), edge: 64 },
  rrdb6: { plan: () => rrdb(6), edge: 64 },
  rrdb23: { plan: () => rrdb(23), edge: 32 },
  'edsr-baseline': { plan: edsr, edge: 64 },
  fsrcnn: { plan: fsrcnn, edge: 128 },
  espcn: { plan: espcn, edge: 128 },
  upconv7: { plan: upconv7, edge: 64 },
  rfdn: { plan: () => rfdn(), edge: 64 },
} as const;

export type KnownNetworkName = keyof typeof KNOWN_NETWORKS;
