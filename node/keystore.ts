/**
 * A member's two secrets on disk, each in an encrypted file of Ethereum's Web3 Secret Storage format (version 3): the
 * ledger account, and the node's own secret from which all its other keys are derived. Two files, because the account
 * may one day live in an external signer, and the node's keys may not.
 * @module
 */
import { scrypt as nodeScrypt } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getAddress } from 'ethers/address';
import { scrypt } from 'ethers/crypto';
import { decryptKeystoreJson, encryptKeystoreJson, Wallet } from 'ethers/wallet';
import { DppdlError, type DppdlErrorOptions } from './errors.ts';
import { secureBytes } from './random.ts';
import { systemCode } from './systemCode.ts';

/** Codes of {@link KeystoreError}. */
export type KeystoreErrorCode =
  | 'NOT_FOUND'
  | 'NOT_READABLE'
  | 'NOT_A_KEYSTORE'
  | 'WRONG_KIND'
  | 'WRONG_PASSWORD'
  | 'NO_PASSWORD'
  | 'ALREADY_EXISTS'
  | 'NOT_WRITABLE'
  | 'BAD_PUBLIC_KEY'
  | 'WRONG_SECRET';

/** Keys that cannot be opened or made. Never carries a secret or a password. */
export class KeystoreError extends DppdlError<KeystoreErrorCode> {
  constructor(code: KeystoreErrorCode, message: string, options: Partial<DppdlErrorOptions>) {
    super(code, message, { fault: 'self', ...options });
  }
}

// ethers computes scrypt in JavaScript, in seconds; the runtime's own takes a third of one.
scrypt.register((password, salt, N, r, p, length) => {
  const maxmem = 128 * N * r + 64 * 1024 * 1024;
  return new Promise((resolve, reject) => {
    nodeScrypt(password, salt, length, { N, r, p, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
  });
});

function alreadyExists(path: string, cause?: unknown): KeystoreError {
  return new KeystoreError('ALREADY_EXISTS', `${path} already exists and is never overwritten.`, {
    action: 'Choose another name, or move the old file to a safe place if you are sure that it is not in use.',
    meta: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Writes a new file that only its owner may read: whole under its name or not at all, and never over another. */
async function writeNew(path: string, text: string): Promise<void> {
  const partial = `${path}.${Buffer.from(secureBytes(6)).toString('hex')}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(partial, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
      // A hard link, unlike a rename, fails if the name is taken.
      await link(partial, path);
    } finally {
      await file.close();
      await rm(partial);
    }
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'EEXIST' && cause instanceof Error && Reflect.get(cause, 'syscall') === 'link') {
      throw alreadyExists(path, cause);
    }
    throw new KeystoreError('NOT_WRITABLE', `${path} cannot be written (${code}).`, {
      action: 'Choose a folder this account may write to.',
      meta: { path },
      cause,
    });
  }
}

/** Where a member's two keystore files are. */
export interface KeystoreFiles {
  readonly account: string;
  readonly node: string;
}

/** How keystores are made. */
export interface KeystoreOptions {
  /** log₂ of scrypt's cost N: 17 takes 128 MiB and a third of a second a guess. Lower it for throw-away keys only. */
  readonly costLog2?: number;
  /** An existing account's private key, 0x and 64 hexadecimal digits, instead of a new one. */
  readonly accountKey?: string;
}

/**
 * Makes a new account and a new node secret and writes both, encrypted, readable by their owner only. Either both files
 * are written or none.
 * @returns the account's address.
 * @throws {@link KeystoreError} `ALREADY_EXISTS`, `NO_PASSWORD`, `NOT_WRITABLE`.
 */
export async function createKeystores(
  files: KeystoreFiles,
  password: string,
  { costLog2 = 17, accountKey }: KeystoreOptions = {},
): Promise<{ account: string }> {
  if (password === '') throw noPassword('The password is empty.');
  for (const path of [files.account, files.node]) {
    const taken = await access(path, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (taken || files.account === files.node) throw alreadyExists(path);
  }
  const account = accountKey === undefined ? Wallet.createRandom() : new Wallet(accountKey);
  // The format holds any 32 bytes that are a secp256k1 secret; all but one in 2¹²⁸ are, and this one draws such.
  const secret = Wallet.createRandom();
  const encrypt = async ({ address, privateKey }: { address: string; privateKey: string }, kind: Kind) => {
    const key = { address, privateKey };
    const json = await encryptKeystoreJson(key, password, { scrypt: { N: 2 ** costLog2, r: 8, p: 1 } });
    return JSON.stringify({ dppdl: kind, ...JSON.parse(json) });
  };
  const [accountJson, nodeJson] = await Promise.all([encrypt(account, 'account'), encrypt(secret, 'node')]);
  await writeNew(files.account, accountJson);
  try {
    await writeNew(files.node, nodeJson);
  } catch (error) {
    await rm(files.account);
    throw error;
  }
  return { account: account.address };
}

/** What a keystore holds; its field `dppdl` says it, which other readers of the format pass over. */
type Kind = 'account' | 'node';
const names: Readonly<Record<Kind, string>> = { account: 'the ledger account', node: 'the node' };

/** Reads a keystore's JSON. A file made elsewhere has no mark and can only be an account. */
async function readJson(path: string, kind: Kind): Promise<string> {
  const what = names[kind];
  const json = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw systemCode(cause) === 'ENOENT'
      ? new KeystoreError('NOT_FOUND', `There is no keystore of ${what} at ${path}.`, {
          action: 'Correct the path in the keys section, or make keys with `dppdl keys new`.',
          meta: { path },
          cause,
        })
      : new KeystoreError('NOT_READABLE', `The keystore of ${what} at ${path} cannot be read (${systemCode(cause)}).`, {
          action: 'Check that it is a file and that the account running the node may read it.',
          meta: { path },
          cause,
        });
  });
  if ((markOf(json, path) ?? 'account') === kind) return json;
  throw new KeystoreError(
    'WRONG_KIND',
    `${path} is not the keystore of ${what}, but ${names[kind === 'node' ? 'account' : 'node']}’s.`,
    {
      action:
        'Of the two files that `dppdl keys new` writes, give account.json as the account and node.json as the node.',
      meta: { path },
    },
  );
}

/** The mark of a keystore; undefined if it has none. */
function markOf(json: string, path: string): unknown {
  try {
    return JSON.parse(json)?.dppdl;
  } catch {
    throw notAKeystore(path);
  }
}

// The cause is left out: the parser's errors may quote what they read.
const notAKeystore = (path: string) =>
  new KeystoreError('NOT_A_KEYSTORE', `${path} is not a Web3 keystore (version 3), or it is damaged.`, {
    action: 'Give a file made by `dppdl keys new`, or restore it from your backup.',
    meta: { path },
  });

/**
 * Reads a keystore's address, which stands in it in clear text; needs no password.
 * @returns checksummed address.
 * @throws {@link KeystoreError} `NOT_FOUND`, `NOT_READABLE`, `NOT_A_KEYSTORE`, `WRONG_KIND`.
 */
export async function readAddress(path: string): Promise<string> {
  const json = await readJson(path, 'account');
  try {
    return getAddress(`0x${JSON.parse(json).address.replace(/^0x/, '')}`);
  } catch {
    throw notAKeystore(path);
  }
}

async function readKeystore(
  path: string,
  kind: Kind,
  password: string,
): Promise<{ address: string; privateKey: string }> {
  const json = await readJson(path, kind);
  return await decryptKeystoreJson(json, password).catch((cause: unknown) => {
    const wrongPassword = cause instanceof Error && 'argument' in cause && cause.argument === 'password';
    throw wrongPassword
      ? new KeystoreError('WRONG_PASSWORD', `The password does not open the keystore of ${names[kind]} at ${path}.`, {
          action: 'Give the password with which the file was made.',
          meta: { path },
        })
      : notAKeystore(path);
  });
}

/**
 * Opens the ledger account.
 * @returns its checksummed address and its private key, 0x and 64 hexadecimal digits.
 * @throws {@link KeystoreError} `NOT_FOUND`, `NOT_READABLE`, `NOT_A_KEYSTORE`, `WRONG_KIND`, `WRONG_PASSWORD`.
 */
export async function readAccount(path: string, password: string): Promise<{ address: string; privateKey: string }> {
  const { address, privateKey } = await readKeystore(path, 'account', password);
  return { address, privateKey };
}

/**
 * Opens the node's secret, from which `createNodeKeys` derives all its keys.
 * @returns 32 bytes.
 * @throws {@link KeystoreError} `NOT_FOUND`, `NOT_READABLE`, `NOT_A_KEYSTORE`, `WRONG_KIND`, `WRONG_PASSWORD`.
 */
export async function readNodeSecret(path: string, password: string): Promise<Uint8Array> {
  const { privateKey } = await readKeystore(path, 'node', password);
  return new Uint8Array(Buffer.from(privateKey.slice(2), 'hex'));
}

function noPassword(message: string, meta: DppdlErrorOptions['meta'] = {}): KeystoreError {
  return new KeystoreError('NO_PASSWORD', message, {
    action:
      'Put the password on the first line of the file named by keys.passwordFile, or in the variable named by keys.passwordEnv.',
    meta,
  });
}

/** Where a password comes from: a file's first line, or a variable of the given environment. */
export interface PasswordSource {
  readonly passwordFile?: string | undefined;
  readonly passwordEnv?: string | undefined;
}

/**
 * Reads a password.
 * @throws {@link KeystoreError} `NO_PASSWORD`.
 */
export async function readPassword(
  { passwordFile, passwordEnv }: PasswordSource,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (passwordFile !== undefined) {
    const text = await readFile(passwordFile, 'utf8').catch(() => {
      throw noPassword(`The password file ${passwordFile} cannot be read.`, { path: passwordFile });
    });
    const [password] = text.split(/\r?\n/, 1);
    if (password === '') throw noPassword(`The first line of ${passwordFile} is empty.`, { path: passwordFile });
    return password;
  }
  const password = passwordEnv === undefined ? undefined : environment[passwordEnv];
  if (!password) throw noPassword(`The environment variable ${passwordEnv ?? '(none named)'} holds no password.`);
  return password;
}
