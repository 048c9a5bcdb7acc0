/**
 * Files that commands write: known to be writable before the work begins, and whole under their name or not there.
 * @module
 */
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { systemCode } from '../systemCode.ts';
import { ConfigError } from '../yamlFile.ts';

/** A file being written; without `keep` it is gone when it is disposed of, and an older one stays as it was. */
export interface OutputFile extends Disposable {
  /** @throws ConfigError `NOT_WRITABLE`. */
  write(contents: string | Uint8Array): void;
  /** Ends the file and gives it its name. @throws ConfigError `NOT_WRITABLE`. */
  keep(): void;
}

/**
 * Opens a file beside the one that is wanted, in a folder that exists.
 * @throws ConfigError `NOT_WRITABLE`.
 */
export function openOutput(path: string): OutputFile {
  const partial = `${path}.partial`;
  const trying = <T>(act: () => T): T => {
    try {
      return act();
    } catch (cause) {
      throw notWritable(path, systemCode(cause), cause);
    }
  };
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw notWritable(path, 'EISDIR');
  const descriptor = trying(() => openSync(partial, 'w'));
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  return {
    write: (contents) => trying(() => writeFileSync(descriptor, contents)),
    keep: () =>
      trying(() => {
        close();
        renameSync(partial, path);
      }),
    [Symbol.dispose]() {
      close();
      rmSync(partial, { force: true });
    },
  };
}

function notWritable(path: string, code: string, cause?: unknown): ConfigError {
  return new ConfigError('NOT_WRITABLE', `${path} cannot be written (${code}).`, {
    action: 'Choose a file in a folder that exists and that this account may write to.',
    meta: { path },
    cause,
  });
}
