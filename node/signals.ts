/**
 * Stopping on request: the first SIGINT or SIGTERM asks the program to end, the second ends it.
 * @module
 */

/** 128 + the signal's number, as shells count. */
const exitCodesOfSignals = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Listens for both signals from now on.
 * @param onFirst - told which signal asks the program to end.
 * @returns a signal that aborts at the first one.
 */
export function stopSignal(onFirst: (signal: 'SIGINT' | 'SIGTERM') => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodesOfSignals[name]);
      controller.abort(new Error(`stopped by ${name}`));
      onFirst(name);
    });
  }
  return controller.signal;
}
