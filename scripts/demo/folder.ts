/**
 * The demo's output folder: emptied before each run, but only if an earlier demo made it and no other one is using it.
 * @module
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoError } from './errors.ts';

/** Marks a folder as the demo's own; holds the process id of the demo that uses it. */
const MARK = '.dppdl-demo';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes `folder` empty and the demo's own.
 * @returns gives the folder back: its files stay, another demo may use it.
 * @throws DemoError `FOLDER_NOT_OURS`, `FOLDER_IN_USE`.
 */
export async function takeFolder(folder: string): Promise<() => Promise<void>> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new DemoError('FOLDER_NOT_OURS', `${folder} cannot be used as a folder (${error.code})`, {
      action: 'Name another folder with --out.',
      cause: error,
    });
  });
  if (files.length > 0 && !files.includes(MARK)) {
    throw new DemoError('FOLDER_NOT_OURS', `${folder} holds files that no demo made, and a demo would delete them`, {
      action: 'Name an empty or a new folder with --out.',
      meta: { folder },
    });
  }
  const mark = join(folder, MARK);
  const owner = Number(await readFile(mark, 'utf8').catch(() => ''));
  if (owner > 0 && owner !== process.pid && isRunning(owner)) {
    throw new DemoError('FOLDER_IN_USE', `Another demo (process ${owner}) is writing to ${folder}`, {
      action: 'Wait for it to end, or name another folder with --out.',
      meta: { folder, owner },
    });
  }
  await rm(folder, { recursive: true, force: true });
  // Keys are written here; on a shared machine nobody else should read them.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(mark, String(process.pid));
  return () => writeFile(mark, '');
}
