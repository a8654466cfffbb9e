export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  show?: boolean;
  allowFailure?: boolean;
}

export declare function which(program: string): string | null;
export declare function run(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<{ code: number | null; stdout: string }>;
export declare function versionLine(program: string): string | null;
