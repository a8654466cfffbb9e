/** Tables of FlatBuffers files by the numbers of their fields, with every place checked before it is read. */
import { ByteBuffer } from 'flatbuffers';
import { malformed } from './failures.js';

/** Where the field of a table begins, in its list of fields. */
const FIRST_FIELD = 4;

const damaged = () =>
  malformed(
    'the .tflite file is cut off or damaged: a place in it lies outside; download it again',
  );

/** A table within a file. */
export class FlatTable {
  readonly #buffer: ByteBuffer;
  readonly #at: number;

  private constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
    this.#check(at, 4);
    const fields = at - buffer.readInt32(at);
    this.#check(fields, 4);
    this.#check(fields, buffer.readUint16(fields));
  }

  /** @throws TesseraError `ERR_MODEL_FORMAT`, as do the other methods, for a damaged file. */
  static root(bytes: Uint8Array): FlatTable {
    const buffer = new ByteBuffer(bytes);
    if (bytes.length < 8) throw damaged();
    return new FlatTable(buffer, buffer.readUint32(0));
  }

  #check(start: number, bytes: number): void {
    if (start < 0 || bytes < 0 || start + bytes > this.#buffer.capacity()) throw damaged();
  }

  /** Where a field's content is; undefined where it is left out. */
  #field(index: number, bytes: number): number | undefined {
    const offset = this.#buffer.__offset(this.#at, FIRST_FIELD + 2 * index);
    if (offset === 0) return undefined;
    this.#check(this.#at + offset, bytes);
    return this.#at + offset;
  }

  int(index: number, otherwise = 0): number {
    const field = this.#field(index, 4);
    return field === undefined ? otherwise : this.#buffer.readInt32(field);
  }

  byte(index: number, otherwise = 0): number {
    const field = this.#field(index, 1);
    return field === undefined ? otherwise : this.#buffer.readInt8(field);
  }

  float(index: number, otherwise = 0): number {
    const field = this.#field(index, 4);
    return field === undefined ? otherwise : this.#buffer.readFloat32(field);
  }

  table(index: number): FlatTable | undefined {
    const field = this.#field(index, 4);
    return field === undefined ? undefined : this.#tableAt(field);
  }

  /** The table that the offset at a place leads to. */
  #tableAt(place: number): FlatTable {
    return new FlatTable(this.#buffer, place + this.#buffer.readUint32(place));
  }

  /** Where the elements of a list begin, and how many there are. */
  #list(index: number, bytes: number): { start: number; length: number } {
    const field = this.#field(index, 4);
    if (field === undefined) return { start: 0, length: 0 };
    const list = field + this.#buffer.readUint32(field);
    this.#check(list, 4);
    const length = this.#buffer.readUint32(list);
    this.#check(list + 4, length * bytes);
    return { start: list + 4, length };
  }

  tables(index: number): FlatTable[] {
    const { start, length } = this.#list(index, 4);
    return Array.from({ length }, (_, i) => this.#tableAt(start + 4 * i));
  }

  ints(index: number): number[] {
    const { start, length } = this.#list(index, 4);
    return Array.from({ length }, (_, i) => this.#buffer.readInt32(start + 4 * i));
  }

  floats(index: number): number[] {
    const { start, length } = this.#list(index, 4);
    return Array.from({ length }, (_, i) => this.#buffer.readFloat32(start + 4 * i));
  }

  /** Whole numbers of 64 bits. */
  longs(index: number): number[] {
    const { start, length } = this.#list(index, 8);
    return Array.from({ length }, (_, i) => Number(this.#buffer.readInt64(start + 8 * i)));
  }

  /** Bytes that share the file's memory. */
  bytes(index: number): Uint8Array {
    const { start, length } = this.#list(index, 1);
    return this.#buffer.bytes().subarray(start, start + length);
  }

  text(index: number): string {
    return new TextDecoder().decode(this.bytes(index));
  }
}
