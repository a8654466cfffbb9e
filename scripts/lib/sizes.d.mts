export interface FileSize {
  file: string;
  raw: number;
  gzip: number;
  brotli: number;
}

export declare function measure(path: string, name: string): FileSize;
export declare function sizeTable(files: readonly FileSize[]): string;
