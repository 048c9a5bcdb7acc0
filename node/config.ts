/**
 * The node's configuration file: one schema from which the types, the defaults, the checks and the table in
 * docs/operating.md come. The consortium file, which all parties share, is read here too.
 * @module
 */
import { availableParallelism, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { type Consortium, consortiumSchema } from './consortium.ts';
import { type DataOptions, dataSchema } from './dataset/options.ts';
import { type Problem, readYamlFile } from './yamlFile.ts';

const path = z.string().min(1).describe('a path; relative ones start at the configuration file');
const address = z
  .string()
  .regex(/^\/(ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/\d{1,5}$/)
  .describe('a multiaddr such as /ip4/10.0.0.7/tcp/4001');

/** Schema of the node's configuration file. Unknown keys are refused. */
export const nodeConfigSchema = z.strictObject({
  consortium: path.describe('the consortium file that all parties share; YAML or JSON'),
  dataFolder: path.describe('where this node keeps its state; created if it does not exist'),
  ledger: z.strictObject({
    rpcUrl: z
      .url({ protocol: /^https?$/ })
      .describe('the JSON-RPC address of a node of the consortium’s chain, such as http://127.0.0.1:8545'),
    chainId: z.int().min(1).describe('the chain’s id; another one is refused'),
    contract: z
      .string()
      .regex(/^0x[0-9a-fA-F]{40}$/)
      .describe('the address of the consortium’s contract: 0x and 40 hexadecimal digits'),
    invitation: path
      .optional()
      .describe('a member’s invitation, as `dppdl invite` prints it; members of the constitution need none'),
    pollIntervalMs: z.int().min(50).max(60_000).default(1000).describe('milliseconds between looks at the chain'),
  }),
  keys: z.strictObject({
    account: path.describe('keystore of the ledger account, as `dppdl keys new` writes it'),
    node: path.describe('keystore of the node’s own secret'),
    passwordFile: path.optional().describe('a file whose first line is the password of both'),
    passwordEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .optional()
      .describe('the environment variable that holds the password'),
  }),
  listen: z.array(address).min(1).default(['/ip4/0.0.0.0/tcp/4001']).describe('where the node accepts connections'),
  announce: z
    .array(address)
    .default([])
    .describe('where the other parties reach it, if not where it listens; the first one goes to the ledger'),
  data: dataSchema.describe('training data, and test data on which only this party’s accuracy is shown'),
  samples: z
    .strictObject({
      generator: z
        .enum(['auto', 'dpgan', 'gaussian'])
        .default('auto')
        .describe('how published samples are made; auto takes dpgan where the data allow an honest ε'),
      epsilon: z.number().positive().max(100).default(4).describe('ε of the whole release, per original record'),
      delta: z.number().positive().lt(1).default(1e-5).describe('δ of the same'),
      ranges: z
        .array(z.tuple([z.number(), z.number()]).describe('the lowest and the highest value'))
        .min(1)
        .optional()
        .describe(
          'tables: lowest and highest value of each feature before normalisation, or one pair for all, never measured from the data; for CSV known from data.table',
        ),
      sharingLevel: z
        .number()
        .positive()
        .max(1)
        .default(0.1)
        .describe(
          'λ: each rating uses ⌊λ·examples⌋ of the published samples, and at most the share λ of a gradient is delivered',
        ),
    })
    .prefault({}),
  privacy: z
    .strictObject({
      epsilon: z
        .number()
        .positive()
        .default(8)
        .describe('the most that all releases from these data may cost together'),
      delta: z.number().positive().lt(1).default(1e-5).describe('δ of the same'),
      labels: z
        .int()
        .min(1)
        .optional()
        .describe(
          'the most labels that models of these data may give to others’ samples; as many as asked for if absent',
        ),
      folder: path
        .optional()
        .describe(
          'where all nodes of this machine write down what they released from which records; ~/.dppdl if absent',
        ),
    })
    .prefault({})
    .describe('the privacy budget of these data, in all their copies; a release beyond it is refused'),
  learner: z
    .strictObject({
      threads: z
        .union([z.literal('auto'), z.int().min(1).max(256)])
        .default('auto')
        .describe('training threads; auto takes one per core'),
      relaxed: z
        .boolean()
        .default(false)
        .describe('use relaxed-simd kernels: faster, but results may differ between kinds of processor'),
      topology: path
        .optional()
        .describe('the model.json of a consortium’s own model, whose hash the consortium file carries'),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('the interface to bind; loopback unless you say otherwise'),
      port: z.int().min(0).max(65_535).default(9464),
    })
    .optional()
    .describe('a web page, /metrics for Prometheus and /health; off unless this section exists'),
  log: z
    .strictObject({
      level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
      file: path.optional().describe('JSON lines are appended here; errors and progress still go to the terminal'),
    })
    .prefault({}),
  seed: z
    .int()
    .min(0)
    .max(0x7fffffff)
    .optional()
    .describe('seed of this node’s repeatable choices; derived from its secret unless given'),
});

/** The file as an operator writes it. */
export type NodeConfigFile = z.input<typeof nodeConfigSchema>;

/** The configuration a node runs with: complete, its paths absolute. */
export type NodeConfig = Readonly<
  Omit<z.output<typeof nodeConfigSchema>, 'learner' | 'privacy'> & {
    /** The file itself, absolute. */
    readonly file: string;
    readonly privacy: z.output<typeof nodeConfigSchema>['privacy'] & { readonly folder: string };
    readonly learner: {
      readonly threads: number;
      readonly relaxed: boolean;
      readonly topology: string | undefined;
    };
  }
>;

/** The values of a data section that are paths, made absolute. */
export function resolveData(data: DataOptions, absolute: (path: string) => string): DataOptions {
  switch (data.format) {
    case 'idx': {
      const part = (files: { images: string; labels: string }) => ({
        images: absolute(files.images),
        labels: absolute(files.labels),
      });
      return { ...data, train: part(data.train), test: data.test && part(data.test) };
    }
    case 'npy': {
      const part = (files: typeof data.train) =>
        'archive' in files
          ? { ...files, archive: absolute(files.archive) }
          : { inputs: absolute(files.inputs), labels: absolute(files.labels) };
      return { ...data, train: part(data.train), test: data.test && part(data.test) };
    }
    default:
      return { ...data, train: absolute(data.train), test: data.test === undefined ? undefined : absolute(data.test) };
  }
}

/** Rules between keys, which a schema of single values cannot state. */
function conflicts(config: z.output<typeof nodeConfigSchema>): Problem[] {
  const problems: Problem[] = [];
  const add = (path: Problem['path'], text: string) => problems.push({ code: 'CONFLICT', path, text });
  const { keys, samples, privacy, listen, announce, data } = config;
  if ((keys.passwordFile === undefined) === (keys.passwordEnv === undefined)) {
    add(['keys'], 'needs either passwordFile or passwordEnv, not both');
  }
  if (keys.account === keys.node) {
    add(
      ['keys'],
      'needs two files: the account and the node’s secret are different keys, and only the account goes on the chain',
    );
  }
  if (announce.length === 0 && listen.some((where) => /^\/ip4\/0\.0\.0\.0\/|^\/ip6\/::\//.test(where))) {
    add(
      ['announce'],
      'is needed when listening on every interface: give the address at which the others reach this node',
    );
  }
  for (const [list, addresses] of [
    ['listen', listen],
    ['announce', announce],
  ] as const) {
    addresses.forEach((where, index) => {
      const port = Number(where.split('/').at(-1));
      const smallest = list === 'listen' ? 0 : 1;
      if (port < smallest || port > 65_535)
        add([list, index], `must end in a port from ${smallest} to 65535, not ${port}`);
    });
  }
  if (samples.epsilon > privacy.epsilon) {
    add(['samples', 'epsilon'], `must be at most privacy.epsilon = ${privacy.epsilon}, not ${samples.epsilon}`);
  }
  if (samples.delta > privacy.delta) {
    add(['samples', 'delta'], `must be at most privacy.delta = ${privacy.delta}, not ${samples.delta}`);
  }
  samples.ranges?.forEach(([low, high], feature) => {
    if (low >= high) {
      add(['samples', 'ranges', feature], `must go from a lower to a higher value, not from ${low} to ${high}`);
    }
  });
  if (data.format === 'csv') {
    data.table.columns.forEach((column, index) => {
      if (column.kind === 'numeric' && column.min >= column.max) {
        add(['data', 'table', 'columns', index, 'max'], `must be above min = ${column.min}, not ${column.max}`);
      }
    });
  }
  return problems;
}

/**
 * Reads and completes a configuration file. Nothing is opened or created besides the file itself.
 * @throws {@link ConfigError} `NOT_FOUND`, `NOT_READABLE`, `NOT_YAML`, `UNKNOWN_KEY`, `INVALID_VALUE`, `CONFLICT`.
 */
export async function readNodeConfig(file: string): Promise<NodeConfig> {
  const { value: config, refuseIf } = await readYamlFile(file, nodeConfigSchema);
  refuseIf(conflicts(config));
  const folder = dirname(resolve(file));
  const absolute = (relative: string) => resolve(folder, relative);
  const { threads, relaxed, topology } = config.learner;
  return {
    ...config,
    file: resolve(file),
    consortium: absolute(config.consortium),
    dataFolder: absolute(config.dataFolder),
    ledger: {
      ...config.ledger,
      invitation: config.ledger.invitation === undefined ? undefined : absolute(config.ledger.invitation),
    },
    keys: {
      ...config.keys,
      account: absolute(config.keys.account),
      node: absolute(config.keys.node),
      passwordFile: config.keys.passwordFile === undefined ? undefined : absolute(config.keys.passwordFile),
    },
    data: resolveData(config.data, absolute),
    privacy: {
      ...config.privacy,
      folder: config.privacy.folder === undefined ? join(homedir(), '.dppdl') : absolute(config.privacy.folder),
    },
    learner: {
      threads: threads === 'auto' ? availableParallelism() : threads,
      relaxed,
      topology: topology === undefined ? undefined : absolute(topology),
    },
    log: { ...config.log, file: config.log.file === undefined ? undefined : absolute(config.log.file) },
  };
}

/** Rules between the keys of a consortium file. */
function consortiumConflicts({ model, inputs, credibility, rounds }: Consortium): Problem[] {
  const problems: Problem[] = [];
  const add = (path: Problem['path'], text: string) => problems.push({ code: 'CONFLICT', path, text });
  const features = inputs.shape.reduce((product, side) => product * side, 1);
  if (model.kind === 'mlp') {
    const last = model.layers.length - 1;
    const units = model.output === 'sigmoid' && inputs.classes === 2 ? [1, 2] : [inputs.classes];
    if (model.layers[0] !== features) {
      add(
        ['model', 'layers', 0],
        `must be ${features}, the size of inputs.shape ${inputs.shape.join('×')}, not ${model.layers[0]}`,
      );
    }
    if (!units.includes(model.layers[last])) {
      add(
        ['model', 'layers', last],
        `must be ${units.join(' or ')}, as inputs.classes asks, not ${model.layers[last]}`,
      );
    }
  }
  if (model.kind === 'cnn' && (inputs.shape.length !== 3 || inputs.shape[2] !== model.channels)) {
    add(['inputs', 'shape'], `must be a height, a width and model.channels = ${model.channels}`);
  }
  if (credibility.graceRounds > rounds) {
    add(['credibility', 'graceRounds'], `must be at most rounds = ${rounds}, not ${credibility.graceRounds}`);
  }
  return problems;
}

/**
 * Reads a consortium file.
 * @throws {@link ConfigError} `NOT_FOUND`, `NOT_READABLE`, `NOT_YAML`, `UNKNOWN_KEY`, `INVALID_VALUE`, `CONFLICT`.
 */
export async function readConsortium(file: string): Promise<Consortium> {
  const { value, refuseIf } = await readYamlFile(file, consortiumSchema);
  refuseIf(consortiumConflicts(value));
  return value;
}

/** What `dppdl invite` prints. */
const invitationSchema = z.strictObject({
  expires: z.int().min(0).describe('Unix time of the last second at which the invitation is good'),
  signature: z
    .string()
    .regex(/^0x([0-9a-fA-F]{130})?$/)
    .describe('65 bytes in hexadecimal'),
});

/**
 * Reads an invitation.
 * @throws {@link ConfigError} `NOT_FOUND`, `NOT_READABLE`, `NOT_YAML`, `UNKNOWN_KEY`, `INVALID_VALUE`.
 */
export async function readInvitation(file: string): Promise<Readonly<z.infer<typeof invitationSchema>>> {
  return (await readYamlFile(file, invitationSchema)).value;
}
