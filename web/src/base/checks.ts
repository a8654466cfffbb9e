/** Checks of arguments. Each throws a TypeError or RangeError that names the argument. */

/** Checks that a value is a whole number of at least `least`. */
export function checkInteger(name: string, value: unknown, least: number): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`);
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number of at least ${least}, not ${value}`);
  }
  return value;
}

/** Checks that a value is a number above 0. */
export function checkPositive(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`);
  if (!(value > 0)) throw new RangeError(`${name} must be positive, not ${value}`);
  return value;
}

/** Checks that a value is one of a list. */
export function checkOneOf<T extends string>(
  name: string,
  value: string,
  allowed: readonly T[],
): T {
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  throw new RangeError(`${name} must be one of ${allowed.join(', ')}, not '${value}'`);
}

/** Checks that a value is a function, or undefined. */
export function checkFunction<T>(name: string, value: T): T {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${name} must be a function`);
  }
  return value;
}

/** Checks that a value is an AbortSignal, or undefined. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw new TypeError('signal must be an AbortSignal');
  }
  return signal;
}
