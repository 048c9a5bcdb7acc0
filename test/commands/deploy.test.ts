/**
 * `dppdl deploy` puts on the chain what the consortium file says.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hexlify } from 'ethers';
import { createDeployCommand } from '../../node/commands/deploy.ts';
import { readConsortium } from '../../node/config.ts';
import { consortiumHash } from '../../node/consortium.ts';
import { createKeystores } from '../../node/keystore.ts';
import { getFacts } from '../../sdk/actions/getFacts.ts';
import { isMember } from '../../sdk/actions/isMember.ts';
import { createClient } from '../../sdk/client.ts';
import { type Chain, startHardhat } from '../chain.ts';
import { runCommand } from './run.ts';

const consortium = {
  version: 1,
  name: 'test',
  model: { kind: 'mlp', layers: [4, 3, 2] },
  seed: 1,
  inputs: { shape: [4], classes: 2, mean: 0, stdDev: 1 },
  benchmark: { epochs: 5, batchSize: 10, learningRate: 0.15 },
  publishedSamples: 100,
  rounds: 10,
  training: { localEpochs: 5, batchSize: 10, learningRate: { from: 0.05, to: 0.005 }, restart: true },
  aggregation: { rule: 'sum', clamp: { from: 0.001, to: 0.0002 }, levels: 15, minProviders: 2 },
  credibility: { fade: 0.2, thresholdShare: 0.6667, graceRounds: 3, silentRounds: 3 },
  deadlines: { form: 61, benchmark: 62, order: 63, deliver: 64, evaluate: 65 },
};

describe('dppdl deploy', () => {
  let chain: Chain;
  let folder: string;
  let file: string;
  let parameters: string[];

  before(async () => {
    chain = await startHardhat({ accounts: 4 });
    folder = await mkdtemp(join(tmpdir(), 'dppdl-deploy-'));
    file = join(folder, 'consortium.yaml');
    await writeFile(file, JSON.stringify(consortium));
    await writeFile(join(folder, 'password'), 'correct horse\n');
    const files = { account: join(folder, 'account.json'), node: join(folder, 'node.json') };
    await createKeystores(files, 'correct horse', { costLog2: 1, accountKey: chain.wallets[0].privateKey });
    parameters = ['--consortium', file, '--rpc', chain.url, '--chain-id', '31337'];
    parameters.push('--keystore', files.account, '--password-file', join(folder, 'password'));
  });
  after(async () => {
    await chain.stop();
    await rm(folder, { recursive: true });
  });

  const invited = () => chain.wallets.flatMap(({ address }) => ['--invite', address]);

  it('deploys the consortium’s facts with defaults', async () => {
    const output = await runCommand(createDeployCommand(), [...parameters, ...invited(), '--json']);
    const { contract } = JSON.parse(output);
    const client = await createClient({ rpcUrl: chain.url, chainId: 31337n, contract });
    assert.deepEqual(await getFacts(client), {
      consortiumHash: hexlify(consortiumHash(await readConsortium(file))),
      parameterCount: 4 * 3 + 3 + 3 * 2 + 2,
      rounds: 10,
      graceRounds: 3,
      removalPermille: 500,
      minProviders: 2,
      minParties: 3,
      startParties: 4,
      maxParties: 256,
      formSeconds: 61,
      benchmarkSeconds: 62,
      orderSeconds: 63,
      deliverSeconds: 64,
      evaluateSeconds: 65,
      answerSeconds: 3600,
      voteSeconds: 3600,
      claimDeposit: 1n,
    });
    for (const { address } of chain.wallets) assert.ok(await isMember(client, { account: address }));
    client.close();
  });

  /** Parameters with the terms in the consortium file. */
  const withTerms = async (ledger: object) => {
    const other = join(folder, 'terms.yaml');
    await writeFile(other, JSON.stringify({ ...consortium, ledger }));
    return parameters.map((value) => (value === file ? other : value));
  };

  it('takes the terms of the consortium file, and says in text where the ledger is', async () => {
    const terms = { startParties: 20, minParties: 5, maxParties: 50, claimDeposit: 7, removalPermille: 600 };
    const given = await withTerms({ ...terms, answerSeconds: 9, voteSeconds: 8 });
    const output = await runCommand(createDeployCommand(), [...given, ...invited(), '--parameters', '1000']);
    const [contract] = /0x[0-9a-fA-F]{40}(?![0-9a-fA-F])/.exec(output) ?? assert.fail(output);
    const client = await createClient({ rpcUrl: chain.url, chainId: 31337n, contract });
    const facts = await getFacts(client);
    assert.deepEqual(
      [facts.startParties, facts.minParties, facts.maxParties, facts.claimDeposit, facts.removalPermille],
      [20, 5, 50, 7n, 600],
    );
    assert.deepEqual([facts.answerSeconds, facts.voteSeconds, facts.parameterCount], [9, 8, 1000]);
    client.close();
  });

  it('refuses what cannot be, each with its code', async () => {
    const run = (...more: string[]) => runCommand(createDeployCommand(), [...parameters, ...more]);
    await assert.rejects(run('--invite', '0x12'), { code: 'commander.invalidArgument' });
    await assert.rejects(run('--chain-id', 'x'), { code: 'commander.invalidArgument' });
    await assert.rejects(run(...invited(), '--keystore', join(folder, 'node.json')), { code: 'WRONG_KIND' });
    await assert.rejects(run('--chain-id', '7', ...invited()), { code: 'WRONG_CHAIN', fault: 'self' });
    await assert.rejects(run(...invited(), ...invited()), { code: 'REVERTED', revert: 'ConstitutionInvalidMember' });
    const terms = await withTerms({ startParties: 4, maxParties: 3 });
    const wrong = runCommand(createDeployCommand(), [...terms, ...invited()]);
    await assert.rejects(wrong, { revert: 'ConstitutionInvalidFact' });
    // Nobody could ever join such a ledger.
    await assert.rejects(run(), { code: 'commander.missingMandatoryOptionValue' });
  });
});
