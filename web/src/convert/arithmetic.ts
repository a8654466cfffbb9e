/** Operators that compute number by number, and the functions that layers end with. */
import { unsupported } from './failures.js';
import { type NetworkWriter, onnxAxis, TO_SECOND, tensorOf } from './network-writer.js';
import { type AttributeValue, float, tensor } from './onnx-builder.js';
import {
  broadcast,
  type Computed,
  type Constant,
  countOf,
  permuted,
  real,
  reshaped,
  type Value,
} from './values.js';

/** A constant beside a picture: with its channels second, or as one number. */
function besidePicture(w: NetworkWriter, value: Constant): string {
  if (countOf(value.shape) === 1) return w.onnx.constant(tensorOf(reshaped(real(value), [])));
  const shape = [...Array(4 - value.shape.length).fill(1), ...value.shape];
  return w.onnx.constant(tensorOf(permuted(reshaped(real(value), shape), TO_SECOND)));
}

const hasSecond = (value: Value): boolean => value.kind === 'computed' && value.channelsSecond;

/** Two values of which the smaller is repeated along axes of extent 1. */
export function binary(w: NetworkWriter, op: string, a: Value, b: Value): Computed {
  const shape = broadcast(a.shape, b.shape);
  const integer = a.integer && b.integer;
  const fits = (value: Value) => value.kind === 'constant' || [0, 4].includes(value.shape.length);
  const channelsSecond = shape.length === 4 && (hasSecond(a) || hasSecond(b)) && fits(a) && fits(b);
  const nameOf = (value: Value) => {
    if (!channelsSecond) return w.last(value).name;
    if (value.kind === 'constant') return besidePicture(w, value);
    return value.shape.length === 4 ? w.second(value).name : value.name;
  };
  return w.node(op, [nameOf(a), nameOf(b)], {}, { shape, channelsSecond, integer });
}

/** The greatest whole number that is no more than a / b. Whole numbers are taken to be at least 0, as extents are. */
export function floorDivided(w: NetworkWriter, a: Value, b: Value): Computed {
  const quotient = binary(w, 'Div', a, b);
  return quotient.integer ? quotient : w.pointwise('Floor', quotient);
}

export const squared = (w: NetworkWriter, x: Value): Computed => binary(w, 'Mul', x, x);

export const squaredDifference = (w: NetworkWriter, a: Value, b: Value): Computed =>
  squared(w, binary(w, 'Sub', a, b));

/** 1 / sqrt(x). */
export const reciprocalRoot = (w: NetworkWriter, x: Value): Computed =>
  w.pointwise('Reciprocal', w.pointwise('Sqrt', x));

/** Several values of one shape, joined two by two. */
export function joined(w: NetworkWriter, op: string, values: readonly Value[]): Value {
  return values.reduce((sum, next) => binary(w, op, sum, next));
}

export const scalar = (value: number): Constant => ({
  ...{ kind: 'constant', shape: [], integer: false },
  values: Float32Array.of(value),
});

/** Least and greatest value; undefined: without that bound. */
export function clip(w: NetworkWriter, x: Value, least?: number, greatest?: number): Computed {
  const input = w.computed(x);
  const bound = (value: number | undefined) => (value === undefined ? '' : tensor([], [value]));
  const bounds = greatest === undefined ? [bound(least)] : [bound(least), bound(greatest)];
  return w.node('Clip', [input.name, ...bounds], {}, input);
}

export function leakyRelu(w: NetworkWriter, x: Value, slope: number): Computed {
  return w.pointwise('LeakyRelu', x, { alpha: float(slope) });
}

/** Slopes of one channel each, or one for all. */
export function prelu(w: NetworkWriter, x: Value, slopes: Value, what: string): Computed {
  const channels = slopes.shape.at(-1) ?? 1;
  if (slopes.kind !== 'constant' || countOf(slopes.shape) !== channels) {
    throw unsupported(
      `${what} has slopes of the shape [${slopes.shape.join(', ')}]: one per place of the picture`,
      'train it with one slope per channel (shared_axes=[1, 2])',
    );
  }
  const input = w.second(x);
  const data = tensorOf(reshaped(real(slopes), [channels, 1, 1]));
  return w.node('PRelu', [input.name, data], {}, input);
}

/** Numbers of an activation that layers may set. */
export interface ActivationSettings {
  alpha?: number | undefined;
}

type Activation = (w: NetworkWriter, x: Value, settings: ActivationSettings) => Value;

const named =
  (op: string, attributes: Record<string, AttributeValue> = {}): Activation =>
  (w, x) =>
    w.pointwise(op, x, attributes);

/** By the names that layers use, without underscores and in lower case. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: named('Relu'),
  relu6: (w, x) => clip(w, x, 0, 6),
  sigmoid: named('Sigmoid'),
  // Keras and TensorFlow.js: 0.2 x + 0.5, cut off at 0 and 1, as ONNX's own defaults.
  hardsigmoid: named('HardSigmoid', { alpha: float(0.2), beta: float(0.5) }),
  tanh: named('Tanh'),
  selu: named('Selu'),
  softplus: named('Softplus'),
  softsign: named('Softsign'),
  exponential: named('Exp'),
  elu: (w, x, { alpha = 1 }) => w.pointwise('Elu', x, { alpha: float(alpha) }),
  leakyrelu: (w, x, { alpha = 0.2 }) => leakyRelu(w, x, alpha),
  softmax: (w, x) => softmax(w, x, -1),
  swish: (w, x) => binary(w, 'Mul', x, w.pointwise('Sigmoid', x)),
  silu: (w, x) => binary(w, 'Mul', x, w.pointwise('Sigmoid', x)),
  mish: (w, x) => binary(w, 'Mul', x, w.pointwise('Tanh', w.pointwise('Softplus', x))),
  gelu: (w, x) => gelu(w, x, false),
};

/** x times the share of a normal distribution below it, or its approximation by tanh. */
export function gelu(w: NetworkWriter, x: Value, approximate: boolean): Value {
  const times = (a: Value, b: Value | number) =>
    binary(w, 'Mul', a, typeof b === 'number' ? scalar(b) : b);
  const cube = () => times(times(x, x), x);
  const inner = approximate
    ? w.pointwise(
        'Tanh',
        times(binary(w, 'Add', x, times(cube(), 0.044715)), Math.sqrt(2 / Math.PI)),
      )
    : w.pointwise('Erf', times(x, Math.SQRT1_2));
  return times(times(x, binary(w, 'Add', inner, scalar(1))), 0.5);
}

export function softmax(w: NetworkWriter, x: Value, axis: number): Value {
  const input = w.computed(x);
  return w.node('Softmax', [input.name], { axis: onnxAxis(input, axis, 'a softmax') }, input);
}

/**
 * @param what - such as "layer conv_1", for messages
 * @throws TesseraError `ERR_MODEL_OP` for a function that is not known.
 */
export function activate(
  w: NetworkWriter,
  x: Value,
  name: string,
  what: string,
  settings: ActivationSettings = {},
): Value {
  const activation = new Map(Object.entries(ACTIVATIONS)).get(
    name.toLowerCase().replaceAll('_', ''),
  );
  if (activation === undefined) throw unsupported(`${what} has the activation '${name}'`);
  return activation(w, x, settings);
}

/** What batch normalization is once trained. Left out: gamma 1, beta 0. */
export interface Statistics {
  gamma?: Value | undefined;
  beta?: Value | undefined;
  mean: Value;
  variance: Value;
  epsilon: number;
}

/** Of the last axis. */
export function batchNormalization(
  w: NetworkWriter,
  x: Value,
  { gamma, beta, mean, variance, epsilon }: Statistics,
  what: string,
): Computed {
  const input = w.second(x);
  const given = [gamma, beta, mean, variance];
  const channels = countOf((mean as Constant).shape);
  if (
    given.some(
      (each) => each !== undefined && (each.kind !== 'constant' || each.values.length !== channels),
    )
  ) {
    throw unsupported(`${what} has statistics that are not constants of one number per channel`);
  }
  const data = (value: Value | undefined, otherwise: number) =>
    tensor(
      [channels],
      value === undefined ? Array(channels).fill(otherwise) : (value as Constant).values,
    );
  return w.node(
    'BatchNormalization',
    [input.name, data(gamma, 1), data(beta, 0), data(mean, 0), data(variance, 1)],
    { epsilon: float(epsilon) },
    input,
  );
}
