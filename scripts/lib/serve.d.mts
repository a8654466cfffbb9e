export declare const STRICT_CSP: string;

export interface ServeOptions {
  root: string;
  port?: number;
  host?: string;
  isolated?: boolean;
  cors?: boolean;
  csp?: string | undefined;
  home?: string;
  onrequest?: (path: string) => void;
  scripts?: Record<string, string>;
}

export interface StaticServer {
  url: string;
  port: number;
  close(): Promise<void>;
}

export declare function serve(options: ServeOptions): Promise<StaticServer>;
