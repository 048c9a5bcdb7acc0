/**
 * Reads a YAML or JSON file against a schema and reports every problem at once, each with its line, its path in the
 * file and what is allowed there.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Allowed, allowedAt, describeAllowed, toAllowed, valueAt } from './allowed.ts';
import { DppdlError, type DppdlErrorOptions } from './errors.ts';
import { systemCode } from './systemCode.ts';

/** Codes of {@link ConfigError}. */
export type ConfigErrorCode =
  | 'NOT_FOUND'
  | 'NOT_READABLE'
  | 'NOT_WRITABLE'
  | 'NOT_YAML'
  | 'UNKNOWN_KEY'
  | 'INVALID_VALUE'
  | 'CONFLICT'
  | 'USAGE';

/** A configuration that cannot be used; always the operator's to mend. */
export class ConfigError extends DppdlError<ConfigErrorCode> {
  constructor(code: ConfigErrorCode, message: string, options: Omit<DppdlErrorOptions, 'fault'>) {
    super(code, message, { fault: 'self', ...options });
  }
}

/** One thing wrong in a file. */
export interface Problem {
  readonly code: 'UNKNOWN_KEY' | 'INVALID_VALUE' | 'CONFLICT';
  /** Keys and positions from the root of the file. */
  readonly path: readonly (string | number)[];
  /** What is wrong and what is allowed, without the path. */
  readonly text: string;
}

/** A value short enough for a sentence. Keys that hold secrets do not occur in these files. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What zod found, in our words: what stands there and what may stand there. */
function toProblems(issue: z.core.$ZodIssue, root: unknown, schema: Allowed): Problem[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'unrecognized_keys') {
    const known = [...new Set(allowedAt(schema, path, root).flatMap((place) => Object.keys(place.properties ?? {})))];
    return issue.keys.map((key) => ({
      code: 'UNKNOWN_KEY',
      path: [...path, key],
      text: `is not a known key; ${path.length > 0 ? path.join('.') : 'the file'} takes ${known.join(', ')}`,
    }));
  }
  if (issue.code === 'custom')
    return [{ code: issue.params?.['conflict'] ? 'CONFLICT' : 'INVALID_VALUE', path, text: issue.message }];
  const allowed = [...new Set(allowedAt(schema, path, root).map(describeAllowed))];
  const found = valueAt(root, path);
  const expected = allowed.length > 0 ? allowed.join(', or ') : issue.message;
  return [
    {
      code: 'INVALID_VALUE',
      path,
      text: found === undefined ? `is missing; give ${expected}` : `must be ${expected}, not ${show(found)}`,
    },
  ];
}

/** Throws one error that lists all problems of a file. */
export function refuse(
  file: string,
  problems: readonly Problem[],
  lineOf: (path: Problem['path']) => number | undefined,
): never {
  const lines = problems.map((problem) => {
    const line = lineOf(problem.path);
    const place = problem.path.length > 0 ? problem.path.join('.') : 'the file';
    return `${file}${line === undefined ? '' : `:${line}`}: ${place} ${problem.text}.`;
  });
  throw new ConfigError(problems[0].code, lines.join('\n'), {
    action: `Correct ${problems.length === 1 ? 'this line' : `these ${problems.length} places`} and try again.`,
    meta: { file, problems: lines },
  });
}

/** A checked file, and a way to complain about it later with its line numbers. */
export interface CheckedFile<T> {
  readonly value: T;
  /** Refuses the file for reasons a schema cannot see; does nothing if there are none. */
  refuseIf(problems: readonly Problem[]): void;
}

/**
 * Reads `file` and checks it.
 * @throws {@link ConfigError} `NOT_FOUND`, `NOT_READABLE`, `NOT_YAML`, `UNKNOWN_KEY`, `INVALID_VALUE`.
 */
export async function readYamlFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<CheckedFile<z.output<Schema>>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = systemCode(cause);
    throw code === 'ENOENT'
      ? new ConfigError('NOT_FOUND', `There is no file ${file}.`, {
          action: 'Correct the path.',
          meta: { file },
          cause,
        })
      : new ConfigError('NOT_READABLE', `${file} cannot be read (${code}).`, {
          action: 'Check that it is a file and that this account may read it.',
          meta: { file },
          cause,
        });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [fault] = document.errors;
  if (fault) {
    const line = lines.linePos(fault.pos[0]).line;
    throw new ConfigError('NOT_YAML', `${file}:${line} is not valid YAML: ${fault.message}`, {
      action: 'Correct this line; indentation and quotes are the usual reasons.',
      meta: { file, line },
    });
  }
  const lineOf = (path: Problem['path']): number | undefined => {
    // A missing key has no line of its own: show its section's.
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  const root: unknown = document.toJS();
  const parsed = schema.safeParse(root, { reportInput: true });
  if (!parsed.success) {
    const allowed = toAllowed(schema);
    refuse(
      file,
      parsed.error.issues.flatMap((issue) => toProblems(issue, root, allowed)),
      lineOf,
    );
  }
  return {
    value: parsed.data,
    refuseIf(problems) {
      if (problems.length > 0) refuse(file, problems, lineOf);
    },
  };
}
