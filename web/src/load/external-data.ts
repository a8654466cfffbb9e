/** Which files beside it an ONNX model keeps its weights in. The core reads them; this finds them. */

// Numbers of fields: ModelProto.graph, GraphProto.node and .initializer, NodeProto.attribute,
// AttributeProto.t, TensorProto.external_data, and the key and value of an entry.
const PATHS = [
  [7, 5, 13],
  [7, 1, 5, 5, 13],
] as const;
const KEY = 1;
const VALUE = 2;

/** The contents of the length-delimited fields of that number; nothing more once bytes are wrong. */
function* contents(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; at < message.length; shift += 7) {
      const byte = message[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = varint();
      if (length > message.length - at) return;
      if (Math.floor(tag / 8) === wanted) yield message.subarray(at, at + length);
      at += length;
    } else return;
  }
}

function* follow(message: Uint8Array, path: readonly number[]): Generator<Uint8Array> {
  const [first, ...rest] = path;
  if (first === undefined) yield message;
  else for (const inner of contents(message, first)) yield* follow(inner, rest);
}

function text(message: Uint8Array, field: number): string {
  for (const content of contents(message, field)) return new TextDecoder().decode(content);
  return '';
}

/** The names of those files as the model says them, each once. */
export function externalLocations(model: Uint8Array): string[] {
  const names = new Set<string>();
  for (const path of PATHS) {
    for (const entry of follow(model, path)) {
      if (text(entry, KEY) === 'location') names.add(text(entry, VALUE));
    }
  }
  return [...names];
}

/**
 * The address of such a file beside the model's, or undefined: for a model that has no folder, and
 * for a name that leads out of it.
 */
export function besideModel(location: string, modelUrl: string): string | undefined {
  const parts = location.replaceAll('\\', '/').split('/');
  if (location === '' || parts[0] === '' || parts.includes('..') || location.includes(':')) {
    return undefined;
  }
  const relative = parts.map(encodeURIComponent).join('/');
  try {
    return new URL(relative, modelUrl).href;
  } catch {
    return undefined;
  }
}
