/** Whether a file is the one that was meant. */
import { TesseraError } from '../errors.js';
import type { ShippedModel } from './shipped-model.js';

const STRENGTHS = ['sha256', 'sha384', 'sha512'] as const;
const HASH = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})$/;

/** Digests in base64, one of which a file must have. */
export interface Integrity {
  algorithm: 'SHA-256' | 'SHA-384' | 'SHA-512';
  digests: string[];
}

/**
 * Reads hashes as the `integrity` attribute of HTML has them, with spaces in between (W3C,
 * "Subresource Integrity"): of several the strongest counts.
 *
 * @throws TypeError.
 */
export function parseIntegrity(text: unknown): Integrity {
  const words = typeof text === 'string' ? text.split(/\s+/).filter(Boolean) : [];
  const hashes = words.map((word) => HASH.exec(word));
  const strongest = STRENGTHS.filter((name) => hashes.some((hash) => hash?.[1] === name)).at(-1);
  if (strongest === undefined || hashes.includes(null)) {
    throw new TypeError("integrity must be hashes such as 'sha384-' and the digest in base64");
  }
  const digests = hashes.flatMap((hash) => (hash?.[1] === strongest ? [hash[2] as string] : []));
  return { algorithm: strongest.replace('sha', 'SHA-') as Integrity['algorithm'], digests };
}

/** A file's digest; undefined on pages that are served neither by https nor from localhost. */
async function digest(
  algorithm: Integrity['algorithm'],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array | undefined> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  return subtle && new Uint8Array(await subtle.digest(algorithm, bytes));
}

/**
 * Checks a model against the caller's hashes.
 *
 * @param name - of the file, in messages
 * @throws TesseraError `ERR_INTEGRITY`, or `ERR_UNSUPPORTED` where the page can have no digests.
 */
export async function checkIntegrity(
  bytes: Uint8Array,
  { algorithm, digests }: Integrity,
  name: string,
): Promise<void> {
  const found = await digest(algorithm, bytes as Uint8Array<ArrayBuffer>);
  if (found === undefined) {
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'integrity cannot be checked: browsers have digests only on pages that are served by https or ' +
        'from localhost',
    );
  }
  const text = btoa(String.fromCharCode(...found));
  if (digests.includes(text)) return;
  throw new TesseraError(
    'ERR_INTEGRITY',
    `${name} is not the file that integrity names: its ${algorithm} is ${text}`,
    { details: { expected: digests.join(' '), found: text, bytes: bytes.length } },
  );
}

/**
 * Checks a shipped model against what the library knows of it; without digests its length alone.
 *
 * @throws TesseraError `ERR_INTEGRITY`.
 */
export async function checkShipped(
  bytes: Uint8Array<ArrayBuffer>,
  entry: ShippedModel,
  url: string,
): Promise<void> {
  const bytesFound = await digest('SHA-256', bytes);
  const found =
    bytesFound && [...bytesFound].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (bytes.length === entry.bytes && (found ?? entry.sha256) === entry.sha256) return;
  throw new TesseraError(
    'ERR_INTEGRITY',
    `the model ${url} is not the file that was published (${bytes.length} of ${entry.bytes} ` +
      'bytes); reload it without caches, or deploy it again as a binary file',
    { details: { url, bytes: bytes.length, expected: entry.sha256, found } },
  );
}
