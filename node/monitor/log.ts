/**
 * The node's log: fixed messages with structured context, as JSON lines in a file and as short lines on a terminal.
 * @module
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, type Logger, multistream, pino } from 'pino';
import { DppdlError } from '../errors.ts';

/** Facts beside a message. Never keys, examples, samples, gradients, or text a remote party chose. */
export type LogContext = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>;

/** One level of the log. */
type Write = (message: string, context?: LogContext, error?: unknown) => void;

/** A log, bound to the part of the program that writes to it. */
export interface Log {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** The same log for another part of the program. */
  child(module: string): Log;
}

/** How much is logged, and where. */
export interface LogOptions {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** JSON lines are appended here. */
  readonly file?: string | undefined;
  /** What goes to the terminal: short lines, JSON lines, or nothing (while a live view owns the screen). */
  readonly terminal: 'pretty' | 'json' | 'none';
}

/** Names whose values are never written, wherever they occur in a context. */
const SECRET_NAMES = [
  'password',
  'secret',
  'privateKey',
  'seed',
  'storeKey',
  'peerSeed',
  'encryptionSecret',
  'mnemonic',
];

const levelNames: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Makes control characters visible, so that no text can move the cursor or forge a line. */
export function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}

/** What an error adds to a log line: code and sentence; its stack only for errors the program did not expect. */
function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof DppdlError) {
    const { code, fault, message, action, meta } = error;
    return { error: { code, fault, message, ...(action === undefined ? {} : { action }), meta } };
  }
  if (error instanceof Error) return { error: { code: error.name, message: error.message, stack: error.stack } };
  return { error: { code: 'unknown', message: String(error) } };
}

/** One line for people: time, level, module, message, then the context as name=value. */
export function formatLine(json: string): string {
  const { level, time, module, msg, error, ...context } = JSON.parse(json);
  const facts = Object.entries(context).map(([name, value]) => {
    return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
  const reason = error === undefined ? [] : [`(${error.code}) ${error.message}`];
  const parts = [
    new Date(time).toISOString().slice(11, 19),
    (levelNames[level] ?? String(level)).padEnd(5),
    ...(module === undefined ? [] : [`${module}:`]),
    msg,
    ...facts,
    ...reason,
  ];
  return `${escapeControls(parts.join(' '))}\n`;
}

function wrap(logger: Logger): Log {
  const at = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): Write => {
    return (message, context = {}, error) =>
      logger[level]({ ...context, ...(error === undefined ? {} : describeError(error)) }, message);
  };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (module) => wrap(logger.child({ module })),
  };
}

/**
 * Opens the log. Lines are written at once, so that none is lost when the process dies.
 * @param terminal - where `pretty` and `json` go; the process's standard error.
 */
export function createLog(options: LogOptions, terminal: { write(text: string): unknown } = process.stderr): Log {
  const streams: { stream: DestinationStream; level: 'trace' }[] = [];
  if (options.file !== undefined) {
    mkdirSync(dirname(options.file), { recursive: true });
    streams.push({
      stream: destination({ dest: options.file, append: true, sync: true, mode: 0o600 }),
      level: 'trace',
    });
  }
  if (options.terminal !== 'none') {
    const show = options.terminal === 'json' ? (line: string) => line : formatLine;
    streams.push({ stream: { write: (line) => terminal.write(show(line)) }, level: 'trace' });
  }
  const redact = { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' };
  return wrap(pino({ level: options.level, base: null, redact }, multistream(streams)));
}
