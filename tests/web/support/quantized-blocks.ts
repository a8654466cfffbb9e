// What lies between the first and the last layer of random quantized networks.
import { tensor } from './onnx-builder.ts';
import type { Feature, Sketch } from './quantized-layers.ts';

// Odd counts and counts around the widths of vectors.
const WIDTHS = [1, 3, 5, 7, 8, 10, 12, 16, 24, 28, 32, 33, 48, 64, 70];
// Multiplications per pixel that a test can afford in one layer.
const MOST_WORK = 40_000;

type Block = (sketch: Sketch, input: Feature) => Feature;

/** A channel count for a layer of this kernel that stays affordable. */
function width({ random }: Sketch, input: Feature, kernel: number): number {
  const affordable = WIDTHS.filter((n) => n * input.channels * kernel * kernel <= MOST_WORK);
  return random.pick(affordable);
}

function plain(sketch: Sketch, input: Feature): Feature {
  const kernel = sketch.random.pick([1, 3, 5, 7, 9]);
  return sketch.layer(input, width(sketch, input, kernel), { kernel });
}

function dilated(sketch: Sketch, input: Feature): Feature {
  return sketch.layer(input, width(sketch, input, 3), { dilation: 2 });
}

/** Convolution, sum with the input, and the activation before or after the sum. */
function residual(sketch: Sketch, input: Feature): Feature {
  const { channels } = input;
  const kernel = channels > 40 ? 1 : 3;
  const activatedFirst = sketch.random.next() < 0.5;
  let branch = sketch.conv(input, channels, { kernel, gain: sketch.random.pick([0.3, 1]) });
  if (activatedFirst) branch = sketch.activate(branch);
  const branchName = sketch.quantizeBetween(branch.name);
  const inputs = [input.name, branchName];
  if (sketch.random.next() < 0.5) inputs.reverse();
  let sum: Feature = { name: sketch.node('Add', inputs), channels };
  if (!activatedFirst) sum = sketch.activate(sum);
  return { name: sketch.quantize(sum.name), channels };
}

/** A residual block of two layers. */
function deepResidual(sketch: Sketch, input: Feature): Feature {
  const { channels } = input;
  const inner = sketch.layer(input, 12, { kernel: channels > 40 ? 1 : 3 });
  const branch = sketch.conv(inner, channels);
  const sum = sketch.node('Add', [sketch.quantizeBetween(branch.name), input.name]);
  return { name: sketch.quantize(sum), channels };
}

/** The input beside new features, with one quantization for both, or one after the Concat. */
function dense(sketch: Sketch, input: Feature): Feature {
  const growth = sketch.random.pick([3, 6, 8]);
  const channels = input.channels + growth;
  const grown = sketch.activate(sketch.conv(input, growth));
  if (sketch.random.next() < 0.5) {
    const [a, b] = sketch.quantizeAlike([input.name, grown.name]) as [string, string];
    return { name: sketch.move('Concat', [a, b], { axis: 1 }), channels };
  }
  const joined = sketch.node('Concat', [input.name, sketch.quantize(grown.name)], { axis: 1 });
  return { name: sketch.quantize(joined), channels };
}

/** Each channel on its own, then all together. */
function depthwise(sketch: Sketch, input: Feature): Feature {
  const kernel = sketch.random.pick([3, 3, 5]);
  const own = sketch.layer(input, input.channels, { groups: input.channels, kernel });
  return sketch.layer(own, width(sketch, own, 1), { kernel: 1 });
}

function grouped(sketch: Sketch, input: Feature): Feature {
  const groups = sketch.random.pick([2, 4]);
  const even = sketch.layer(input, groups * sketch.random.pick([3, 4, 8]), { kernel: 1 });
  return sketch.layer(even, groups * sketch.random.pick([1, 5, 8]), { groups });
}

/** Down by a stride of 2, and up again by a shuffle. */
function hourglass(sketch: Sketch, input: Feature): Feature {
  const small = sketch.layer(input, width(sketch, input, 3), { stride: 2 });
  const channels = sketch.random.pick([3, 5, 8]);
  const deep = sketch.layer(small, 4 * channels, { kernel: 1 });
  return sketch.shuffle(deep, 2, sketch.random.pick(['CRD', 'DCR'] as const));
}

/** Up by a resize, and down again by a stride of 2. */
function magnified(sketch: Sketch, input: Feature): Feature {
  const mode = sketch.random.pick(['nearest', 'linear'] as const);
  const large = sketch.enlarge(input.name, 2, mode);
  const name = mode === 'linear' ? sketch.quantize(large) : large;
  return sketch.layer({ name, channels: input.channels }, 8, { stride: 2 });
}

/** The product of two branches. */
function product(sketch: Sketch, input: Feature): Feature {
  const { channels } = input;
  const factor = sketch.quantize(sketch.conv(input, channels, { kernel: 1 }).name);
  return { name: sketch.quantize(sketch.node('Mul', [input.name, factor])), channels };
}

/** The product with a gate. */
function gated(sketch: Sketch, input: Feature): Feature {
  const { channels } = input;
  const logits = sketch.quantize(sketch.conv(input, channels, { kernel: 1 }).name);
  const gate = sketch.quantize(sketch.node('Sigmoid', [logits]));
  return { name: sketch.quantize(sketch.node('Mul', [gate, input.name])), channels };
}

/** The product of a sum with a gate of one of its terms, rounded once, as in SPAN. */
function attended(sketch: Sketch, input: Feature): Feature {
  const { channels } = input;
  const width = sketch.random.pick([1, channels]);
  const term = sketch.quantize(sketch.conv(input, width, { kernel: 1 }).name);
  const half = sketch.builder.constant(tensor([], [0.5]));
  const gate = sketch.node('Sub', [sketch.node('Sigmoid', [term]), half]);
  const product = sketch.node('Mul', [sketch.node('Add', [input.name, term]), gate]);
  return { name: sketch.quantize(product), channels };
}

/** A function of each value on its own, which the core may turn into a table. */
function elementwise(write: (sketch: Sketch, x: string) => string): Block {
  return (sketch, input) => {
    const { channels } = input;
    const x = sketch.quantize(sketch.conv(input, channels, { kernel: 1, gain: 2 }).name);
    return { name: sketch.quantize(write(sketch, x)), channels };
  };
}

const sigmoid = elementwise((sketch, x) => sketch.node('Sigmoid', [x]));
const tanh = elementwise((sketch, x) => sketch.node('Tanh', [x]));
const gelu = elementwise((sketch, x) => sketch.node('Gelu', [x]));
const silu = elementwise((sketch, x) =>
  sketch.node('Mul', [x, sketch.quantizeBetween(sketch.node('Sigmoid', [x]))]),
);
const scaled = elementwise((sketch, x) =>
  sketch.node('Mul', [x, sketch.builder.constant(tensor([], [0.37]))]),
);

const BLOCKS: readonly Block[] = [
  ...[plain, dilated, residual, deepResidual, dense, depthwise, grouped, hourglass, magnified],
  ...[product, gated, attended, sigmoid, tanh, gelu, silu, scaled],
];

/** A random block, or the one that `kind` stands for; its output is quantized. */
export function addBlock(sketch: Sketch, input: Feature, kind?: number): Feature {
  const block = kind === undefined ? sketch.random.pick(BLOCKS) : BLOCKS[kind % BLOCKS.length];
  return (block as Block)(sketch, input);
}
