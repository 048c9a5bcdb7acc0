/**
 * Data of a simulation: the example of docs/simulation.md, from its files to an outcome, and test data of one's own.
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { readConsortium } from '../../node/config.ts';
import { layersTopology } from '../../node/learner/layersFile.ts';
import { topologyHash } from '../../node/learner/layersLearner.ts';
import { createSeededRandom } from '../../node/random.ts';
import { readData } from '../../scripts/simulate/data.ts';
import { exitCodeFor, SimulateError } from '../../scripts/simulate/errors.ts';
import { createLaboratory } from '../../scripts/simulate/laboratory.ts';
import { argumentsOf, requestSchema } from '../../scripts/simulate/request.ts';

const root = join(import.meta.dirname, '..', '..');
const example = join(root, 'docs', 'examples', 'banknote');
const format = { shape: [4], classes: 2, mean: 0.5, stdDev: 0.25 };

/** Rows in the form of the UCI repository's file: two clouds that overlap a little. */
function rows(count: number): string {
  const random = createSeededRandom(5);
  return Array.from({ length: count }, (_, row) => {
    const label = row % 2;
    const near = (low: number, high: number) => low + (high - low) * random.uniform() ** (label === 0 ? 2 : 0.5);
    return [near(-7, 6), near(-13, 12), near(-5, 17), near(-8, 2), label].join(',');
  }).join('\n');
}

describe('the data of a simulation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dppdl-data-'));
  const file = join(folder, 'data.yaml');
  before(() => {
    copyFileSync(join(example, 'data.yaml'), file);
    writeFileSync(join(folder, 'banknote_authentication.csv'), rows(1372));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('holds a fifth out where no test data are named', async () => {
    const { train, test } = await readData(file, format);
    assert.deepEqual([train.labels.length, test.labels.length], [1098, 274]);
    const drawn = train.draw(Uint32Array.of(3));
    assert.equal(drawn.inputs.length, 4);
    assert.deepEqual(await readData(file, format).then((again) => again.test), test);
  });

  it('serves a consortium file of one’s own', async () => {
    const laboratory = createLaboratory(0);
    const request = { consortium: join(example, 'consortium.yaml'), data: file, model: 'own', parties: 5, rounds: 4 };
    const { parties, consortium } = await laboratory.run(requestSchema.parse(request));
    assert.equal(consortium.name, 'banknotes');
    for (const { accuracy, examples } of parties) {
      assert.equal(examples, 219);
      assert.ok(accuracy !== null && accuracy > 0.75, String(accuracy));
    }
  });

  it('serves a consortium with a model of its own, whose topology is given', async () => {
    const built = await readConsortium(join(example, 'consortium.yaml'));
    const topology = layersTopology(built);
    const [consortium, model] = ['own.yaml', 'model.json'].map((name) => join(folder, name));
    writeFileSync(consortium, stringify({ ...built, model: { kind: 'layers', sha256: topologyHash(topology) } }));
    writeFileSync(model, JSON.stringify({ modelTopology: topology }));
    const set = { 'benchmark.epochs': 2, 'benchmark.batchSize': 16, 'training.localEpochs': 1 };
    const request = { consortium, data: file, model: 'own', parties: 4, rounds: 2, set, topology: model };
    const laboratory = createLaboratory(0);
    const { parties } = await laboratory.run(requestSchema.parse(request));
    await laboratory.close();
    for (const { accuracy } of parties) assert.ok(accuracy !== null && accuracy > 0.5, String(accuracy));

    const command = ['scripts/simulate.ts', ...argumentsOf(requestSchema.parse(request)), '--json'];
    const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: root });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout)[0].parties, parties);

    const { topology: _, ...without } = request;
    for (const [wrong, message] of [
      [without, /topology is not given/],
      [{ ...request, consortium: join(example, 'consortium.yaml') }, /kind mlp/],
    ] as const) {
      await assert.rejects(createLaboratory(0).run(requestSchema.parse(wrong)), { code: 'BAD_REQUEST', message });
    }
  });

  for (const [what, changes, message] of [
    ['a value the schema refuses', { set: { 'aggregation.levels': 0 } }, /aggregation\.levels/],
    ['a misbehaviour nobody knows', { misbehave: ['1:nothing'] }, /no misbehaviour/],
    ['a party that does not exist', { misbehave: ['9:collude'] }, /no party 9/],
    ['two misbehaviours of one party', { misbehave: ['1:collude', '1:dropOut:2'] }, /Party 1 .* two ways/],
    ['a stated number that nobody hears', { framework: 'standalone', misbehave: ['1:fewExamples:5:9'] }, /standalone/],
    [
      'a misbehaviour that a framework does not know',
      { framework: 'distributed', misbehave: ['1:collude'] },
      /distributed/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const request = requestSchema.parse({ consortium: join(example, 'consortium.yaml'), data: file, ...changes });
      await assert.rejects(createLaboratory(0).run(request), (error: Error) => {
        assert.match(error.message, message);
        return error instanceof SimulateError && error.code === 'BAD_REQUEST' && exitCodeFor(error) === 2;
      });
    });
  }
});
