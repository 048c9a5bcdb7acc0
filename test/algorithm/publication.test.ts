/**
 * The published samples' bytes.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AlgorithmError } from '../../node/algorithm/errors.ts';
import { decodeSamples, encodeSamples, restate, samplesHash } from '../../node/algorithm/publication.ts';

const shape = [2, 3, 1];
const badSamples = (error: unknown) => error instanceof AlgorithmError && error.code === 'BAD_SAMPLES';

describe('published samples', () => {
  it('come back within half a step of 255', () => {
    const value = fc.float({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), (values) => {
        const inputs = Float32Array.from(values);
        const bytes = encodeSamples({ inputs, shape });
        const decoded = decodeSamples(bytes, shape, samplesHash(bytes));
        const step = (Math.max(...inputs) - Math.min(...inputs)) / 255;
        decoded.inputs.forEach((read, index) => {
          assert.ok(Math.abs(read - inputs[index]) <= step / 2 + 1e-4);
        });
        assert.deepEqual(decoded.shape, shape);
      }),
    );
  });

  const bytes = encodeSamples({ inputs: Float32Array.from({ length: 12 }, (_, index) => index), shape });

  it('are refused when they are not those of the INIT', () => {
    const flipped = bytes.slice();
    flipped[30] ^= 1;
    assert.throws(() => decodeSamples(flipped, shape, samplesHash(bytes)), badSamples);
  });

  it('are refused with another shape, length or range, even when the hash is right', () => {
    const refuse = (changed: Uint8Array, other = shape) =>
      assert.throws(() => decodeSamples(changed, other, samplesHash(changed)), badSamples);
    refuse(bytes, [3, 2, 1]);
    refuse(bytes, [6]);
    refuse(bytes.slice(0, -1));
    refuse(bytes.slice(0, 5));
    refuse(new Uint8Array(0));
    const infinite = bytes.slice();
    new DataView(infinite.buffer).setFloat32(4, Number.POSITIVE_INFINITY, true);
    refuse(infinite);
  });

  it('of any bytes, or with bytes changed, cut or repeated: one code, no crash, nothing kept beyond what arrived', () => {
    const changed = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(3)).map(([pick, change, kind]) => {
      const at = pick % bytes.length;
      if (kind === 0) return bytes.with(at, bytes[at] ^ change);
      if (kind === 1) return bytes.slice(0, at);
      if (kind === 2) return Buffer.concat([bytes, bytes.subarray(at)]);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + (change % 9))]);
    });
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (given) => {
        const wrong = Uint8Array.from(given);
        try {
          // The owner of the samples chooses them: their hash is always right.
          const { inputs } = decodeSamples(wrong, shape, samplesHash(wrong));
          assert.ok(inputs.length < wrong.length && inputs.every(Number.isFinite));
          read++;
        } catch (error) {
          assert.ok(badSamples(error), String(error));
        }
      }),
      { seed: 3, numRuns: 3_000 },
    );
    assert.ok(read > 100, 'some changes are of values only');
    const promising = bytes.slice();
    new DataView(promising.buffer).setUint32(8, 0xffff_ffff, true);
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(() => decodeSamples(promising, shape, samplesHash(promising)), badSamples);
    assert.throws(() => decodeSamples(bytes, shape, samplesHash(bytes), 1), badSamples);
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
  });
});

describe('what is stated of data that have changed', () => {
  const bytes = encodeSamples({ shape: [2], inputs: new Float32Array(2 * 30) });
  const stated = { examples: 60, samples: 30 };

  it('is what there is, with no more samples than were published', () => {
    assert.deepEqual(restate(bytes, { examples: 90, samples: 45 }, stated, 10), { examples: 90, samples: 30 });
    assert.deepEqual(restate(bytes, { examples: 60, samples: 6 }, stated, 10), { examples: 60, samples: 6 });
    assert.deepEqual(restate(bytes, { examples: 30, samples: 15 }, stated, 10), { examples: 30, samples: 15 });
  });

  it('stays when there are fewer records than published samples, unless everybody takes so many', () => {
    assert.deepEqual(restate(bytes, { examples: 29, samples: 14 }, stated, 10), stated);
    assert.deepEqual(restate(bytes, { examples: 29, samples: 14 }, stated, 30), { examples: 29, samples: 14 });
  });
});
