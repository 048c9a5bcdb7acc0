/**
 * The one error type of the product: a code for programs, a sentence for people, whose fault it is and what to do.
 * Each folder declares its own codes in a subclass; a remote party is only ever sent the code.
 * @module
 */

/** Whose fault an error is, and with it what the node does: stop, drop the peer for this round, retry, or retry then stop. */
export type Fault = 'self' | 'peer' | 'network' | 'chain';

/** What an error is made of. */
export interface DppdlErrorOptions {
  /** Whose fault it is. */
  readonly fault: Fault;
  /** One imperative sentence: what the reader should do now. */
  readonly action?: string;
  /** Facts for machines, JSON-safe and free of secrets. */
  readonly meta?: Readonly<Record<string, string | number | boolean | null | readonly string[] | readonly number[]>>;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** Base of every error the product throws on purpose. */
export class DppdlError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly fault: Fault;
  readonly action: string | undefined;
  readonly meta: NonNullable<DppdlErrorOptions['meta']>;

  constructor(code: Code, message: string, options: DppdlErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.fault = options.fault;
    this.action = options.action;
    this.meta = options.meta ?? {};
  }
}
