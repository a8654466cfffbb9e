/** What a file is, by its first bytes. */

/** A kind of file. */
export interface FileKind {
  /** With its article, as in "a PNG picture". */
  name: string;
  /** `picture`: every browser decodes it. `foreign`: some or none do. `other`: no picture at all. */
  sort: 'picture' | 'foreign' | 'other';
  /** What to do about it. */
  advice: string;
  /** Its MIME type, of a picture that browsers decode. */
  type?: string;
}

/** How many bytes {@link fileKind} looks at. */
export const HEAD_BYTES = 1024;

const CONVERT = 'convert it to PNG, JPEG or WebP first';
const DAMAGED = 'it is damaged or cut short';
const UNPACK = 'unpack it, and pass a picture of it';
const WRONG_FILE = 'pass a picture';

const picture = (name: string, type: string): FileKind => ({
  name,
  sort: 'picture',
  advice: DAMAGED,
  type,
});
const foreign = (name: string): FileKind => ({ name, sort: 'foreign', advice: CONVERT });
const other = (name: string, advice = WRONG_FILE): FileKind => ({ name, sort: 'other', advice });

/** Only image elements draw it. */
export const SVG = foreign('an SVG drawing');

// Kinds that begin with fixed bytes. A dot stands for any byte.
const SIGNATURES: [start: string, kind: FileKind][] = [
  ['\x89PNG\r\n\x1a\n', picture('a PNG picture', 'image/png')],
  ['\xff\xd8\xff', picture('a JPEG picture', 'image/jpeg')],
  ['GIF8', picture('a GIF picture', 'image/gif')],
  ['RIFF....WEBP', picture('a WebP picture', 'image/webp')],
  ['BM', picture('a BMP picture', 'image/bmp')],
  ['\0\0\x01\0', picture('an icon (ICO)', 'image/x-icon')],
  ['II*\0', foreign('a TIFF picture or a raw file of a camera')],
  ['MM\0*', foreign('a TIFF picture or a raw file of a camera')],
  ['II+\0', foreign('a BigTIFF picture')],
  ['MM\0+', foreign('a BigTIFF picture')],
  ['FUJIFILMCCD-RAW', foreign('a raw file of a camera')],
  ['\xff\x0a', foreign('a JPEG XL picture')],
  ['\0\0\0\x0cJXL ', foreign('a JPEG XL picture')],
  ['\0\0\0\x0cjP  ', foreign('a JPEG 2000 picture')],
  ['\xff\x4f\xff\x51', foreign('a JPEG 2000 picture')],
  ['8BPS', foreign('a Photoshop file')],
  ['v/1\x01', foreign('an OpenEXR picture')],
  ['#?RADIANCE', foreign('a Radiance HDR picture')],
  ['qoif', foreign('a QOI picture')],
  ['farbfeld', foreign('a farbfeld picture')],
  ['DDS ', foreign('a DDS texture')],
  ['\xabKTX ', foreign('a KTX texture')],
  ['gimp xcf', foreign('a GIMP file')],
  ['%PDF', other('a PDF document')],
  ['PK\x03\x04', other('a zip archive', UNPACK)],
  ['PK\x05\x06', other('an empty zip archive')],
  ['\x1f\x8b', other('a gzip file', UNPACK)],
  ['BZh', other('a bzip2 file', UNPACK)],
  ['\xfd7zXZ', other('an xz file', UNPACK)],
  ['\x28\xb5\x2f\xfd', other('a Zstandard file', UNPACK)],
  ['7z\xbc\xaf\x27\x1c', other('a 7z archive', UNPACK)],
  ['Rar!', other('a RAR archive', UNPACK)],
  ['\x1aE\xdf\xa3', other('a Matroska or WebM film', 'pass a video element that shows it')],
  ['\0asm', other('a WebAssembly module')],
  ['SQLite format', other('a database')],
  [
    'version https://git-lfs.github.com/',
    other('a pointer of Git LFS', 'fetch the file itself (git lfs pull), and deploy that'),
  ],
];

// The brand in an ISO media file's first box says which of many formats it is.
const BRANDS: [brand: RegExp, kind: FileKind][] = [
  [/^avi[fs]/, { ...foreign('an AVIF picture'), type: 'image/avif' }],
  [/^(hei[cxms]|hev[cx]|mif1|msf1)/, foreign('a HEIC picture')],
  [/^crx /, foreign('a raw file of a camera')],
  [/^/, other('a film (MP4 or QuickTime)', 'pass a video element that shows it')],
];

// Kinds made of text, without what may come before it: see `plain`.
const TEXTS: [start: RegExp, kind: FileKind][] = [
  [/^<(!doctype svg|svg)[\s>]/i, SVG],
  [
    /^<(!doctype html|html|head|body)/i,
    other('an HTML page', 'is the picture in the place that is served?'),
  ],
  [/^<[a-z!?]/i, other('an XML or HTML file')],
  [/^data:/, other('text that begins with data:', 'pass it as an address, a string')],
  [/^P[1-7]\s/, foreign('a Netpbm picture')],
  [/^[{[]/, other('a JSON file')],
];

// What markup may begin with, and how that ends.
const PREAMBLES = [
  ['<?', '?>'],
  ['<!--', '-->'],
] as const;

/** A text without the spaces, the byte order mark and the markup that say nothing of its kind. */
function plain(text: string): string {
  let rest = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  for (;;) {
    const preamble = PREAMBLES.find(([start]) => rest.startsWith(start));
    if (preamble === undefined) return rest;
    const end = rest.indexOf(preamble[1]);
    if (end < 0) return rest;
    rest = rest.slice(end + preamble[1].length).trimStart();
  }
}

/** The file's kind; undefined when it is none of those known here. */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  if (bytes.length === 0) return other('an empty file');
  const text = String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
  if (text.slice(4, 8) === 'ftyp') return brandOf(text);
  const signature = SIGNATURES.find(([start]) => beginsWith(text, start));
  if (signature !== undefined) return signature[1];
  const rest = plain(text);
  return TEXTS.find(([start]) => start.test(rest))?.[1];
}

function brandOf(text: string): FileKind | undefined {
  const own = text.slice(8, 12);
  // HEIC and AVIF share a general brand; the list of compatible ones then tells.
  const brand = /^m[is]f1/.test(own) && text.slice(12, 64).includes('avif') ? 'avif' : own;
  return BRANDS.find(([name]) => name.test(brand))?.[1];
}

function beginsWith(text: string, start: string): boolean {
  for (let i = 0; i < start.length; i++) {
    if (start[i] !== '.' && start[i] !== text[i]) return false;
  }
  return true;
}
