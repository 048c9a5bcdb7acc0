/**
 * The node's web server: page, status, metrics and health, over real HTTP on loopback.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DppdlError } from '../../node/errors.ts';
import { exitCodeOf, exitCodes } from '../../node/failure.ts';
import { type StatusServer, startStatusServer } from '../../node/monitor/statusServer.ts';
import { claimEvent, events } from '../events.ts';

describe('status server', () => {
  let server: StatusServer;
  before(async () => {
    server = await startStatusServer({ host: '127.0.0.1', port: 0 });
    for (const event of events) server.observe(event);
  });
  after(() => server.stop());
  const get = async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('serves one self-contained page that may load nothing from elsewhere', async () => {
    const { status, headers, text } = await get('/');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /text\/html/);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*connect-src 'self'/);
    assert.ok(!/(src|href)=/.test(text));
    assert.equal(headers.get('access-control-allow-origin'), null);
  });

  it('serves the view as JSON', async () => {
    const view = JSON.parse((await get('/status.json')).text);
    assert.equal(view.party, 1);
    assert.equal(view.rounds.length, 2);
    assert.equal(view.phase, 'closed');
  });

  it('serves Prometheus metrics of the run and the process', async () => {
    const { headers, text } = await get('/metrics');
    assert.match(headers.get('content-type') ?? '', /text\/plain/);
    const value = (name: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      );
    assert.equal(value('dppdl_round'), 1);
    assert.equal(value('dppdl_phase{phase="order"}'), 1);
    assert.equal(value('dppdl_phase{phase="benchmark"}'), 0);
    assert.equal(value('dppdl_accuracy_ratio{model="together"}'), 0.93);
    assert.equal(value('dppdl_points'), 123_456);
    assert.equal(value('dppdl_rounds_total'), 2);
    assert.equal(value('dppdl_rounds_skipped_total'), 1);
    assert.equal(value('dppdl_ordered_entries_total'), 6000);
    assert.equal(value('dppdl_received_entries_total'), 2800);
    assert.equal(value('dppdl_missing_deliveries_total'), 1);
    assert.equal(value('dppdl_warnings_total{code="TIMEOUT"}'), 1);
    assert.equal(value('dppdl_removed_parties_total'), 1);
    assert.equal(value('dppdl_credibility_ratio{party="2"}'), 0.35);
    assert.equal(value('dppdl_privacy_epsilon'), 4);
    assert.ok(value('process_resident_memory_bytes') > 1e6);
  });

  it('counts claims by step and side, from their filing to their end', async () => {
    const count = async (line: string) => {
      const found = (await get('/metrics')).text.split('\n').find((each) => each.startsWith(`${line} `));
      return Number(found?.split(' ')[1]);
    };
    const total = (step: string, side: string) => count(`dppdl_claims_total{step="${step}",side="${side}"}`);
    assert.equal(await total('filed', 'provider'), 0, 'there before the first claim');
    assert.equal(await count('dppdl_open_claims{side="jury"}'), 0);
    const against = { requester: 3, provider: 1, side: 'provider' } as const;
    // The one it judges was answered already when it looked first.
    server.observe(claimEvent('answered'));
    server.observe(claimEvent('filed', against));
    assert.equal(await count('dppdl_open_claims{side="jury"}'), 1);
    assert.equal(await count('dppdl_open_claims{side="provider"}'), 1);
    assert.equal(JSON.parse((await get('/status.json')).text).openClaims.length, 2);
    server.observe(claimEvent('votedAgainst'));
    server.observe(claimEvent('rejected'));
    server.observe(claimEvent('votedFor'));
    server.observe(claimEvent('upheld', against));
    for (const [step, side, expected] of [
      ...([
        ['filed', 'jury', 1],
        ['answered', 'jury', 1],
        ['votedAgainst', 'jury', 1],
        ['rejected', 'jury', 1],
      ] as const),
      ...([
        ['votedFor', 'jury', 1],
        ['upheld', 'jury', 0],
      ] as const),
      ...([
        ['filed', 'provider', 1],
        ['answered', 'provider', 0],
        ['upheld', 'provider', 1],
      ] as const),
      ...([['filed', 'requester', 0]] as const),
    ]) {
      assert.equal(await total(step, side), expected, `${step} ${side}`);
    }
    assert.equal(await count('dppdl_open_claims{side="jury"}'), 0);
    assert.equal(await count('dppdl_open_claims{side="provider"}'), 0);
  });

  it('serves what the peer counted, as it is when asked', async () => {
    const answers = { OK: 1, NOT_READY: 0, REFUSED: 2, RATE_LIMITED: 0, MALFORMED: 0, FAILED: 0, DROPPED: 0 };
    const figures = { answers, strangers: 3, failedAttempts: 4, sent: 5, received: 6 };
    server.watch(() => figures);
    await get('/metrics');
    answers.OK = 7;
    const { text } = await get('/metrics');
    for (const line of [
      ...['dppdl_answers_total{code="OK"} 7', 'dppdl_answers_total{code="REFUSED"} 2'],
      ...['dppdl_refused_strangers_total 3', 'dppdl_failed_attempts_total 4'],
      ...['dppdl_sent_bytes 5', 'dppdl_received_bytes 6'],
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    assert.deepEqual(JSON.parse((await get('/status.json')).text).network, figures);
  });

  it('tells supervisors that it lives', async () => {
    const { status, text } = await get('/health');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { status: 'ok', phase: 'closed', round: 1 });
  });

  it('has nothing else, and takes nothing', async () => {
    assert.equal((await get('/../package.json')).status, 404);
    assert.equal((await fetch(`${server.url}/status.json`, { method: 'POST', body: '{}' })).status, 404);
  });

  it('says in one sentence that its port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await assert.rejects(startStatusServer({ host: '127.0.0.1', port }), (error) => {
      assert.ok(error instanceof DppdlError && error.code === 'ADDRESS_IN_USE');
      assert.equal(exitCodeOf(error), exitCodes.network);
      return true;
    });
    await assert.rejects(startStatusServer({ host: '203.0.113.1', port: 0 }), { code: 'ADDRESS_INVALID' });
  });
});
