/**
 * The privacy budget's journal as a file of JSON lines.
 * @module
 */
import { open, readFile } from 'node:fs/promises';
import type { Journal } from './budget.ts';

/**
 * Keeps the journal in `path`, created at the first append. A last line without its end was cut off by a crash while
 * it was written, so what it announces never left the node; it is dropped.
 */
export function createFileJournal(path: string): Journal {
  const contents = async (): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    }
  };
  /** Bytes of whole lines in the file, once known. */
  let whole: number | undefined;
  return {
    async read() {
      return (await contents()).split('\n').slice(0, -1);
    },
    async append(line) {
      if (whole === undefined) {
        const found = await contents();
        whole = Buffer.byteLength(found.slice(0, found.lastIndexOf('\n') + 1));
      }
      const bytes = Buffer.from(`${line}\n`);
      const file = await open(path, 'a', 0o600);
      try {
        await file.truncate(whole);
        await file.appendFile(bytes);
        await file.sync();
        whole += bytes.length;
      } finally {
        await file.close();
      }
    },
  };
}
