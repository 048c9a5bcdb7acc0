/**
 * The JSON-RPC endpoint: ethers' provider over `fetch`, with a time limit on each attempt and retries with back-off, so
 * that a restarting or overloaded endpoint is a delay and not an error.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonRpcError, type JsonRpcPayload, JsonRpcProvider, type JsonRpcResult, Network } from 'ethers';
import { LedgerError } from './errors.ts';

/** How patient calls to the endpoint are. */
export interface ProviderOptions {
  /** http(s) address of the JSON-RPC endpoint; `user:password@` in it becomes basic authentication. */
  readonly rpcUrl: string;
  /** Chain the endpoint must serve. */
  readonly chainId: bigint;
  /** Longest wait for one answer, in milliseconds; then the request is sent again. */
  readonly timeoutMs?: number;
  /** Longest time one call may take with all its retries, in milliseconds; then `RPC_UNAVAILABLE`. */
  readonly patienceMs?: number;
  /**
   * Told when a call's first attempt brings no answer.
   * @param error - as it will be thrown if nothing changes.
   * @param patienceMs - how long the call is tried on.
   */
  readonly onSilence?: ((error: LedgerError, patienceMs: number) => void) | undefined;
}

/** First pause between two attempts; doubles up to {@link LONGEST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** HTTP answers that mean "try again": too many requests, and the gateway's and server's troubles. */
const isTransient = (status: number) => status === 429 || status === 408 || status >= 500;

/** Takes user and password, which must not appear in messages, out of an endpoint's address. */
function splitCredentials(rpcUrl: string): { url: string; headers: Record<string, string> } {
  const url = new URL(rpcUrl);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (url.username !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
    url.username = url.password = '';
  }
  return { url: url.href, headers };
}

/** Whether a decoded answer has the shape of a JSON-RPC result or error. */
function isAnswer(value: unknown): value is JsonRpcResult {
  return typeof value === 'object' && value !== null && 'id' in value && ('result' in value || 'error' in value);
}

/** ethers declares answers as results alone; an endpoint's may be errors. */
function isRefusal(answer: JsonRpcResult | JsonRpcError): answer is JsonRpcError {
  return 'error' in answer;
}

/** ethers' JSON-RPC provider whose every request survives an endpoint that stalls, drops connections or restarts. */
export class RetryingProvider extends JsonRpcProvider {
  readonly #timeoutMs: number;
  readonly #patienceMs: number;
  readonly #onSilence: ProviderOptions['onSilence'];
  readonly #endpoint: { readonly url: string; readonly headers: Record<string, string> };
  readonly #closed = new AbortController();

  constructor(options: ProviderOptions) {
    const network = new Network('dppdl', options.chainId);
    const endpoint = splitCredentials(options.rpcUrl);
    super(endpoint.url, network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
    this.#endpoint = endpoint;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#patienceMs = options.patienceMs ?? 60_000;
    this.#onSilence = options.onSilence;
  }

  /** Sends a request until it is answered. @throws LedgerError `RPC_UNAVAILABLE`. */
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const giveUp = Date.now() + this.#patienceMs;
    const body = JSON.stringify(payload);
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await this.#post(body, giveUp);
      } catch (cause) {
        if (cause instanceof LedgerError) throw cause;
        if (this.#closed.signal.aborted || Date.now() + pause >= giveUp) throw this.#unavailable(cause);
        if (pause === FIRST_PAUSE_MS) this.#onSilence?.(this.#unavailable(cause), this.#patienceMs);
      }
      await sleep(pause, undefined, { signal: this.#closed.signal }).catch((cause) => {
        throw this.#unavailable(cause);
      });
    }
  }

  /**
   * Sends requests in one message, so that one and the same node answers them, in their order, whatever stands before it.
   * @throws LedgerError `RPC_UNAVAILABLE`; `RPC_REFUSED` when the endpoint takes no two requests in one message.
   * @throws whatever ethers makes of an error in an answer.
   */
  async sendTogether(
    requests: readonly { readonly method: string; readonly params: readonly unknown[] }[],
  ): Promise<unknown[]> {
    const payloads = requests.map(
      ({ method, params }, index): JsonRpcPayload => ({ id: index + 1, jsonrpc: '2.0', method, params: [...params] }),
    );
    const answers = await this._send(payloads);
    return payloads.map((payload) => {
      const answer: JsonRpcResult | JsonRpcError | undefined = answers.find(({ id }) => id === payload.id);
      if (answer === undefined) throw this.#refusesSeveral();
      if (isRefusal(answer)) throw this.getRpcError(payload, answer);
      return answer.result;
    });
  }

  /** Ends all requests under way. */
  override destroy(): void {
    this.#closed.abort();
    super.destroy();
  }

  async #post(body: string, giveUp: number): Promise<JsonRpcResult[]> {
    const limit = Math.max(1, Math.min(this.#timeoutMs, giveUp - Date.now()));
    const response = await fetch(this.#endpoint.url, {
      method: 'POST',
      headers: this.#endpoint.headers,
      body,
      signal: AbortSignal.any([AbortSignal.timeout(limit), this.#closed.signal]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      const error = new Error(`HTTP status ${response.status}`);
      throw isTransient(response.status) ? error : this.#unavailable(error);
    }
    const answer: unknown = await response.json();
    const answers = Array.isArray(answer) ? answer : [answer];
    if (!answers.every(isAnswer)) throw new Error('the answer is not JSON-RPC');
    return answers;
  }

  #refusesSeveral(): LedgerError {
    const { url } = this.#endpoint;
    return new LedgerError('RPC_REFUSED', `The ledger's endpoint ${url} does not answer several requests at once`, {
      fault: 'chain',
      action: 'Let the endpoint accept JSON-RPC batches, or use the chain’s node itself.',
      meta: { url },
    });
  }

  #unavailable(cause: unknown): LedgerError {
    const why = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : '';
    const { url } = this.#endpoint;
    return new LedgerError('RPC_UNAVAILABLE', `The ledger's endpoint ${url} does not answer (${why})`, {
      fault: 'network',
      action: 'Check that the chain runs and that the address of its JSON-RPC endpoint is right.',
      meta: { url },
      cause,
    });
  }
}
