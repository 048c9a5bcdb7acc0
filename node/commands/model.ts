/**
 * `dppdl model identify` gives a developer's model the name it has in a consortium file, `dppdl model export` takes a
 * node's trained model out of its state, `dppdl predict` classifies new data with it.
 * @module
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { readConsortium, readNodeConfig } from '../config.ts';
import type { TableOptions } from '../dataset/options.ts';
import { readInputs } from '../dataset/readInputs.ts';
import { readNodeSecret, readPassword } from '../keystore.ts';
import { encodeLayersFiles, layersTopology, layersWeights } from '../learner/layersFile.ts';
import { createLearner, readTopology } from '../learner/learner.ts';
import { decodeModelFile, encodeModelFile, splitParameters } from '../learner/modelFile.ts';
import { createNodeKeys } from '../nodeKeys.ts';
import { createSqliteStore } from '../store/sqliteStore.ts';
import { systemCode } from '../systemCode.ts';
import { ConfigError } from '../yamlFile.ts';
import { printFacts, printJson, printLines } from './output.ts';
import { openOutput } from './outputFile.ts';

interface ExportOptions {
  readonly config: string;
  readonly output: string;
  readonly format: 'safetensors' | 'layers';
  readonly alone?: true;
  readonly json?: true;
}

/** Writes a whole file or none. */
function writeWhole(path: string, contents: Uint8Array | string): void {
  using file = openOutput(path);
  file.write(contents);
  file.keep();
}

/** The folder of a model in several files. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw new ConfigError('NOT_WRITABLE', `The folder ${path} cannot be made (${systemCode(cause)}).`, {
      action: 'Choose another place.',
      meta: { path },
      cause,
    });
  });
}

async function exportModel(options: ExportOptions): Promise<void> {
  const config = await readNodeConfig(options.config);
  const { model, inputs } = await readConsortium(config.consortium);
  const password = await readPassword(config.keys, process.env);
  const { storeKey } = createNodeKeys(await readNodeSecret(config.keys.node, password));
  await using cleanup = new AsyncDisposableStack();
  const store = createSqliteStore({ folder: config.dataFolder, secret: storeKey });
  cleanup.defer(() => store.close());
  const checkpoint = await store.checkpoint();
  if (checkpoint === undefined) {
    throw new ConfigError('USAGE', 'This node has not trained a model yet.', { action: 'Run the node first.' });
  }
  const { relaxed, topology } = config.learner;
  const learner = await createLearner(model, inputs, { relaxed, topology });
  cleanup.defer(() => learner.close());
  const parameters = options.alone ? checkpoint.alone : checkpoint.parameters;
  const description = { model, inputs };
  const files: string[] = [];
  if (options.format === 'layers') {
    const tensors = splitParameters(learner.tensors, parameters);
    const written =
      model.kind === 'layers'
        ? encodeLayersFiles(await readTopology(topology), tensors)
        : encodeLayersFiles(layersTopology(description), layersWeights(tensors));
    files.push(join(options.output, 'model.json'), join(options.output, 'weights.bin'));
    await makeFolder(options.output);
    writeWhole(files[1], written.weights);
    writeWhole(files[0], written.model);
  } else {
    files.push(options.output);
    writeWhole(options.output, encodeModelFile(description, learner.tensors, parameters));
  }
  const { round } = checkpoint;
  if (options.json) printJson({ round, parameters: parameters.length, files });
  else printFacts({ round, parameters: parameters.length, written: files.join(', ') });
}

async function identifyModel({ topology, json }: { readonly topology: string; readonly json?: true }): Promise<void> {
  const { identifyTopology } = await import('../learner/layersLearner.ts');
  const { sha256, shape, classes, parameterCount } = await identifyTopology(await readTopology(topology));
  if (json) printJson({ sha256, shape, classes, parameters: parameterCount });
  else printFacts({ sha256, shape: shape.join(' × '), classes, parameters: parameterCount });
}

/** Creates the command `model`. */
export function createModelCommand(): Command {
  const command = new Command('model').description('Bring a model of your own, and take the trained one elsewhere.');
  command
    .command('identify')
    .description(
      'Say what a TensorFlow.js Layers model is called in a consortium file: the SHA-256 of its topology. Also prints the ' +
        'shape of its inputs, its classes, and its parameters, which `dppdl deploy` asks for.',
    )
    .requiredOption('--topology <file>', 'the model.json that all parties share')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dppdl model identify --topology model.json
  dppdl model identify --topology model.json --json`,
    )
    .action(identifyModel);
  command
    .command('export')
    .description('Write the model as of the last finished round to a file. The node must not be running.')
    .requiredOption('--config <file>', 'the node’s configuration')
    .requiredOption('--output <path>', 'the file, or with --format layers the folder, to write')
    .addOption(
      new Option('--format <name>', 'safetensors, which `dppdl predict` reads, or a TensorFlow.js Layers model')
        .choices(['safetensors', 'layers'])
        .default('safetensors'),
    )
    .option('--alone', 'the model trained on this node’s data only, for comparison')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dppdl model export --config node.yaml --output model.safetensors
  dppdl model export --config node.yaml --output model --format layers`,
    )
    .action(exportModel);
  return command;
}

interface PredictOptions {
  readonly model: string;
  readonly inputs: string;
  readonly output?: string;
  readonly probabilities?: true;
  readonly config?: string;
  readonly topology?: string;
  readonly json?: true;
}

/** What the columns of a table mean, as a node's configuration says. */
async function readTable({ config, inputs }: PredictOptions): Promise<TableOptions | undefined> {
  if (!inputs.endsWith('.csv')) return undefined;
  if (config !== undefined) {
    const { data } = await readNodeConfig(config);
    if (data.format === 'csv') return data.table;
  }
  throw new ConfigError('USAGE', 'What the columns of the table mean is not given.', {
    action: 'Give --config with a node configuration whose data are a table.',
  });
}

async function predict(options: PredictOptions): Promise<void> {
  using output = options.output === undefined ? undefined : openOutput(options.output);
  const bytes = await readFile(options.model).catch((cause: unknown) => {
    throw new ConfigError('NOT_READABLE', `The model ${options.model} cannot be read (${systemCode(cause)}).`, {
      action: 'Give the path of a safetensors file that `dppdl model export` wrote.',
      meta: { path: options.model },
      cause,
    });
  });
  const { description, parameters } = decodeModelFile(bytes);
  const inputs = await readInputs(options.inputs, description.inputs, await readTable(options));
  const learner = await createLearner(description.model, description.inputs, { topology: options.topology });
  const labels = await learner.label(parameters, inputs);
  const probabilities = options.probabilities
    ? rowsOf(await learner.predict(parameters, inputs), learner.outputs)
    : undefined;
  await learner.close();
  const text = options.json
    ? JSON.stringify({ classes: [...labels], probabilities })
    : (probabilities === undefined ? [...labels] : probabilityLines(probabilities, learner.outputs, labels)).join('\n');
  if (output === undefined) return printLines(text);
  output.write(`${text}\n`);
  output.keep();
}

/** The probabilities of each row's classes (or of class 1, where that is all there is), to six places. */
function rowsOf(probabilities: Float32Array, outputs: number): number[][] {
  return Array.from({ length: probabilities.length / outputs }, (_, row) =>
    Array.from(probabilities.subarray(row * outputs, (row + 1) * outputs), (value) => Number(value.toFixed(6))),
  );
}

/** A table: the class, then its probabilities. */
function probabilityLines(
  probabilities: readonly (readonly number[])[],
  outputs: number,
  labels: Uint8Array,
): string[] {
  const names = outputs === 1 ? ['p1'] : Array.from({ length: outputs }, (_, unit) => `p${unit}`);
  const rows = probabilities.map((values, row) => [labels[row], ...values.map((value) => value.toFixed(6))].join(','));
  return [['class', ...names].join(','), ...rows];
}

/** Creates the command `predict`. */
export function createPredictCommand(): Command {
  return new Command('predict')
    .description('Classify new data with an exported model: one class number per row.')
    .requiredOption('--model <file>', 'a safetensors file that `dppdl model export` wrote')
    .requiredOption('--inputs <file>', 'new data: .npy, .csv, or an IDX file of pictures')
    .option('--config <file>', 'a node’s configuration that says what the columns of a .csv file mean')
    .option('--topology <file>', 'the model.json of a consortium’s own model')
    .option('--probabilities', 'write a table with the probability of each class')
    .option('--output <file>', 'write to a file instead of standard output')
    .option('--json', 'write one JSON object with the classes, and the probabilities where asked for')
    .addHelpText(
      'after',
      `
Examples:
  dppdl predict --model model.safetensors --inputs t10k-images-idx3-ubyte
  dppdl predict --model model.safetensors --inputs patients.csv --config node.yaml --probabilities
  dppdl predict --model model.safetensors --inputs new.npy --json --output classes.json`,
    )
    .action(predict);
}
