/** What a value is. Unlike `instanceof`, these also hold for objects of other frames and realms. */

/** The class name that a value reports. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

export function isUrl(value: unknown): value is URL {
  return tagOf(value) === 'URL';
}

export function isBlob(value: unknown): value is Blob {
  const tag = tagOf(value);
  return tag === 'Blob' || tag === 'File';
}

/** Bytes in an array of their own; Node's `Buffer` is one too. */
export function isByteArray(value: unknown): value is Uint8Array | Uint8ClampedArray {
  const tag = tagOf(value);
  return tag === 'Uint8Array' || tag === 'Uint8ClampedArray';
}

export function isBuffer(value: unknown): value is ArrayBuffer {
  const tag = tagOf(value);
  return tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer';
}
