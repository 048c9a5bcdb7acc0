/**
 * `dppdl config`: an example of the node's configuration file, and its schema for editors.
 * @module
 */
import { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Allowed, describeAllowed, listKeys, toAllowed } from '../allowed.ts';
import { nodeConfigSchema } from '../config.ts';
import { printJson, printLines } from './output.ts';

/** A configuration to start from; the tests check it against the schema. */
export const exampleConfig = `# A member's node. Relative paths start at this file. Everything not written here has a default.
consortium: consortium.yaml
dataFolder: state

ledger:
  rpcUrl: http://127.0.0.1:8545
  chainId: 31337
  contract: '0x5FbDB2315678afecb367f032d93F642f64180aa3'
  # invitation: invitation.json

keys:
  account: keys/account.json
  node: keys/node.json
  passwordFile: keys/password

listen:
  - /ip4/0.0.0.0/tcp/4001
announce:
  - /dns4/node.hospital.example/tcp/4001

data:
  format: idx
  train:
    images: data/train-images
    labels: data/train-labels
  test:
    images: data/test-images
    labels: data/test-labels

samples:
  epsilon: 4
  delta: 1.0e-5
  sharingLevel: 0.1

metrics:
  port: 9464

log:
  level: info
  file: state/node.log
`;

/** What a key takes, in one table cell. */
function describeCell({ description, ...allowed }: Allowed): string {
  const members = allowed.anyOf ?? allowed.oneOf ?? [allowed];
  const kinds = members.map((member) => describeAllowed(member)).join(', or ');
  if (description === undefined) return kinds;
  return allowed.type === 'string' && allowed.enum === undefined ? description : `${kinds}: ${description}`;
}

/** All keys of the configuration but those of `data`, which depend on its format and are told in examples. */
function configKeys(): { key: string; takes: string; required: boolean; default?: unknown }[] {
  const keys = listKeys(toAllowed(nodeConfigSchema)).filter(
    ({ path, allowed }) => allowed.type !== 'object' && path !== 'data' && !path.startsWith('data.'),
  );
  return keys.map(({ path, allowed, required }) => {
    return { key: path, takes: describeCell(allowed), required, default: allowed.default };
  });
}

/** {@link configKeys} as a Markdown table. */
export function configTable(): string {
  const rows = configKeys().map(({ key, takes, required, default: standard }) => {
    const shown = standard === undefined ? '' : `\`${JSON.stringify(standard)}\``;
    return `| \`${key}\` | ${takes} | ${required ? 'required' : shown} |`;
  });
  return ['| key | what it takes | default |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Creates the command. */
export function createConfigCommand(): Command {
  const command = new Command('config').description('Show an example of the node’s configuration file, or its schema.');
  command
    .command('example')
    .description('Print a commented configuration to start from.')
    .option('--json', 'print one JSON object, without the comments')
    .addHelpText('after', '\nExamples:\n  dppdl config example > node.yaml')
    .action((options: { readonly json?: true }) => {
      if (options.json) printJson(parse(exampleConfig));
      else process.stdout.write(exampleConfig);
    });
  command
    .command('schema')
    .description('Print the JSON Schema of the configuration, for editors that complete and check YAML.')
    .option('--json', 'print it on one line')
    .addHelpText('after', '\nExamples:\n  dppdl config schema > node.schema.json')
    .action((options: { readonly json?: true }) => {
      const schema = z.toJSONSchema(nodeConfigSchema, { io: 'input' });
      if (options.json) printJson(schema);
      else printLines(JSON.stringify(schema, undefined, 2));
    });
  command
    .command('table')
    .description('Print all keys but those of data with what they take and their defaults, as a Markdown table.')
    .option('--json', 'print a JSON array with one object a key')
    .addHelpText('after', '\nExamples:\n  dppdl config table')
    .action((options: { readonly json?: true }) => {
      if (options.json) printJson(configKeys());
      else printLines(configTable());
    });
  return command;
}
