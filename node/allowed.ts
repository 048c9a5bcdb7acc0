/**
 * What a schema allows at each place, in words: for messages about files, and for the table in the documentation.
 * @module
 */
import { z } from 'zod';

/** The parts of a JSON Schema that say what a value may be. */
export interface Allowed {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Allowed>>;
  readonly items?: Allowed;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly anyOf?: readonly Allowed[];
  readonly oneOf?: readonly Allowed[];
}

/** Whether a union member can be meant by a value: the keys that tell members apart agree. */
function isMeant(member: Allowed, value: unknown): boolean {
  return Object.entries(member.properties ?? {}).every(
    ([key, { const: fixed }]) => fixed === undefined || valueAt(value, [key]) === fixed,
  );
}

/** All places in the schema that `path` can mean: in a union, one for each member the value could be meant for. */
export function allowedAt(schema: Allowed, path: readonly (string | number)[], value: unknown): Allowed[] {
  const members = schema.anyOf ?? schema.oneOf;
  if (members) {
    const meant = members.filter((member) => isMeant(member, value));
    return (meant.length > 0 ? meant : members).flatMap((member) => allowedAt(member, path, value));
  }
  if (path.length === 0) return [schema];
  const next = typeof path[0] === 'number' ? schema.items : schema.properties?.[path[0]];
  return next ? allowedAt(next, path.slice(1), valueAt(value, path.slice(0, 1))) : [];
}

/** "a number above 0 and at most 1" and the like. */
export function describeAllowed(schema: Allowed): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  const nouns: Record<string, string> = {
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section',
    string: 'a text',
  };
  const size = schema.type === 'array' ? ' entries' : ' characters';
  const bounds = [
    schema.exclusiveMinimum !== undefined ? `above ${schema.exclusiveMinimum}` : '',
    schema.minimum !== undefined && Math.abs(schema.minimum) < Number.MAX_SAFE_INTEGER
      ? `at least ${schema.minimum}`
      : '',
    schema.exclusiveMaximum !== undefined ? `below ${schema.exclusiveMaximum}` : '',
    schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? `at most ${schema.maximum}` : '',
    schema.minItems !== undefined ? `with at least ${schema.minItems}${size}` : '',
    schema.maxItems !== undefined ? `with at most ${schema.maxItems}${size}` : '',
    schema.minLength !== undefined && schema.minLength > 1 ? `with at least ${schema.minLength}${size}` : '',
  ].filter((bound) => bound !== '');
  const noun = nouns[schema.type ?? ''] ?? 'another value';
  const detail = schema.description ? ` (${schema.description})` : '';
  return `${noun}${bounds.length > 0 ? ` ${bounds.join(' and ')}` : ''}${detail}`;
}

/** The value at a path inside another; undefined where there is none. */
export function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined),
    root,
  );
}

/** What a schema allows in the files people write. */
export function toAllowed(schema: z.ZodType): Allowed {
  // A JSON Schema is a plain object by definition; here it is given its shape.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Allowed;
}

/** One key of a file. */
export interface Key {
  /** Keys from the root, joined by points; `[]` stands for the entries of a list. */
  readonly path: string;
  readonly allowed: Allowed;
  readonly required: boolean;
}

/** All keys below a place, sections before what is in them; keys that several members of a union share come once. */
export function listKeys(schema: Allowed, path = ''): Key[] {
  const members = schema.anyOf ?? schema.oneOf;
  if (members) return members.flatMap((member) => listKeys(member, path));
  if (schema.items) return listKeys(schema.items, `${path}[]`);
  return Object.entries(schema.properties ?? {}).flatMap(([name, allowed]) => {
    const key = path === '' ? name : `${path}.${name}`;
    return [{ path: key, allowed, required: schema.required?.includes(name) ?? false }, ...listKeys(allowed, key)];
  });
}
