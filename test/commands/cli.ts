/**
 * Runs the program as its users do: as a process of its own.
 * @module
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../node/main.ts', import.meta.url));

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `dppdl` with parameters and waits for its end; a process that hangs is killed after two minutes.
 * @param readOutput - false closes the reading end of its standard output at once.
 */
export async function dppdl(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { readOutput = true }: { readonly readOutput?: boolean } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...parameters], {
    env: { ...process.env, DPPDL_DEBUG: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  if (!readOutput) child.stdout.destroy();
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, stdout, stderr };
}
