/**
 * Tells why the operating system refused something.
 * @module
 */

/** The system's short name of what went wrong, e.g. `ENOENT` or `EADDRINUSE`; `unknown` for other errors. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
