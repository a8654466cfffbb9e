/** One shipped model. */
export interface ShippedModel {
  /** Output pixels per input pixel along an edge. */
  scale: number;
  bytes: number;
  /** Of the file, in lower-case hexadecimal digits. */
  sha256: string;
  /** The file beside this library, where a bundler may have moved it. */
  beside(): URL;
}
