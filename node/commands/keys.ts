/**
 * `dppdl keys`: makes a member's two keystores, and shows what is public in them.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { readNodeConfig } from '../config.ts';
import {
  createKeystores,
  KeystoreError,
  type KeystoreFiles,
  type PasswordSource,
  readAccount,
  readNodeSecret,
  readPassword,
} from '../keystore.ts';
import { createNodeKeys } from '../nodeKeys.ts';
import { ConfigError } from '../yamlFile.ts';
import { printFacts, printJson, printLines } from './output.ts';

interface Options {
  readonly config?: string;
  readonly folder?: string;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly accountKeyFile?: string;
  readonly json?: true;
}

/** Which files are meant, and where their password comes from: the configuration's, or those given one by one. */
async function locate(options: Options): Promise<{ files: KeystoreFiles; source: PasswordSource }> {
  if (options.config !== undefined) {
    const { keys } = await readNodeConfig(options.config);
    return { files: keys, source: keys };
  }
  const { folder, passwordFile, passwordEnv } = options;
  if (folder === undefined || (passwordFile === undefined) === (passwordEnv === undefined)) {
    throw new ConfigError('USAGE', 'The keys’ place is not given.', {
      action: 'Give --config, or --folder together with --password-file or --password-env.',
    });
  }
  return {
    files: { account: join(folder, 'account.json'), node: join(folder, 'node.json') },
    source: { passwordFile, passwordEnv },
  };
}

/** Reads an account's private key that was made elsewhere. */
async function readAccountKey(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new KeystoreError('NOT_READABLE', `The account key file ${path} cannot be read.`, {
      action: 'Correct the path.',
      cause,
    });
  });
  const key = text.trim().replace(/^(?!0x)/, '0x');
  if (/^0x[0-9a-fA-F]{64}$/.test(key)) return key;
  throw new KeystoreError('NOT_A_KEYSTORE', `${path} does not hold a private key of 64 hexadecimal digits.`, {
    action: 'Give a file with the key alone on its line.',
    meta: { path },
  });
}

async function makeKeys(options: Options): Promise<void> {
  const { files, source } = await locate(options);
  const password = await readPassword(source, process.env);
  const accountKey = options.accountKeyFile === undefined ? undefined : await readAccountKey(options.accountKeyFile);
  const { account } = await createKeystores(files, password, accountKey === undefined ? {} : { accountKey });
  if (options.json) printJson({ account, files: { account: files.account, node: files.node } });
  else {
    printFacts({ account, 'account keystore': files.account, 'node keystore': files.node });
    printLines('Back up both files and the password: whoever loses them loses the membership and its points.');
  }
}

async function showKeys(options: Options): Promise<void> {
  const { files, source } = await locate(options);
  const password = await readPassword(source, process.env);
  const [{ address }, secret] = await Promise.all([
    readAccount(files.account, password),
    readNodeSecret(files.node, password),
  ]);
  const keys = createNodeKeys(secret);
  const { peerIdOf } = await import('../peer/peer.ts');
  const shown = {
    account: address,
    peerId: peerIdOf(keys.peerSeed),
    maskKey: `0x${Buffer.from(keys.maskKey).toString('hex')}`,
    encryptionKey: `0x${Buffer.from(keys.encryptionKey).toString('hex')}`,
  };
  if (options.json) printJson(shown);
  else {
    printFacts({
      account: shown.account,
      'peer id': shown.peerId,
      'mask key': shown.maskKey,
      'encryption key': shown.encryptionKey,
    });
  }
}

const withPlace = (command: Command) =>
  command
    .option('--config <file>', 'take files and password from the keys section of this configuration')
    .option('--folder <folder>', 'the files are account.json and node.json in this folder')
    .option('--password-file <file>', 'the password is the first line of this file')
    .option('--password-env <name>', 'the password is in this environment variable')
    .option('--json', 'print one JSON object');

/** Creates the command. */
export function createKeysCommand(): Command {
  const command = new Command('keys').description('Make a member’s keys, or show what is public in them.');
  withPlace(command.command('new'))
    .description('Make a ledger account and a node secret, each in its own encrypted file; never overwrites.')
    .option('--account-key-file <file>', 'take an existing account’s private key, in hexadecimal, from this file')
    .addHelpText(
      'after',
      `
Examples:
  dppdl keys new --folder keys --password-file keys/password
  dppdl keys new --config node.yaml --json`,
    )
    .action(makeKeys);
  withPlace(command.command('show'))
    .description('Show the account, the peer id and the public keys. Secrets are never shown.')
    .addHelpText(
      'after',
      `
Examples:
  dppdl keys show --config node.yaml
  DPPDL_PASSWORD=… dppdl keys show --folder keys --password-env DPPDL_PASSWORD --json`,
    )
    .action(showKeys);
  return command;
}
