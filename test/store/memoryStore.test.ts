/**
 * The store in memory keeps the port's promises.
 * @module
 */
import { createMemoryStore } from '../../node/store/memoryStore.ts';
import { testStore } from '../compliance/store.ts';

testStore('memory store', () => ({ store: createMemoryStore({ keepRounds: 2 }), reopen: undefined, end() {} }));
