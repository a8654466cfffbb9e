// Halves (IEEE binary16) as bits, which Node 20 has no arrays of.

/** The bits of the nearest half; what is too large becomes the largest. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  // In steps of the last of ten bits of the mantissa; below 2^-14 the steps no longer shrink.
  const steps = Math.round(size * 2 ** (10 - exponent));
  const bits = size === 0 ? 0 : ((exponent + 14) << 10) + steps;
  return sign | Math.min(0x7bff, bits);
}

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
