/**
 * A JSON-RPC endpoint between a client and a chain that misbehaves on command: drops transactions it said it took,
 * stalls, answers with errors, loses answers, cuts connections.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What the proxy does with one request. */
export type Fault =
  /** Passes it on. */
  | 'none'
  /** Answers a raw transaction with its hash without passing it on. */
  | 'drop'
  /** Never answers and passes nothing on. */
  | 'stall'
  /** Passes it on and then cuts the connection instead of answering. */
  | 'lose'
  /** Cuts the connection at once. */
  | 'reset'
  /** Answers with a JSON-RPC error, as a node does that is behind. */
  | 'refuse'
  /** Answers as a node does that has not got the block yet: no block, no log. */
  | 'behind'
  /** Answers HTTP 503. */
  | 'unavailable'
  /** Answers with bytes that are no JSON. */
  | 'garbage';

/** A JSON-RPC request as the proxy sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A running proxy. */
export interface FaultProxy {
  readonly url: string;
  /** Requests seen so far, by method. */
  readonly seen: ReadonlyMap<string, number>;
  /** Faults done so far. */
  readonly done: ReadonlyMap<Fault, number>;
  /** Sets what happens to each request from now on; `index` counts the requests of its method from 0. */
  onRequest(decide: (request: SeenRequest, index: number) => Fault): void;
  /** Chain to pass requests to from now on. */
  forwardTo(url: string): void;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** Starts a proxy before `target`. `hashOf` gives the hash a dropped raw transaction is acknowledged with. */
export async function startFaultProxy(target: string, hashOf: (raw: string) => string): Promise<FaultProxy> {
  let upstream = target;
  let decide: (request: SeenRequest, index: number) => Fault = () => 'none';
  const seen = new Map<string, number>();
  const done = new Map<Fault, number>();

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request);
    // Of several requests in one message the last one stands for all.
    const message = JSON.parse(body);
    const requests: { id: number; method: string; params: unknown[] }[] = Array.isArray(message) ? message : [message];
    const { method, params } = requests[requests.length - 1];
    const index = seen.get(method) ?? 0;
    seen.set(method, index + 1);
    const fault = decide({ method, params }, index);
    done.set(fault, (done.get(fault) ?? 0) + 1);
    const reply = (answer: (request: { id: number; method: string }) => object) => {
      const answers = requests.map(answer);
      const text = JSON.stringify(Array.isArray(message) ? answers : answers[0]);
      return response.setHeader('content-type', 'application/json').end(text);
    };
    if (fault === 'stall') return;
    if (fault === 'reset') return request.socket.destroy();
    if (fault === 'unavailable') return response.writeHead(503).end('restarting');
    const error = { code: -32000, message: 'header not found' };
    if (fault === 'refuse') return reply(({ id }) => ({ jsonrpc: '2.0', id, error }));
    if (fault === 'garbage') return response.end('<html>bad gateway</html>');
    if (fault === 'behind')
      return reply(({ id, method: asked }) => ({ jsonrpc: '2.0', id, result: asked === 'eth_getLogs' ? [] : null }));
    if (fault === 'drop') return reply(({ id }) => ({ jsonrpc: '2.0', id, result: hashOf(String(params[0])) }));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(upstream, { method: 'POST', headers, body }).then((reply) => reply.text());
    if (fault === 'lose') return request.socket.destroy();
    return response.setHeader('content-type', 'application/json').end(answer);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    done,
    onRequest(next) {
      decide = next;
    },
    forwardTo(url) {
      upstream = url;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
