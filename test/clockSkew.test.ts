/**
 * The clock check: which readings say that a clock is off, and which say nothing.
 * @module
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { assertClock, clockSkew, readChainTime } from '../node/clockSkew.ts';

const now = 1_700_000_000;

describe('clockSkew', () => {
  it('believes the endpoint’s date, in both directions', () => {
    assert.equal(clockSkew(now, { latestBlock: now - 5, endpoint: now - 100 }), 100);
    assert.equal(clockSkew(now, { latestBlock: now - 500, endpoint: now + 100 }), -100);
  });

  it('takes a block from the future for a clock that is behind, whatever the endpoint says', () => {
    assert.equal(clockSkew(now, { latestBlock: now + 60, endpoint: now }), -60);
  });

  it('takes an old block for a chain that stands still', () => {
    assert.equal(clockSkew(now, { latestBlock: now - 3600, endpoint: undefined }), undefined);
    assert.equal(clockSkew(now, { latestBlock: now - 3, endpoint: undefined }), 3);
  });

  it('allows 30 seconds', () => {
    for (const skew of [undefined, 0, 30, -30]) assertClock(skew);
    for (const skew of [31, -31, 86_400]) assert.throws(() => assertClock(skew), { code: 'CLOCK_SKEW', fault: 'self' });
  });
});

describe('readChainTime', () => {
  it('reads the date of an endpoint, also of one that refuses, and does without', async () => {
    let date: string | undefined = new Date(now * 1000).toUTCString();
    const server = createServer((_request, response) => {
      response.sendDate = false;
      if (date !== undefined) response.setHeader('date', date);
      response.statusCode = 500;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address !== 'string');
    const url = `http://user:secret@127.0.0.1:${address.port}`;
    assert.deepEqual(await readChainTime(url, async () => 7), { latestBlock: 7, endpoint: now });
    date = undefined;
    assert.deepEqual(await readChainTime(url, async () => 7), { latestBlock: 7, endpoint: undefined });
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual(await readChainTime(url, async () => 7), { latestBlock: 7, endpoint: undefined });
  });
});
