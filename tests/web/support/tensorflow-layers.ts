// Layers models of TensorFlow.js: one for each kind of layer and setting that is converted.
import { layers, tf } from './tensorflow.ts';

type Symbolic = ReturnType<typeof layers.input>;
export type Build = (x: Symbolic) => Symbolic;

/** UpscalerJS's own layers, as its packages register them. */
class MultiplyBeta extends layers.layers.Layer {
  static className = 'MultiplyBeta';
  constructor() {
    super({});
  }
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    return tf.mul(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs, 0.2);
  }
}

tf.serialization.registerClass(MultiplyBeta);

/** One class for each factor. */
function pixelShuffle(factor: number) {
  class PixelShuffle extends layers.layers.Layer {
    static className = `PixelShuffle${factor}x`;
    constructor() {
      super({});
    }
    override computeOutputShape(shape: layers.Shape | layers.Shape[]): layers.Shape {
      const [batch, rows, columns] = shape as [null, null, null];
      return [batch, rows, columns, 3];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      return tf.depthToSpace(input as tf.Tensor4D, factor, 'NHWC');
    }
  }
  tf.serialization.registerClass(PixelShuffle);
  return PixelShuffle;
}

const [PixelShuffle2x] = [2, 3, 4, 8].map(pixelShuffle) as [ReturnType<typeof pixelShuffle>];

const L = layers.layers;
const apply = (layer: layers.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic;
/** A convolution of four channels. */
export const conv = (x: Symbolic, settings: object = {}) =>
  apply(L.conv2d({ filters: 4, kernelSize: 3, padding: 'same', ...settings }), x);
const both = (layer: layers.layers.Layer) => (x: Symbolic) =>
  apply(layer, [conv(x), conv(x, { kernelSize: 1 })]);
/** Channels scaled by what is made of their means, as in RCAN. */
export const attention: Build = (x) => {
  const features = conv(x);
  const means = apply(L.globalAveragePooling2d({}), features);
  const squeezed = apply(L.dense({ units: 2, activation: 'relu' }), means);
  const gates = apply(L.dense({ units: 4, activation: 'sigmoid' }), squeezed);
  return apply(L.multiply(), [features, apply(L.reshape({ targetShape: [1, 1, 4] }), gates)]);
};
const inner: Build = (x) => {
  const within = layers.sequential({
    layers: [
      L.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [null, null, 3] }),
      L.reLU({}),
    ],
  });
  return within.apply(x) as Symbolic;
};
const shared: Build = (x) => {
  const layer = L.conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
  return apply(layer, apply(layer, x));
};

const ACTIVATIONS = [
  ...['relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign', 'tanh'],
  ...['linear', 'swish', 'mish', 'softmax'],
] as const;

/** By what is special about them: what is made of a picture of three channels. */
export const LAYER_CASES: Readonly<Record<string, Build>> = {
  'Conv2D, valid': (x) => conv(x, { padding: 'valid' }),
  'Conv2D of an even kernel': (x) => conv(x, { kernelSize: [2, 4] }),
  'Conv2D, dilated': (x) => conv(x, { dilationRate: 2 }),
  'Conv2D without a bias': (x) => conv(x, { useBias: false, activation: 'relu' }),
  'Conv2D, strided, and back': (x) =>
    apply(L.upSampling2d({ size: [2, 2] }), conv(x, { strides: 2, kernelSize: 3 })),
  DepthwiseConv2D: (x) =>
    apply(L.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2 }), x),
  SeparableConv2D: (x) =>
    apply(L.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same' }), x),
  'Conv2DTranspose, same': (x) =>
    apply(L.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }), x),
  'Conv2DTranspose of a kernel of four': (x) =>
    apply(L.conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: 'same' }), x),
  'Conv2DTranspose of a small kernel': (x) =>
    apply(L.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 3, padding: 'same' }), x),
  PReLU: (x) => apply(L.prelu({ sharedAxes: [1, 2] }), conv(x)),
  LeakyReLU: (x) => apply(L.leakyReLU({ alpha: 0.1 }), conv(x)),
  'ReLU with a bound': (x) => apply(L.reLU({ maxValue: 0.4 }), conv(x)),
  ELU: (x) => apply(L.elu({}), conv(x)),
  'BatchNormalization and Dropout': (x) =>
    apply(L.dropout({ rate: 0.5 }), apply(L.batchNormalization({ axis: -1 }), conv(x))),
  Add: both(L.add()),
  Multiply: both(L.multiply()),
  Average: both(L.average()),
  Maximum: both(L.maximum()),
  Minimum: both(L.minimum()),
  Concatenate: both(L.concatenate({ axis: -1 })),
  'UpSampling2D, nearest': (x) => apply(L.upSampling2d({ size: [3, 3] }), conv(x)),
  'UpSampling2D, bilinear': (x) =>
    apply(L.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }), x),
  'MaxPooling2D and back': (x) =>
    apply(L.upSampling2d({ size: [2, 2] }), apply(L.maxPooling2d({ poolSize: 2 }), conv(x))),
  'AveragePooling2D, same': (x) =>
    apply(L.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), conv(x)),
  'ZeroPadding2D and Cropping2D': (x) =>
    apply(
      L.cropping2D({
        cropping: [
          [1, 2],
          [3, 1],
        ],
      }),
      apply(
        L.zeroPadding2d({
          padding: [
            [2, 1],
            [2, 2],
          ],
        }),
        x,
      ),
    ),
  'channel attention': attention,
  'a model within': inner,
  'a layer used twice': shared,
  'MultiplyBeta and PixelShuffle2x': (x) =>
    apply(new PixelShuffle2x(), apply(new MultiplyBeta(), conv(x, { filters: 12 }))),
  ...Object.fromEntries(
    ACTIVATIONS.map((name): [string, Build] => [
      `activation ${name}`,
      (x) => apply(L.activation({ activation: name }), conv(x)),
    ]),
  ),
};
