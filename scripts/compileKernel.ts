/**
 * Compiles one kernel, with the options that all kernels of the project are compiled with.
 * @module
 */
import asc from 'assemblyscript/asc';

/**
 * Compiles an entry file.
 * @param source - its path, from the project's folder.
 * @param relaxed - the variant with relaxed-simd.
 * @param read - gives the text of a source file by its path, or null where there is none.
 * @throws Error with the compiler's own words when it refuses.
 */
export async function compileKernel(
  source: string,
  relaxed: boolean,
  read: (path: string) => string | null,
): Promise<Uint8Array> {
  const features = relaxed
    ? ['--enable', 'simd,relaxed-simd', '--use', 'RELAXED=1']
    : ['--enable', 'simd', '--use', 'RELAXED=0'];
  let compiled: Uint8Array | string | undefined;
  const { error, stderr } = await asc.main(
    [source, '--outFile', 'out.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory', ...features],
    {
      readFile: read,
      writeFile: (_, contents) => {
        compiled = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || !(compiled instanceof Uint8Array)) {
    throw new Error(`${source}: ${stderr.toString()}`, { cause: error });
  }
  return compiled;
}
