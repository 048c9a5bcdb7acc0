/**
 * Runs a subcommand in this process and takes what it prints.
 * @module
 */
import type { Command } from 'commander';

/** @returns everything the command wrote to standard output. Errors are thrown as the command throws them. */
export async function runCommand(command: Command, parameters: readonly string[]): Promise<string> {
  const { output, error } = await runToEnd(command, parameters);
  if (error !== undefined) throw error;
  return output;
}

/** @returns everything the command wrote to standard output, and what it threw, if anything. */
export async function runToEnd(
  command: Command,
  parameters: readonly string[],
): Promise<{ readonly output: string; readonly error: unknown }> {
  const write = process.stdout.write.bind(process.stdout);
  let output = '';
  // The test runner reports through the same stream, in bytes; commands print text.
  process.stdout.write = (chunk: string | Uint8Array) => {
    if (typeof chunk !== 'string') return write(chunk);
    output += chunk;
    return true;
  };
  try {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    await command.parseAsync([...parameters], { from: 'user' });
    return { output, error: undefined };
  } catch (error) {
    return { output, error };
  } finally {
    process.stdout.write = write;
  }
}
