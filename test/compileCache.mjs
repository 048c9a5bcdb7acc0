/**
 * Loaded before every test process: keeps what Node compiled of the sources, so that the hundreds of processes of a test
 * run do not each strip the same types again. In the build folder, because a cache others can write to is code they can run.
 * @module
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../build/compiled', import.meta.url));
// For the processes that tests start in turn.
process.env['NODE_COMPILE_CACHE'] = folder;
enableCompileCache(folder);
