/**
 * Compiles the ledger with a fault planted in it. Nothing of it is ever written to the build folder.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** A fault: how the ledger's sources are changed. */
export interface Patch {
  /** File in contracts/. */
  readonly file: string;
  /** Text that occurs in it exactly once. */
  readonly find: string;
  readonly replace: string;
}

const folder = new URL('../../../contracts/', import.meta.url);
const sources = new Map(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sol'))
    .map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]),
);
const solc: { compile(input: string): string } = createRequire(import.meta.url)('solc');
const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).optional(),
  contracts: z.record(
    z.string(),
    z.record(z.string(), z.object({ evm: z.object({ bytecode: z.object({ object: z.string() }) }) })),
  ),
});

/** The ledger's sources with the patches. @throws when one of them does not fit. */
export function patched(patches: readonly Patch[]): Map<string, string> {
  const changed = new Map(sources);
  for (const { file, find, replace } of patches) {
    const text = changed.get(file) ?? '';
    if (text.split(find).length !== 2)
      throw new Error(`"${find}" must occur once in contracts/${file}: adapt the patch`);
    changed.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return changed;
}

/**
 * Creation code of the ledger with the patches, and with further functions in a contract that inherits it.
 * Not optimised, so larger than a production chain allows.
 * @param functions - Solidity code of functions that a ledger must not have; they see its internal state.
 */
export function compileBroken(patches: readonly Patch[], functions = ''): string {
  const changed = patched(patches);
  changed.set(
    'Broken.sol',
    `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;
import {Bitmap} from "./Bitmap.sol";
import {Dppdl} from "./Dppdl.sol";
contract Broken is Dppdl {
    constructor(Facts memory given, address[] memory members) Dppdl(given, members) {}
    ${functions}
}`,
  );
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...changed].map(([file, content]) => [file, { content }])),
    settings: { evmVersion: 'london', outputSelection: { 'Broken.sol': { Broken: ['evm.bytecode.object'] } } },
  };
  const { errors = [], contracts } = outputSchema.parse({
    contracts: {},
    ...JSON.parse(solc.compile(JSON.stringify(input))),
  });
  const fatal = errors.find(({ severity }) => severity === 'error');
  if (fatal !== undefined) throw new Error(fatal.formattedMessage);
  return `0x${contracts['Broken.sol']['Broken'].evm.bytecode.object}`;
}
