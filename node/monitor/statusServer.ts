/**
 * The node's own web server, on loopback unless the operator says otherwise: a page for people, the same as JSON,
 * /metrics for Prometheus and /health for supervisors. Read-only, and without secrets.
 * @module
 */
import { readFile } from 'node:fs/promises';
import fastify from 'fastify';
import type { NodeEvent } from '../algorithm/ports.ts';
import { DppdlError } from '../errors.ts';
import { systemCode } from '../systemCode.ts';
import { createMetrics, type NetworkFigures } from './metrics.ts';
import { emptyView, updateView } from './nodeView.ts';

/** A running server. */
export interface StatusServer {
  /** Where it listens. */
  readonly url: string;
  observe(event: NodeEvent): void;
  /** Shows the network's figures from now on. */
  watch(read: () => NetworkFigures): void;
  stop(): Promise<void>;
}

/** The page needs nothing but itself and its own server. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/**
 * Starts the server.
 * @param options - interface and port to bind; port 0 takes a free one.
 * @throws DppdlError `ADDRESS_IN_USE`; `ADDRESS_INVALID` if the interface is not this machine's or the port is not allowed.
 */
export async function startStatusServer(options: {
  readonly host: string;
  readonly port: number;
}): Promise<StatusServer> {
  const page = await readFile(new URL('./statusPage.html', import.meta.url), 'utf8');
  const metrics = createMetrics();
  let view = emptyView;
  let network: (() => NetworkFigures) | undefined;

  const server = fastify({ logger: false, bodyLimit: 1024 });
  server.addHook('onSend', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
  server.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  server.get('/status.json', async () => ({ ...view, network: network?.() }));
  server.get('/health', async () => ({ status: 'ok', phase: view.phase, round: view.round }));
  server.get('/metrics', async (_request, reply) => {
    const { text, contentType } = await metrics.render();
    return reply.type(contentType).send(text);
  });

  const url = await server.listen(options).catch(async (cause: unknown) => {
    await server.close();
    const code = systemCode(cause);
    const where = `${options.host}:${options.port}`;
    throw new DppdlError(
      code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'ADDRESS_INVALID',
      code === 'EADDRINUSE'
        ? `Another program listens on metrics.host and metrics.port, ${where}.`
        : `This machine cannot listen on metrics.host and metrics.port, ${where} (${code}).`,
      { fault: 'network', action: 'Choose another port or interface, or remove the metrics section.', cause },
    );
  });
  return {
    url,
    observe(event) {
      view = updateView(view, event);
      metrics.observe(event);
    },
    watch(read) {
      network = read;
      metrics.watch(read);
    },
    stop: () => server.close(),
  };
}
