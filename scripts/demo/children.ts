/**
 * Child processes that do not outlive the demo.
 * @module
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A child process whose output the demo reads. */
export type Child = ChildProcessByStdio<null, Readable, Readable>;

/** How long a child may take to end when asked, in milliseconds. */
const PATIENCE_MS = 10_000;

const running = new Set<Child>();

// The last resort, for ends that no cleanup sees, such as a second Ctrl-C.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a script on this Node. It has its own process group, so that Ctrl-C reaches the demo alone, which ends all in order. */
export function startChild(args: readonly string[], cwd?: string): Child {
  const child = spawn(process.execPath, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: '1' },
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Asks a child to end, insists after a while, and resolves when it is gone. */
export async function stopChild(child: Child): Promise<void> {
  if (!running.has(child)) return;
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(insist);
}
