/** Sets metadata of an ONNX file. All else is copied as it is, byte for byte. */
import { TesseraError } from '../src/errors.js';
import type { Metadata } from '../src/load/picture-options.js';

// Of ModelProto and StringStringEntryProto.
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

// Protobuf's wire types.
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface Field {
  number: number;
  /** Where it begins, with its tag. */
  start: number;
  end: number;
  /** The content of a field of bytes. */
  content: Uint8Array;
}

function damaged(): TesseraError {
  return new TesseraError(
    'ERR_MODEL_FORMAT',
    'this is no ONNX file: a field is cut off or unknown',
  );
}

/** Reads a varint of at most 53 bits; returns it and where it ends. */
function readVarint(bytes: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return [value, start + i + 1];
  }
  throw damaged();
}

/** The end of a varint of any length. */
function skipVarint(bytes: Uint8Array, start: number): number {
  for (let i = start; i < Math.min(bytes.length, start + 10); i++) {
    if ((bytes[i] as number) < 0x80) return i + 1;
  }
  throw damaged();
}

function readField(bytes: Uint8Array, start: number): Field {
  const [tag, at] = readVarint(bytes, start);
  const number = Math.floor(tag / 8);
  const type = tag % 8;
  let first = at;
  let end: number;
  if (type === VARINT) end = skipVarint(bytes, at);
  else if (type === FIXED64) end = at + 8;
  else if (type === FIXED32) end = at + 4;
  else if (type === BYTES) {
    const [length, content] = readVarint(bytes, at);
    first = content;
    end = content + length;
  } else throw damaged();
  if (end > bytes.length) throw damaged();
  return { number, start, end, content: bytes.subarray(first, end) };
}

function fields(bytes: Uint8Array): Field[] {
  const list: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const field = readField(bytes, at);
    list.push(field);
    at = field.end;
  }
  return list;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

function bytesField(number: number, content: readonly number[] | Uint8Array): number[] {
  return [...varint(number * 8 + BYTES), ...varint(content.length), ...content];
}

function entry(key: string, value: string): number[] {
  const text = (string: string) => new TextEncoder().encode(string);
  return bytesField(METADATA_PROPS, [
    ...bytesField(KEY, text(key)),
    ...bytesField(VALUE, text(value)),
  ]);
}

function keyOf(content: Uint8Array): string {
  const key = fields(content).find(({ number }) => number === KEY);
  return key === undefined ? '' : new TextDecoder().decode(key.content);
}

/**
 * Returns the file with entries set, in place of those that have the same keys.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT` when it is no protobuf message.
 */
export function withMetadata(file: Uint8Array, metadata: Metadata): Uint8Array {
  const kept = fields(file).filter(
    ({ number, content }) => number !== METADATA_PROPS || !(keyOf(content) in metadata),
  );
  const added = Object.entries(metadata).flatMap(([key, value]) => entry(key, value));
  const length = kept.reduce((sum, { start, end }) => sum + end - start, added.length);
  const result = new Uint8Array(length);
  let at = 0;
  for (const { start, end } of kept) {
    result.set(file.subarray(start, end), at);
    at += end - start;
  }
  result.set(added, at);
  return result;
}
