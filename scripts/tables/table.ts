/**
 * What a table of the results is: the runs it needs and how it is written.
 * @module
 */
import type { TopLevelSpec } from 'vega-lite';
import type { Outcome } from '../../node/simulation/experiment.ts';
import type { Request } from '../simulate/request.ts';

/** A finished run as it is kept: everything but the summary. */
export type RunRecord = Omit<Outcome, 'summary'> & {
  readonly request: Request;
  /** CPU seconds the run took. */
  readonly seconds: number;
};

/** How much is run. */
export interface Scope {
  readonly models: readonly ('mlp' | 'cnn')[];
  /** Numbers of parties. */
  readonly parties: readonly number[];
  /** Parties of the tables that vary something else. */
  readonly middle: number;
  readonly seeds: (model: 'mlp' | 'cnn', parties: number) => readonly number[];
  readonly rounds: number;
  readonly data: string | undefined;
  /** Which of a table's variations are run. */
  readonly some: <Variation>(variations: readonly Variation[]) => readonly Variation[];
}

/** One line of a table: cells by column, the runs behind it and how to repeat them. */
export interface Row {
  readonly cells: Readonly<Record<string, string | number>>;
  /** Exact values, for the JSON. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly seeds: readonly number[];
  /** What to type; undefined where a row is not of `npm run simulate`. */
  readonly command: string;
}

/** A written table. */
export interface Section {
  readonly rows: readonly Row[];
  /** Charts by file name without `.svg`. */
  readonly charts?: Readonly<Record<string, { readonly caption: string; readonly spec: TopLevelSpec }>>;
  /** What a reader must know to read it. */
  readonly notes: readonly string[];
}

/** Finds the records of requests; a table is only written when all are there. */
export type Find = (request: Request) => RunRecord;

/** A table of the results. */
export interface Table {
  readonly name: string;
  readonly title: string;
  requests(scope: Scope): readonly Request[];
  write(scope: Scope, find: Find): Promise<Section> | Section;
}
