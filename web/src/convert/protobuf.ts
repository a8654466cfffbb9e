/**
 * Protocol buffers by tables of fields. No library: those make code from strings, which the
 * Content-Security-Policy of a page may forbid.
 */
import { TesseraError } from '../errors.js';

/** What a field holds; a table means a message. */
type FieldKind = 'int' | 'float' | 'double' | 'text' | 'bytes' | MessageTable;

interface Field {
  /** Its number on the wire. */
  readonly number: number;
  readonly kind: FieldKind;
  readonly repeated?: boolean;
}

/** The fields of a message, by name. Others are skipped when it is read. */
export interface MessageTable {
  readonly [name: string]: Field;
}

/** The fields of one message that are there. Whole numbers beyond 2^53 lose their last digits. */
export type Message = Readonly<Record<string, unknown>>;

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

// Messages within messages: more is no model, and would end in an overflow of the stack.
const DEEPEST = 64;

function malformed(): TesseraError {
  return new TesseraError(
    'ERR_MODEL_FORMAT',
    'this is no ONNX file, or it is damaged: a field is cut off or unknown; download or export it again',
  );
}

/** Gathers bytes. */
class Writer {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }

  /** A whole number; negative ones as 64 bits of two's complement. */
  varint(value: number): void {
    let rest = value < 0 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
    for (; rest >= 0x80n; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80);
    this.#byte(Number(rest));
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

const wireType = (kind: FieldKind): number => {
  if (kind === 'int') return WIRE.varint;
  if (kind === 'float') return WIRE.fixed32;
  return kind === 'double' ? WIRE.fixed64 : WIRE.bytes;
};

/** The bytes of what has no length in front of it. */
function numberBytes(kind: 'float' | 'double', value: number): Uint8Array {
  return new Uint8Array((kind === 'float' ? Float32Array : Float64Array).of(value).buffer);
}

function contentOf(kind: FieldKind, value: unknown): Uint8Array {
  if (kind === 'text') return new TextEncoder().encode(value as string);
  if (kind === 'bytes') return value as Uint8Array;
  return encode(kind as MessageTable, value as Message);
}

function writeValue(writer: Writer, { number, kind }: Field, value: unknown): void {
  writer.varint(number * 8 + wireType(kind));
  if (kind === 'int') {
    writer.varint(value as number);
  } else if (kind === 'float' || kind === 'double') {
    writer.raw(numberBytes(kind, value as number));
  } else {
    const content = contentOf(kind, value);
    writer.varint(content.length);
    writer.raw(content);
  }
}

/** Writes the fields that are there, in the order of the table. */
export function encode(table: MessageTable, message: Message): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  for (const [name, field] of Object.entries(table)) {
    const value = message[name];
    if (value === undefined) continue;
    const values = field.repeated ? (value as readonly unknown[]) : [value];
    for (const each of values) writeValue(writer, field, each);
  }
  return writer.finish();
}

/** Goes over the bytes of one message. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    const start = this.#at;
    let value = 0;
    for (let factor = 1; this.#at < Math.min(this.#bytes.length, start + 10); factor *= 0x80) {
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * factor;
      // Negative numbers are 64 bits of two's complement, which a sum of floats rounds.
      if (byte < 0x80) return value < 2 ** 53 ? value : this.#long(start);
    }
    throw malformed();
  }

  #long(start: number): number {
    let value = 0n;
    for (let i = this.#at - 1; i >= start; i--) {
      value = (value << 7n) | BigInt((this.#bytes[i] as number) & 0x7f);
    }
    return Number(BigInt.asIntN(64, value));
  }

  raw(count: number): Uint8Array {
    if (count < 0 || count > this.#bytes.length - this.#at) throw malformed();
    const start = this.#at;
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }

  /** What a field of this type on the wire holds: a number, or bytes. */
  content(type: number): number | Uint8Array {
    if (type === WIRE.varint) return this.varint();
    if (type === WIRE.fixed64) return this.raw(8);
    if (type === WIRE.fixed32) return this.raw(4);
    if (type === WIRE.bytes) return this.raw(this.varint());
    throw malformed();
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Numbers that lie one after the other without tags. */
function packed(kind: 'int' | 'float' | 'double', bytes: Uint8Array): number[] {
  if (kind === 'int') {
    const reader = new Reader(bytes);
    const values: number[] = [];
    while (!reader.atEnd) values.push(reader.varint());
    return values;
  }
  const size = kind === 'float' ? 4 : 8;
  if (bytes.length % size !== 0) throw malformed();
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / size }, (_, i) =>
    kind === 'float' ? view.getFloat32(i * size, true) : view.getFloat64(i * size, true),
  );
}

function readValues(kind: FieldKind, content: number | Uint8Array, depth: number): unknown[] {
  if (typeof content === 'number') {
    if (kind !== 'int') throw malformed();
    return [content];
  }
  if (kind === 'int' || kind === 'float' || kind === 'double') return packed(kind, content);
  if (kind === 'text') return [new TextDecoder().decode(content)];
  if (kind === 'bytes') return [content];
  return [decodeWithin(kind, content, depth + 1)];
}

function decodeWithin(table: MessageTable, bytes: Uint8Array, depth: number): Message {
  if (depth > DEEPEST) throw malformed();
  const fields = new Map(
    Object.entries(table).map(([name, field]) => [field.number, { name, field }]),
  );
  const message: Record<string, unknown> = {};
  const reader = new Reader(bytes);
  while (!reader.atEnd) {
    const tag = reader.varint();
    const content = reader.content(tag % 8);
    const known = fields.get(Math.floor(tag / 8));
    if (known === undefined) continue;
    const { name, field } = known;
    const values = readValues(field.kind, content, depth);
    if (!field.repeated) message[name] = values.at(-1);
    else {
      message[name] ??= [];
      for (const value of values) (message[name] as unknown[]).push(value);
    }
  }
  return message;
}

/**
 * Reads a message; bytes within it share the memory of `bytes`.
 *
 * @throws TesseraError `ERR_MODEL_FORMAT` when it is cut off or no message.
 */
export function decode(table: MessageTable, bytes: Uint8Array): Message {
  return decodeWithin(table, bytes, 0);
}
