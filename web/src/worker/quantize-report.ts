/** What the quantizer is told, and what it says of its work. */

/** How a network is to be quantized. */
export interface QuantizeSettings {
  /** 7 or 8. */
  weightBits: number;
  /** Try cross-layer equalization. */
  equalize: boolean;
  /** Try rounding weights so that their errors cancel. */
  compensate: boolean;
  /** Try bias correction. */
  correctBias: boolean;
  /** Cut rare values off where the rest gains more. */
  clipRanges: boolean;
}

/** One tensor that is rounded to codes. */
export interface QuantizedTensor {
  /** The node that computes it. */
  node: string;
  scale: number;
  zeroPoint: number;
  /** Decibels: its energy over that of its difference from the float network. */
  sqnr: number;
}

/** What quantizing did. */
export interface QuantizeReport {
  /** Images that ranges and biases were found on. */
  images: number;
  /** Images that the result was judged by, if any. */
  heldOut: number;
  convolutions: number;
  equalization: 'none' | 'weights' | 'activations';
  compensated: boolean;
  biasCorrected: boolean;
  /** Decibels, of the output against the float network's. */
  psnr: number;
  tensors: QuantizedTensor[];
}
