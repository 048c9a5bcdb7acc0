/**
 * The preflight: everything a node needs, looked at one by one, so that "configured", "connected", "registered" and
 * "reachable" are told apart before a run. Changes nothing.
 * @module
 */
import { readConsortium, readNodeConfig } from '../config.ts';
import { exitCodes } from '../failure.ts';
import { createChainLedger } from '../ledger/chainLedger.ts';
import { assertTerms } from '../ledger/joining.ts';
import { assertSameConsortium, lookAtChain, lookAtClock, lookAtMembership, lookAtPeers } from './consortium.ts';
import { type Finding, Looks } from './looks.ts';
import { lookAtData, lookAtFolder, lookAtKeys, lookAtMetrics, lookAtModel, lookAtPort } from './site.ts';

/**
 * Takes all looks.
 * @param file - the node's configuration.
 * @param environment - where `keys.passwordEnv` is looked up.
 * @param report - told each finding at once.
 * @returns all findings, and the exit code: that of the first failure, 0 if there is none.
 */
export async function preflight(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  report: (finding: Finding) => void,
): Promise<{ findings: readonly Finding[]; exitCode: number }> {
  const looks = new Looks(report, environment['DPPDL_DEBUG'] === '1');
  const config = await looks.look('configuration', [], async () => [file, await readNodeConfig(file)]);
  const consortium = await looks.look('consortium file', [config], async ({ consortium: path }) => {
    const value = await readConsortium(path);
    return [`${value.name}, ${value.rounds} rounds`, value];
  });
  const keys = await looks.look('keys', [config], (valid) => lookAtKeys(valid, environment));
  await looks.look('data', [config, consortium], lookAtData);
  await looks.look('model', [config, consortium], lookAtModel);
  await looks.look('data folder', [config], lookAtFolder);
  await looks.look('listening', [config], lookAtPort);
  await looks.look('status page', [config], lookAtMetrics);
  const client = await looks.look('chain', [config], lookAtChain);
  try {
    await looks.look('clock', [config, client], lookAtClock);
    const ledger = client && createChainLedger({ client });
    const state = await looks.look(
      'ledger',
      [config, consortium, client, ledger],
      async (valid, agreed, connected, chainLedger) => {
        const facts = await chainLedger.facts();
        assertSameConsortium(agreed, facts, valid.consortium);
        await assertTerms(connected, agreed, facts.parameterCount);
        const now = await chainLedger.state();
        return [`deployed with this consortium file; ${now.parties.length} parties`, now];
      },
    );
    const party = await looks.look('membership', [config, client, state, keys], (valid, connected, now, opened) =>
      lookAtMembership(valid, connected, now, opened),
    );
    await looks.look('other parties', [state, keys, party === undefined ? undefined : { party }], (now, opened, self) =>
      lookAtPeers(now, self.party, opened.nodeKeys),
    );
  } finally {
    client?.close();
  }
  const failure = looks.findings.find(({ state }) => state === 'failed');
  return { findings: looks.findings, exitCode: failure?.exitCode ?? exitCodes.ok };
}
