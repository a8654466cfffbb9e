/** One command of the command line. */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** What `--help` prints. */
  help: string;
  /** Does it; `args` do not ask for help. `signal` is aborted by Ctrl+C. */
  run(args: string[], signal: AbortSignal): Promise<void>;
}
