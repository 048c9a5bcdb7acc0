#!/usr/bin/env node
/**
 * Starts `dppdl`: the sources where they are, as in a checkout; else what `npm pack` made of them, because Node strips no
 * types below node_modules. Plain JavaScript, so that an older Node can say that it is too old.
 * @module
 */
import { existsSync } from 'node:fs';

const oldest = 24;
if (Number(process.versions.node.split('.')[0]) < oldest) {
  process.stderr.write(
    `DPPDL needs Node ${oldest} and this is ${process.versions.node}.\n→ Start it with npx, or with the Node in node_modules/.bin that was installed with it.\n`,
  );
  process.exit(2);
}
const source = new URL('./main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../build/package/node/main.js', import.meta.url).href);
