/**
 * A process of its own on a data folder, to be killed by the test that started it.
 * @module
 */
import { writeSync } from 'node:fs';
import { DppdlError } from '../../node/errors.ts';
import { createSqliteStore } from '../../node/store/sqliteStore.ts';

const [mode, folder] = process.argv.slice(2);
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const say = (text: string) => writeSync(1, `${text}\n`);

try {
  const store = createSqliteStore({ folder, secret: bytes(32, 5), keepRounds: 1_000 });
  const parameters = Float32Array.of(1, 2);
  const first = ((await store.checkpoint())?.round ?? 0) + 1;
  if (mode === 'save') {
    await store.saveRoundKey(7, { publicKey: bytes(32, 1), secretKey: bytes(32, 2) });
    await store.saveCheckpoint({ round: 7, parameters, alone: parameters, credibility: [], silence: [] });
    await store.saveBlobs(7, new Map([[2, { blob: bytes(200_000, 9), key: bytes(32, 9) }]]));
    say('saved');
    setInterval(() => {}, 1000);
  }
  for (let round = first; mode === 'loop'; round++) {
    if ((await store.blobs(round)) === undefined) {
      await store.saveBlobs(
        round,
        new Map([1, 2, 3, 4, 5].map((party) => [party, { blob: bytes(20_000, party), key: bytes(32, 9) }])),
      );
    }
    await store.saveCheckpoint({ round, parameters, alone: parameters, credibility: [], silence: [] });
    say(`round ${round}`);
  }
} catch (error) {
  say(error instanceof DppdlError ? error.code : String(error));
}
