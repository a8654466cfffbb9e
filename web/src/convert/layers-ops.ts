/** What each Keras layer is in TensorFlow's operators. */
import {
  activate,
  batchNormalization,
  binary,
  clip,
  joined,
  leakyRelu,
  prelu,
  scalar,
  softmax,
} from './arithmetic.js';
import { conv2d, dense, depthwiseConv2d, EVERY_PLACE, transposedConv2d } from './convolution.js';
import { malformed, unsupported } from './failures.js';
import type { LayerSettings } from './layer-settings.js';
import type { NetworkWriter } from './network-writer.js';
import { depthToSpace, pool, reduce, resizeBy } from './scaling.js';
import { concat, END, pad, reshape, slice, transpose } from './shaping.js';
import { type Constant, constant, type Value } from './values.js';

/** One use of a layer. */
export interface LayerUse {
  w: NetworkWriter;
  /** Such as "PixelShuffle2x". */
  kind: string;
  settings: LayerSettings;
  inputs: readonly Value[];
  /** A weight of this layer; undefined when it has none of that name. */
  weight(name: string): Constant | undefined;
}

type Handler = (use: LayerUse) => Value;

function only({ inputs, settings }: LayerUse): Value {
  if (inputs.length === 1) return inputs[0] as Value;
  throw malformed(`${settings.what} takes ${inputs.length} values, not one`);
}

function needed(use: LayerUse, name: string): Constant {
  const weight = use.weight(name);
  if (weight !== undefined) return weight;
  throw malformed(
    `${use.settings.what} has no weight '${name}' in the list of weights; download or export the model again`,
  );
}

/** Ends a layer with the function that its config names. */
const activated = ({ w, settings }: LayerUse, x: Value): Value =>
  activate(w, x, settings.activation(), settings.what);

const biasOf = (use: LayerUse): Constant | undefined =>
  use.settings.flag('use_bias', true) ? needed(use, 'bias') : undefined;

const convolution: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  const kernel = needed(use, 'kernel');
  const { what } = settings;
  return activated(use, conv2d(w, only(use), kernel, settings.window(), biasOf(use), what));
};

const depthwise: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  const kernel = needed(use, 'depthwise_kernel');
  const { what } = settings;
  return activated(
    use,
    depthwiseConv2d(w, only(use), kernel, settings.window(), biasOf(use), what),
  );
};

const separable: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  const [first, second] = [needed(use, 'depthwise_kernel'), needed(use, 'pointwise_kernel')];
  const { what } = settings;
  const each = depthwiseConv2d(w, only(use), first, settings.window(), undefined, what);
  return activated(use, conv2d(w, each, second, EVERY_PLACE, biasOf(use), what));
};

const transposed: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  if (settings.get('output_padding') !== undefined) {
    throw unsupported(`${settings.what} has output_padding`);
  }
  const kernel = needed(use, 'kernel');
  const { what } = settings;
  return activated(
    use,
    transposedConv2d(w, only(use), kernel, settings.window(), biasOf(use), what),
  );
};

const merge =
  (op: string): Handler =>
  ({ w, inputs, settings }) => {
    if (inputs.length < 2) throw malformed(`${settings.what} takes ${inputs.length} values`);
    return joined(w, op, inputs);
  };

const average: Handler = (use) =>
  binary(use.w, 'Mul', merge('Add')(use), scalar(1 / use.inputs.length));

const pooling =
  (kind: 'max' | 'average'): Handler =>
  (use) => {
    const { w, settings } = use;
    settings.checkChannelsLast();
    const kernel = settings.pair('pool_size', 2);
    const strides = settings.get('strides') === undefined ? kernel : settings.pair('strides', 2);
    const window = { strides, dilations: [1, 1], padding: settings.padding() } as const;
    return pool(w, only(use), kind, kernel, window);
  };

const globalPooling =
  (op: 'ReduceMean' | 'ReduceMax'): Handler =>
  (use) => {
    const { w, settings } = use;
    settings.checkChannelsLast();
    return reduce(w, only(use), op, [1, 2], settings.flag('keepdims', false), settings.what);
  };

/** In TensorFlow.js, places of a bilinear result lie as those of the first pixel's corner, not of its middle. */
const upSampling: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  const mode = settings.text('interpolation', 'nearest');
  if (mode !== 'nearest' && mode !== 'bilinear') {
    throw unsupported(`${settings.what} has interpolation '${mode}'`);
  }
  const sampling = { mode, alignCorners: false, halfPixelCenters: false } as const;
  return resizeBy(w, only(use), settings.pair('size', 2), sampling);
};

const relu: Handler = (use) => {
  const { w, settings } = use;
  const x = only(use);
  if (settings.number('threshold', 0) !== 0) throw unsupported(`${settings.what} has a threshold`);
  const slope = settings.number('negative_slope', 0);
  const most = settings.get('max_value') === undefined ? undefined : settings.number('max_value');
  if (slope === 0)
    return most === undefined ? activate(w, x, 'relu', settings.what) : clip(w, x, 0, most);
  const leaky = leakyRelu(w, x, slope);
  return most === undefined ? leaky : clip(w, leaky, undefined, most);
};

const normalization: Handler = (use) => {
  const { w, settings } = use;
  const x = only(use);
  const axis = settings.get('axis');
  const last = x.shape.length - 1;
  const along = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  if (along !== undefined && along !== -1 && along !== last) {
    throw unsupported(`${settings.what} normalizes axis ${JSON.stringify(axis)}`);
  }
  const statistics = {
    gamma: settings.flag('scale', true) ? needed(use, 'gamma') : undefined,
    beta: settings.flag('center', true) ? needed(use, 'beta') : undefined,
    mean: needed(use, 'moving_mean'),
    variance: needed(use, 'moving_variance'),
    epsilon: settings.number('epsilon', 1e-3),
  };
  return batchNormalization(w, x, statistics, settings.what);
};

const zeroPadding: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  const [down, across] = settings.margins('padding');
  const amounts = [[0, 0], down, across, [0, 0]] as const;
  return pad(w, only(use), amounts, { mode: 'constant', value: 0 }, settings.what);
};

const cropping: Handler = (use) => {
  const { w, settings } = use;
  settings.checkChannelsLast();
  const [down, across] = settings.margins('cropping');
  const ends = [down[1], across[1]].map((amount) => (amount === 0 ? END : -amount));
  return slice(w, only(use), {
    starts: [0, down[0], across[0], 0],
    ends: [END, ...ends, END],
    steps: [1, 1, 1, 1],
  });
};

const flattened: Handler = (use) => {
  const x = only(use);
  return reshape(use.w, x, constant([2], [1, -1], { integer: true }), use.settings.what);
};

const reshaping: Handler = (use) => {
  const { w, settings } = use;
  const wanted = [1, ...settings.list('target_shape')];
  return reshape(w, only(use), constant([wanted.length], wanted, { integer: true }), settings.what);
};

const permuting: Handler = (use) => {
  const { w, settings } = use;
  return transpose(w, only(use), [0, ...settings.list('dims')], settings.what);
};

const fullyConnected: Handler = (use) => {
  const kernel = needed(use, 'kernel');
  return activated(use, dense(use.w, only(use), kernel, biasOf(use), use.settings.what));
};

const rescaling: Handler = (use) => {
  const { w, settings } = use;
  const times = binary(w, 'Mul', only(use), scalar(settings.number('scale', 1)));
  return binary(w, 'Add', times, scalar(settings.number('offset', 0)));
};

const refusedLambda: Handler = ({ settings }) => {
  throw unsupported(
    `${settings.what} is a function in Python that the file does not hold`,
    'put a layer in its place (Rescaling, Add, UpSampling2D), or export the model as ONNX with tf2onnx',
  );
};

/** UpscalerJS's: the residual scaling of ESRGAN. */
const MULTIPLY_BETA = 0.2;

/** By class name. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  Conv2D: convolution,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  Conv2DTranspose: transposed,
  Dense: fullyConnected,
  Activation: (use) => activated(use, only(use)),
  ReLU: relu,
  LeakyReLU: (use) => leakyRelu(use.w, only(use), use.settings.number('alpha', 0.3)),
  PReLU: (use) => prelu(use.w, only(use), needed(use, 'alpha'), use.settings.what),
  ELU: (use) =>
    activate(use.w, only(use), 'elu', use.settings.what, {
      alpha: use.settings.number('alpha', 1),
    }),
  Softmax: (use) => softmax(use.w, only(use), use.settings.number('axis', -1)),
  BatchNormalization: normalization,
  Add: merge('Add'),
  Multiply: merge('Mul'),
  Subtract: merge('Sub'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Average: average,
  Concatenate: ({ w, inputs, settings }) =>
    concat(w, inputs, settings.number('axis', -1), settings.what),
  UpSampling2D: upSampling,
  MaxPooling2D: pooling('max'),
  AveragePooling2D: pooling('average'),
  GlobalAveragePooling2D: globalPooling('ReduceMean'),
  GlobalMaxPooling2D: globalPooling('ReduceMax'),
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  Flatten: flattened,
  Reshape: reshaping,
  Permute: permuting,
  Rescaling: rescaling,
  Lambda: refusedLambda,
  TFOpLambda: refusedLambda,
  TensorFlowOpLayer: refusedLambda,
  // Those that do nothing once a network is trained.
  Dropout: only,
  SpatialDropout2D: only,
  GaussianNoise: only,
  GaussianDropout: only,
  AlphaDropout: only,
  ActivityRegularization: only,
  // Those that UpscalerJS's packages register.
  MultiplyBeta: (use) =>
    binary(use.w, 'Mul', only(use), scalar(use.settings.number('beta', MULTIPLY_BETA))),
};

/** UpscalerJS registers one class for each factor: PixelShuffle2x and so on. */
const PIXEL_SHUFFLE = /^PixelShuffle(\d+)x$/;

/** @throws TesseraError `ERR_MODEL_OP` for a layer that has no form here. */
export function convertLayer(use: LayerUse): Value {
  const { kind, settings } = use;
  const block = PIXEL_SHUFFLE.exec(kind)?.[1];
  if (block !== undefined) return depthToSpace(use.w, only(use), Number(block), settings.what);
  const handler = new Map(Object.entries(HANDLERS)).get(kind);
  if (handler !== undefined) return handler(use);
  throw unsupported(
    `${settings.what} is of a class that is not TensorFlow.js's own`,
    'put ordinary layers in its place, or export the model as ONNX with tf2onnx',
  );
}
