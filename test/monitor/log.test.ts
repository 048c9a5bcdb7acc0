/**
 * The log: JSON for machines, one line for people, and no secret, control character or lost line in either.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DppdlError } from '../../node/errors.ts';
import { createEventLog } from '../../node/monitor/eventLog.ts';
import { createLog, formatLine } from '../../node/monitor/log.ts';
import { events } from '../events.ts';

class Screen {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

describe('createLog', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dppdl-log-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('writes JSON lines to the file and short lines to the terminal, at once', async () => {
    const file = join(folder, 'deep/node.log');
    const screen = new Screen();
    const log = createLog({ level: 'info', file, terminal: 'pretty' }, screen).child('exchange');
    log.info('Downloaded gradient', { round: 3, from: 2, count: 1400 });
    log.debug('Not shown');
    const [line, ...rest] = (await readFile(file, 'utf8')).trim().split('\n');
    assert.deepEqual(rest, []);
    const { time, ...written } = JSON.parse(line);
    assert.ok(Number.isInteger(time));
    assert.deepEqual(written, {
      level: 30,
      module: 'exchange',
      round: 3,
      from: 2,
      count: 1400,
      msg: 'Downloaded gradient',
    });
    assert.match(screen.text, /^\d\d:\d\d:\d\d info {2}exchange: Downloaded gradient round=3 from=2 count=1400\n$/);
    assert.equal((await stat(file)).mode & 0o077, 0);
  });

  it('appends to what an earlier run wrote', async () => {
    const file = join(folder, 'twice.log');
    createLog({ level: 'info', file, terminal: 'none' }).info('first');
    createLog({ level: 'info', file, terminal: 'none' }).info('second');
    assert.equal((await readFile(file, 'utf8')).trim().split('\n').length, 2);
  });

  it('never writes values under secret names', () => {
    const screen = new Screen();
    const log = createLog({ level: 'trace', terminal: 'json' }, screen);
    log.info('Opened', { password: 'hunter2', seed: 42, privateKey: '0xabc' });
    log.warn('Failed', {}, new DppdlError('X', 'no', { fault: 'self', meta: { secret: 'hunter2' } }));
    assert.ok(!/hunter2|0xabc|42/.test(screen.text.replaceAll(/"time":\d+/g, '')), screen.text);
  });

  it('writes our errors by code and action, others with their stack', () => {
    const screen = new Screen();
    const log = createLog({ level: 'info', terminal: 'json' }, screen);
    log.error('Stopped', { round: 1 }, new DppdlError('LOST', 'It is gone.', { fault: 'network', action: 'Look.' }));
    log.error('Stopped', {}, new TypeError('x is not a function'));
    const [ours, other] = screen.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).error);
    assert.deepEqual(ours, { code: 'LOST', fault: 'network', message: 'It is gone.', action: 'Look.', meta: {} });
    assert.equal(other.code, 'TypeError');
    assert.match(other.stack, /log\.test\.ts/);
  });

  it('escapes control characters on the terminal', () => {
    const line = JSON.stringify({ level: 40, time: 0, msg: 'Peer says', name: 'a\u001b[2J\nfake line' });
    assert.equal(formatLine(line), '00:00:00 warn  Peer says name=a\\u001b[2J\\nfake line\n');
  });
});

describe('createEventLog', () => {
  it('writes one line an event, with its numbers, warnings at their level', () => {
    const screen = new Screen();
    const observe = createEventLog(createLog({ level: 'info', terminal: 'json' }, screen));
    for (const event of events) observe(event);
    const lines = screen.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, events.length);
    assert.ok(lines.every(({ module }) => module === 'node'));
    const { time, ...round } = lines[5];
    assert.ok(time > 0);
    assert.deepEqual(round, {
      level: 30,
      module: 'node',
      msg: 'Finished round',
      ...{ party: 1, round: 1, accuracy: 0.9125, accuracyAlone: 0.85, points: '123456' },
      ...{ ordered: 3000, received: 2800, missing: [3], skipped: false },
      ...{ credibility: [0.4, 0, 0.35, 0.25], reported: [], bytesSent: 2_500_000, bytesReceived: 1_000_000 },
      ...{ trainSeconds: 1, orderSeconds: 0.5, deliverSeconds: 2, evaluateSeconds: 0.75 },
    });
    assert.deepEqual(
      lines.filter(({ level }) => level === 40).map(({ msg }) => msg),
      ['Trouble in the round', 'Party was voted out'],
    );
  });
});
