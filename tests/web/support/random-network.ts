// Small networks of every tileable shape, with random weights.
import { conv, randomTensor } from './layers.ts';
import { float, OnnxBuilder, tensor } from './onnx-builder.ts';
import type { Random } from './random.ts';

interface Feature {
  name: string;
  channels: number;
}

/** Activation, or nothing. */
function activate(b: OnnxBuilder, random: Random, { name, channels }: Feature): Feature {
  const outputs = [
    () => b.node('Relu', [name]),
    () => b.node('LeakyRelu', [name], { alpha: float(0.2) }),
    () => b.node('PRelu', [name, randomTensor(random, [channels, 1, 1])]),
    () => name,
  ];
  return { name: random.pick(outputs)(), channels };
}

/** One of: a convolution, a residual block, a dense connection, a padded convolution. */
function block(b: OnnxBuilder, random: Random, input: Feature): Feature {
  const { name, channels } = input;
  const wider = random.pick([4, 7, 8, 12, 16]);
  const kernel = random.pick([1, 3, 5]);
  const blocks = [
    () => ({ name: conv(b, random, name, channels, wider, { kernel }), channels: wider }),
    () => ({
      name: b.node('Add', [name, conv(b, random, name, channels, channels)]),
      channels,
    }),
    () => ({
      name: b.node('Concat', [name, conv(b, random, name, channels, 6)], { axis: 1 }),
      channels: channels + 6,
    }),
    () => ({
      name: conv(b, random, name, channels, channels, { groups: channels, kernel: 3 }),
      channels,
    }),
    () => {
      const padded = b.node(
        'Pad',
        [name, { shape: [8], type: 'int64', values: [0, 0, 2, 1, 0, 0, 0, 1] }, tensor([], [0.3])],
        {},
      );
      return {
        name: conv(b, random, padded, channels, wider, { attributes: {} }),
        channels: wider,
      };
    },
    () => ({ name: conv(b, random, name, channels, channels, { dilation: 2 }), channels }),
  ];
  return activate(b, random, random.pick(blocks)());
}

function resize(b: OnnxBuilder, name: string, scale: number, mode: string): string {
  const nearest = { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return b.node('Resize', [name, '', tensor([4], [1, 1, scale, scale])], {
    mode,
    ...(mode === 'nearest' ? nearest : { coordinate_transformation_mode: 'half_pixel' }),
  });
}

/** Enlarges features to RGB by depth-to-space, or by resizing and a convolution. */
function tail(b: OnnxBuilder, random: Random, { name, channels }: Feature, scale: number): string {
  if (random.next() < 0.7) {
    const deep = conv(b, random, name, channels, 3 * scale * scale);
    return b.node('DepthToSpace', [deep], {
      blocksize: scale,
      mode: random.pick(['CRD', 'DCR']),
    });
  }
  const large = resize(b, name, scale, random.pick(['nearest', 'linear', 'cubic']));
  return conv(b, random, large, channels, 3);
}

/** A random super-resolution network as an ONNX file, with its scale. */
export function randomNetwork(random: Random): { file: Uint8Array<ArrayBuffer>; scale: number } {
  const b = new OnnxBuilder();
  const scale = random.pick([1, 2, 3, 4]);
  // A strided first layer makes the network take only multiples of two.
  const stride = scale > 1 && random.next() < 0.3 ? 2 : 1;
  let feature: Feature = { name: conv(b, random, b.input, 3, 8, { stride }), channels: 8 };
  const depth = random.integer(1, 3);
  for (let i = 0; i < depth; i++) feature = block(b, random, feature);
  let output = tail(b, random, feature, scale * stride);
  if (random.next() < 0.5) {
    const anchor = resize(b, b.input, scale, random.pick(['nearest', 'linear', 'cubic']));
    output = b.node('Add', [output, anchor]);
  }
  return { file: b.build(output), scale };
}
