// What the command line says when it stops: one sentence and an exit code.
//
// Thrown by the commands and printed by main.ts. Errors of the application are none of these: Node
// prints them with the line that threw.

/** What was typed makes no sense. */
export const WRONG_USAGE = 2
/** The application cannot be loaded or cannot listen. */
export const FAILED = 1

export class CliError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The code of an error of Node or of this package. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
