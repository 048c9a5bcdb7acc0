/**
 * What the sample benchmark remembers between runs, in a folder outside the tree: trained parties, and rows of the
 * table that were measured with the same sources.
 * @module
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { glob, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of results, each under a key that says what it depends on. */
export interface Cache {
  /** Whether there is a value of `key`. */
  holds(key: readonly unknown[]): Promise<boolean>;
  /** The value of `key`, computed and kept if there is none yet. */
  json<Value>(key: readonly unknown[], compute: () => Promise<Value>): Promise<Value>;
  /** The same for numbers. */
  floats(key: readonly unknown[], compute: () => Promise<Float32Array>): Promise<Float32Array>;
}

async function found(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Opens the cache in `folder`, which is created. A result that an interruption cut off is not there. */
export async function openCache(folder: string): Promise<Cache> {
  await mkdir(folder, { recursive: true });
  const place = (key: readonly unknown[], ending: string) =>
    join(folder, `${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)}.${ending}`);
  const keep = async (path: string, data: string | Uint8Array) => {
    await writeFile(`${path}.part`, data);
    await rename(`${path}.part`, path);
  };
  return {
    holds: async (key) => (await found(place(key, 'json'))) !== undefined,
    async json<Value>(key: readonly unknown[], compute: () => Promise<Value>) {
      const path = place(key, 'json');
      const kept = await found(path);
      if (kept !== undefined) return JSON.parse(kept.toString()) as Value;
      const value = await compute();
      await keep(path, JSON.stringify(value));
      return value;
    },
    async floats(key, compute) {
      const path = place(key, 'f32');
      const kept = await found(path);
      if (kept !== undefined) return new Float32Array(new Uint8Array(kept).buffer);
      const values = await compute();
      await keep(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      return values;
    },
  };
}

async function update(hash: Hash, path: string): Promise<void> {
  for await (const part of createReadStream(path)) hash.update(part);
}

/** SHA-256 of files, in hexadecimal: those named and, of folders, every TypeScript file. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (!path.endsWith('/')) {
      await update(hash, path);
      continue;
    }
    const files: string[] = [];
    for await (const file of glob(`${path}**/*.ts`)) files.push(file);
    for (const file of files.sort()) await update(hash, file);
  }
  return hash.digest('hex');
}
