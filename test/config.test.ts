/**
 * The configuration files: defaults, resolved paths, and every problem reported at once with its line and range.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { readConsortium, readNodeConfig } from '../node/config.ts';
import { consortiumHash } from '../node/consortium.ts';
import { ConfigError } from '../node/yamlFile.ts';

const minimal = `# A hospital's node.
consortium: consortium.yaml
dataFolder: state
ledger:
  rpcUrl: http://127.0.0.1:8545
  chainId: 31337
  contract: '0x5FbDB2315678afecb367f032d93F642f64180aa3'
keys:
  account: keys/account.json
  node: keys/node.json
  passwordFile: keys/password
listen:
  - /ip4/127.0.0.1/tcp/0
data:
  format: idx
  train: {images: train-images, labels: train-labels}
`;

const consortium = {
  version: 1,
  name: 'test',
  model: { kind: 'mlp', layers: [1024, 128, 64, 10] },
  seed: 1,
  inputs: { shape: [32, 32, 1], classes: 10, mean: 0.10004, stdDev: 0.27522 },
  benchmark: { epochs: 5, batchSize: 10, learningRate: 0.15 },
  publishedSamples: 100,
  rounds: 10,
  training: { localEpochs: 5, batchSize: 10, learningRate: { from: 0.05, to: 0.005 }, restart: true },
  aggregation: { rule: 'sum', clamp: { from: 0.001, to: 0.0002 }, levels: 15, minProviders: 2 },
  credibility: { fade: 0.2, thresholdShare: 0.6667, graceRounds: 3, silentRounds: 3 },
  deadlines: { form: 60, benchmark: 60, order: 60, deliver: 60, evaluate: 60 },
};

describe('readNodeConfig', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-config-'));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (text: string) => {
    const file = join(folder, 'node.yaml');
    await writeFile(file, text);
    return file;
  };
  /** The minimal file with one key set, given as a path such as `samples.epsilon`. */
  const writeWith = async (path: string, value: unknown) => {
    const root: Record<string, unknown> = parse(minimal);
    const keys = path.split('.');
    let section = root;
    for (const key of keys.slice(0, -1)) {
      const inner: Record<string, unknown> = { ...(section[key] as Record<string, unknown> | undefined) };
      section[key] = inner;
      section = inner;
    }
    section[keys[keys.length - 1]] = value;
    return write(stringify(root));
  };

  it('completes a minimal file and resolves its paths against its folder', async () => {
    const config = await readNodeConfig(await write(minimal));
    assert.equal(config.dataFolder, join(folder, 'state'));
    assert.equal(config.keys.account, join(folder, 'keys/account.json'));
    assert.deepEqual(config.data, {
      format: 'idx',
      train: { images: join(folder, 'train-images'), labels: join(folder, 'train-labels') },
      test: undefined,
    });
    assert.deepEqual(config.samples, { generator: 'auto', epsilon: 4, delta: 1e-5, sharingLevel: 0.1 });
    assert.equal(config.ledger.pollIntervalMs, 1000);
    assert.ok(config.learner.threads >= 1);
    assert.equal(config.metrics, undefined);
    assert.equal(config.log.level, 'info');
  });

  it('keeps one budget for all nodes of a machine unless told otherwise', async () => {
    assert.equal((await readNodeConfig(await write(minimal))).privacy.folder, join(homedir(), '.dppdl'));
    const elsewhere = await readNodeConfig(await write(`${minimal}privacy: { folder: budget, labels: 5000 }\n`));
    assert.deepEqual([elsewhere.privacy.folder, elsewhere.privacy.labels], [join(folder, 'budget'), 5000]);
  });

  it('keeps absolute paths and reads JSON too', async () => {
    const file = await write(JSON.stringify({ ...parse(minimal), dataFolder: '/var/lib/dppdl' }));
    assert.equal((await readNodeConfig(file)).dataFolder, '/var/lib/dppdl');
  });

  it('reports every problem at once, each with its line, path and what is allowed', async () => {
    const broken = minimal
      .replace('chainId: 31337', 'chainId: none\n  contrct: x')
      .replace('dataFolder: state\n', '')
      .replace('  account: keys/account.json\n', '')
      .concat('samples:\n  epsilon: 400\n  sharingLevel: 0\nsample: 1\n');
    const file = await write(broken);
    await assert.rejects(readNodeConfig(file), (error: Error) => {
      const lines = error.message.split('\n');
      const expect = [
        [`${file}:5: ledger.chainId `, /a whole number at least 1.*not "none"/],
        [`${file}:6: ledger.contrct `, /not a known key.*rpcUrl, chainId, contract/],
        [`${file}:17: samples.epsilon `, /above 0 and at most 100.*not 400/],
        [`${file}:18: samples.sharingLevel `, /above 0 and at most 1.*not 0/],
        [`${file}:19: sample `, /not a known key/],
        [`${file}:9: keys.account `, /is missing; give a text \(keystore of the ledger account/],
        [`${file}: dataFolder `, /is missing/],
      ] as const;
      assert.equal(lines.length, expect.length, error.message);
      for (const [start, pattern] of expect) {
        const line = lines.find((candidate) => candidate.startsWith(start));
        assert.ok(line, `${start} in\n${error.message}`);
        assert.match(line, pattern);
      }
      assert.ok(Reflect.get(error, 'action'));
      return true;
    });
  });

  const wrong: [string, unknown, string][] = [
    ['ledger.rpcUrl', 'localhost', 'INVALID_VALUE'],
    ['ledger.rpcUrl', 'ws://localhost:1', 'INVALID_VALUE'],
    ['ledger.contract', '0x12', 'INVALID_VALUE'],
    ['ledger.chainId', 1.5, 'INVALID_VALUE'],
    ['ledger.pollIntervalMs', 10, 'INVALID_VALUE'],
    ['listen', ['localhost:4001'], 'INVALID_VALUE'],
    ['listen', [], 'INVALID_VALUE'],
    ['listen', ['/ip4/127.0.0.1/tcp/70000'], 'CONFLICT'],
    ['listen', ['/ip4/0.0.0.0/tcp/4001'], 'CONFLICT'],
    ['announce', ['/ip4/10.0.0.7/tcp/0'], 'CONFLICT'],
    ['keys.passwordEnv', 'PASSWORD', 'CONFLICT'],
    ['keys.node', 'keys/account.json', 'CONFLICT'],
    ['keys.password', 'secret', 'UNKNOWN_KEY'],
    ['samples.epsilon', 9, 'CONFLICT'],
    ['samples.delta', 0.01, 'CONFLICT'],
    ['samples.sharingLevel', 1.1, 'INVALID_VALUE'],
    ['samples.generator', 'gan', 'INVALID_VALUE'],
    ['samples.ranges', [[1, 0]], 'CONFLICT'],
    ['samples.ranges', [[0]], 'INVALID_VALUE'],
    ['privacy.folder', '', 'INVALID_VALUE'],
    ['learner.threads', 0, 'INVALID_VALUE'],
    ['metrics.port', 65536, 'INVALID_VALUE'],
    ['log.level', 'loud', 'INVALID_VALUE'],
    ['data.format', 'parquet', 'INVALID_VALUE'],
    ['seed', -1, 'INVALID_VALUE'],
  ];
  for (const [path, value, code] of wrong) {
    it(`refuses ${path} = ${JSON.stringify(value)} with ${code}`, async () => {
      const file = await writeWith(path, value);
      await assert.rejects(readNodeConfig(file), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), code);
        assert.equal(error.message.split('\n').length, 1, error.message);
        // CONFLICTs between keys name their section.
        assert.ok(error.message.includes(path.split('.')[0]) || path === 'listen', error.message);
        return true;
      });
    });
  }

  it('never repeats a password someone wrote into the file', async () => {
    await assert.rejects(readNodeConfig(await writeWith('keys.password', 'hunter2')), (error: Error) => {
      assert.ok(!JSON.stringify([error.message, Reflect.get(error, 'meta')]).includes('hunter2'));
      return true;
    });
  });

  it('tells a missing file, an unreadable one and broken YAML apart', async () => {
    await assert.rejects(readNodeConfig(join(folder, 'nowhere.yaml')), { code: 'NOT_FOUND' });
    await assert.rejects(readNodeConfig(folder), { code: 'NOT_READABLE' });
    await assert.rejects(readNodeConfig(await write('a: [1,\nb: 2')), { code: 'NOT_YAML' });
    await assert.rejects(readNodeConfig(await write('')), { code: 'INVALID_VALUE' });
    await assert.rejects(readNodeConfig(await write(`${minimal}seed: 1\nseed: 2\n`)), { code: 'NOT_YAML' });
  });

  it('reads or refuses in its own words whatever is in the file', async () => {
    const change = fc.record({
      path: fc.constantFrom(
        'ledger',
        'keys',
        'data',
        'listen',
        'samples',
        'data.train',
        'ledger.chainId',
        'announce',
        'x',
      ),
      value: fc.jsonValue({ maxDepth: 2 }),
    });
    const check = async ({ path, value }: { path: string; value: unknown }) => {
      try {
        await readNodeConfig(await writeWith(path, value));
      } catch (error) {
        assert.ok(error instanceof ConfigError, `${error}`);
        assert.ok(error.message.split('\n').every((line) => line.startsWith(folder)));
      }
    };
    await fc.assert(fc.asyncProperty(change, check), { numRuns: 150, seed: 1 });
    for (let length = 0; length < minimal.length; length += 7) {
      await assert.rejects(readNodeConfig(await write(minimal.slice(0, length))), ConfigError);
    }
  });

  it('refuses a numeric column whose range is empty', async () => {
    const column = { column: 0, kind: 'numeric', min: 1, max: 1 };
    const table = { columns: [column], label: { column: 1, values: ['a', 'b'] } };
    const file = await writeWith('data', { format: 'csv', train: 'x.csv', table });
    await assert.rejects(readNodeConfig(file), { code: 'CONFLICT' });
  });
});

describe('readConsortium', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-consortium-'));
  });
  after(() => rm(folder, { recursive: true }));
  const write = async (value: unknown, format: 'yaml' | 'json' = 'yaml') => {
    const file = join(folder, `consortium.${format}`);
    await writeFile(file, format === 'yaml' ? stringify(value) : JSON.stringify(value));
    return file;
  };

  it('reads the same consortium from YAML, with comments and another order, and from JSON', async () => {
    const fromJson = await readConsortium(await write(consortium, 'json'));
    const file = await write(Object.fromEntries(Object.entries(consortium).reverse()));
    await writeFile(file, `# comment\n${await readFile(file, 'utf8')}`);
    assert.deepEqual(consortiumHash(await readConsortium(file)), consortiumHash(fromJson));
  });

  const wrong: [string, object, string][] = [
    ['first layer', { model: { kind: 'mlp', layers: [784, 10] } }, 'CONFLICT'],
    ['last layer', { model: { kind: 'mlp', layers: [1024, 9] } }, 'CONFLICT'],
    ['channels', { model: { kind: 'cnn', channels: 3 } }, 'CONFLICT'],
    ['grace', { credibility: { ...consortium.credibility, graceRounds: 11 } }, 'CONFLICT'],
    ['rule', { aggregation: { ...consortium.aggregation, rule: 'median' } }, 'INVALID_VALUE'],
    ['unknown key', { bonus: 1 }, 'UNKNOWN_KEY'],
    ['version', { version: 2 }, 'INVALID_VALUE'],
  ];
  for (const [name, change, code] of wrong) {
    it(`refuses a wrong ${name} with ${code}`, async () => {
      await assert.rejects(readConsortium(await write({ ...consortium, ...change })), { code });
    });
  }
});
