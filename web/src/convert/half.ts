/** Halves (IEEE binary16) as bits, which not every host has an array of. */

const float = new Float32Array(1);
const bitsOf = new Uint32Array(float.buffer);

const LARGEST = 0x7bff;

/** The bits of the nearest half, of two the even one; what is too large becomes the largest. */
export function toHalf(value: number): number {
  float[0] = value;
  const bits = bitsOf[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = (bits & 0x7fffff) | 0x800000;
  // Below 2^-14 the steps no longer shrink, so that more digits are cut.
  const cut = exponent > 0 ? 13 : 14 - exponent;
  if (cut > 25) return sign;
  const kept = mantissa >>> cut;
  const rest = mantissa & ((1 << cut) - 1);
  const tie = 1 << (cut - 1);
  const rounded = rest > tie || (rest === tie && kept % 2 === 1) ? kept + 1 : kept;
  const whole = exponent > 0 ? ((exponent - 1) << 10) + rounded : rounded;
  return sign | Math.min(whole, LARGEST);
}

/** The number that a half's bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
