/**
 * Compiles the contracts offline, with the compiler the npm package `solc` brings, and runs their Solidity tests.
 * @module
 */
import { createRequire } from 'node:module';
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import { defineConfig } from 'hardhat/config';

export default defineConfig({
  plugins: [hardhatEthers],
  solidity: {
    version: '0.8.37',
    path: createRequire(import.meta.url).resolve('solc/soljson.js'),
    // Permissioned networks with free gas (Besu QBFT) run london; everything later runs it too.
    settings: { optimizer: { enabled: true, runs: 500 }, evmVersion: 'london' },
  },
  paths: {
    sources: 'contracts',
    tests: { solidity: 'test/contracts' },
    artifacts: 'build/artifacts',
    cache: 'build/cache',
  },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'london' },
    // Like a consortium's own chain: nobody needs ether, and block times are those of the clock. (A block per
    // transaction with one second between them would run ahead of it.)
    consortium: {
      type: 'edr-simulated',
      chainType: 'l1',
      hardfork: 'london',
      initialBaseFeePerGas: 0,
      allowBlocksWithSameTimestamp: true,
    },
  },
  test: { solidity: { fuzz: { runs: 256 }, invariant: { runs: 32, depth: 64 } } },
});
