/** One command of the command line. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** What `--help` prints. */
  help: string;
  /** Does it. `signal` is aborted by Ctrl+C. */
  run(args: string[], signal: AbortSignal): Promise<void>;
}
