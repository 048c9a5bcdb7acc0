/**
 * Every action of the SDK against the real contract, on both engines.
 * @module
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { getAddress, Wallet, ZeroAddress } from 'ethers';
import { advance } from '../../sdk/actions/advance.ts';
import { answerClaim } from '../../sdk/actions/answerClaim.ts';
import { download } from '../../sdk/actions/download.ts';
import { fileClaim } from '../../sdk/actions/fileClaim.ts';
import { getClaim } from '../../sdk/actions/getClaim.ts';
import { getEvents } from '../../sdk/actions/getEvents.ts';
import { getFacts } from '../../sdk/actions/getFacts.ts';
import { getOrders } from '../../sdk/actions/getOrders.ts';
import { getParties } from '../../sdk/actions/getParties.ts';
import { getPartyOf } from '../../sdk/actions/getPartyOf.ts';
import { getState } from '../../sdk/actions/getState.ts';
import { getVouchers } from '../../sdk/actions/getVouchers.ts';
import { init } from '../../sdk/actions/init.ts';
import { invite } from '../../sdk/actions/invite.ts';
import { isMember } from '../../sdk/actions/isMember.ts';
import { nameSuccessor } from '../../sdk/actions/nameSuccessor.ts';
import { report } from '../../sdk/actions/report.ts';
import { resign } from '../../sdk/actions/resign.ts';
import { resolveClaim } from '../../sdk/actions/resolveClaim.ts';
import { takeOver } from '../../sdk/actions/takeOver.ts';
import { update } from '../../sdk/actions/update.ts';
import { upload } from '../../sdk/actions/upload.ts';
import { voteClaim } from '../../sdk/actions/voteClaim.ts';
import { vouch } from '../../sdk/actions/vouch.ts';
import { fromBitmap } from '../../sdk/bitmap.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { isRevert } from '../../sdk/contract.ts';
import { deploy } from '../../sdk/deploy.ts';
import { LedgerError, RevertError } from '../../sdk/errors.ts';
import { deployModel } from '../../sdk/model/ledgerModel.ts';
import { unpackDeliveries, unpackOrders } from '../../sdk/packing.ts';
import { claimId } from '../../sdk/types.ts';
import { type Chain, engines } from '../chain.ts';
import { createFixture, type Fixture, fastSending, registrationOf, smallFacts } from './ledgerFixture.ts';

const commitment = (value: number) => new Uint8Array(32).fill(value);
const encryptionKey = commitment(7);

for (const { name, available, start } of engines) {
  describe(`actions on ${name}`, { skip: available ? false : `${name} is not installed: NOT RUN` }, () => {
    let chain: Chain;
    let fixture: Fixture;
    let clients: readonly Client[];
    const others = (self: number) => [0, 1, 2, 3].filter((id) => id !== self);

    before(async () => {
      chain = await start();
      fixture = await createFixture(chain);
      clients = fixture.clients;
    });
    after(async () => {
      fixture?.close();
      await chain.stop();
    });

    it('reads the constitution', async () => {
      assert.deepEqual(await getFacts(clients[0]), fixture.facts);
      assert.equal(await isMember(clients[0], { account: chain.wallets[3].address }), true);
      assert.equal(await isMember(clients[0], { account: chain.wallets[4].address }), false);
    });

    it('joins, and refuses by name what the contract refuses', async () => {
      const stranger = await clientOf(4);
      await assert.rejects(init(stranger, { registration: registrationOf(4) }), (error) => {
        assert.ok(isRevert(error, 'PartiesNotInvited') && error.fault === 'chain' && error.code === 'REVERTED');
        assert.deepEqual(error.args, [chain.wallets[4].address, 0n, 1n]);
        return true;
      });
      stranger.close();
      await init(clients[0], { registration: registrationOf(0) });
      await assert.rejects(advance(clients[0]), (error) => isRevert(error, 'RoundDeadlineAhead'));
      for (const id of [1, 2, 3]) await init(clients[id], { registration: registrationOf(id) });
      const state = await getState(clients[0]);
      assert.equal(state.phase, 'benchmark');
      assert.equal(state.minted, 4n * 1500n);
      assert.deepEqual(fromBitmap(state.credible), [0, 1, 2, 3]);
      assert.equal(await getPartyOf(clients[0], { account: chain.wallets[2].address }), 2);
      assert.equal(await getPartyOf(clients[0], { account: chain.wallets[5].address }), undefined);
    });

    it('runs a round with a claim', async () => {
      for (const client of clients) await report(client, { round: 0, lowContributors: [] });
      for (const [self, client] of clients.entries()) {
        const orders = others(self).map((provider) => ({ provider, count: 100 + provider }));
        await download(client, { round: 1, orders: orders.toReversed(), encryptionKey });
        if (self === 0)
          assert.deepEqual(await getOrders(client, { requester: 0 }), [0].concat(orders.map(({ count }) => count)));
      }
      const uploads = others(0).map((requester) => ({ requester, commitment: commitment(requester) }));
      for (const [self, client] of clients.entries()) {
        const deliveries = others(self).map((requester) => ({ requester, commitment: commitment(requester) }));
        await upload(client, { round: 1, deliveries: self === 0 ? uploads.toReversed() : deliveries });
      }
      const claim = claimId({ round: 1, requester: 1, provider: 0 });
      assert.equal((await getClaim(clients[0], { claim })).status, 'none');
      await fileClaim(clients[1], { round: 1, provider: 0, complaint: 'doesNotOpen', deliveries: uploads });
      await answerClaim(clients[0], { claim, key: commitment(9), location: 'https://example.org/blob' });
      await voteClaim(clients[2], { claim, upheld: false });
      await assert.rejects(resolveClaim(clients[3], { claim }), (error) => isRevert(error, 'ClaimWindowOpen'));
      await voteClaim(clients[3], { claim, upheld: false });
      await resolveClaim(clients[3], { claim });
      const settled = await getClaim(clients[0], { claim });
      assert.equal(settled.status, 'rejected');
      assert.equal(settled.complaint, 'doesNotOpen');
      assert.deepEqual(fromBitmap(settled.votesAgainst), [2, 3]);
      for (const client of clients) await report(client, { round: 1, lowContributors: [] });
      const parties = await getParties(clients[0]);
      assert.equal(
        parties.reduce((sum, { points }) => sum + points, 0n),
        6000n,
      );
      assert.equal(parties[0].points, 1500n - 306n + 300n + 10n);
    });

    it('shows the events, decoded', async () => {
      const orders = await getEvents(clients[0], { name: 'Downloaded', indexed: [1, 2] });
      assert.equal(orders.length, 1);
      assert.deepEqual(unpackOrders(orders[0].orders)[0], { provider: 0, count: 100 });
      const uploads = await getEvents(clients[0], { name: 'Uploaded', indexed: [1, null] });
      assert.deepEqual(
        uploads.map(({ provider }) => provider),
        [0, 1, 2, 3],
      );
      assert.deepEqual(unpackDeliveries(uploads[3].deliveries)[2], { requester: 2, commitment: commitment(2) });
      const [registered] = await getEvents(clients[0], { name: 'Registered', indexed: [3] });
      assert.deepEqual(registered.registration, registrationOf(3));
      const [constituted] = await getEvents(clients[0], { name: 'Constituted' });
      assert.deepEqual(constituted.facts, fixture.facts);
      assert.equal(constituted.block, fixture.deployment.block);
    });

    it('lets newcomers in by invitation and by votes, and members out', async () => {
      const [invited, voted] = [await clientOf(4), await clientOf(5)];
      const expires = 4_000_000_000;
      const invitation = await invite(clients[0], { account: chain.wallets[4].address, expires });
      const account = chain.wallets[5].address;
      await assert.rejects(init(voted, { registration: registrationOf(5), invitation }), (error) =>
        isRevert(error, 'InvitationInvalidSigner'),
      );
      await init(invited, { registration: registrationOf(4), invitation });
      for (const id of [0, 1, 2]) await vouch(clients[id], { account });
      assert.deepEqual(await getVouchers(clients[0], { account }), [0, 1, 2]);
      await init(voted, { registration: registrationOf(5) });
      await update(invited, { registration: registrationOf(4, 60) });
      assert.deepEqual(fromBitmap((await getState(invited)).pending), [4, 5]);
      await resign(clients[3]);
      assert.deepEqual(fromBitmap((await getState(invited)).credible), [0, 1, 2]);
      invited.close();
      voted.close();
    });

    it('lets another account take a party over, by the consent of the one before', async () => {
      const successor = await clientOf(6);
      const account = chain.wallets[6].address;
      const consent = await nameSuccessor(clients[1], { account, expires: 4_000_000_000 });
      const thief = await clientOf(7);
      await assert.rejects(takeOver(thief, consent), (error) => isRevert(error, 'SuccessionInvalidSigner'));
      await takeOver(successor, consent);
      assert.equal(await getPartyOf(successor, { account }), 1);
      assert.equal(await getPartyOf(successor, { account: chain.wallets[1].address }), undefined);
      assert.equal(await isMember(successor, { account: chain.wallets[1].address }), false);
      await assert.rejects(takeOver(successor, consent), (error) => isRevert(error, 'SuccessionInvalidSigner'));
      await assert.rejects(vouch(clients[1], { account }), (error) => isRevert(error, 'PartiesUnknownAccount'));
      const [changed] = await getEvents(successor, { name: 'TakenOver', indexed: [1] });
      assert.deepEqual([changed.former, changed.account], [chain.wallets[1].address, account]);
      successor.close();
      thief.close();
    });

    it('ends overdue phases', async () => {
      await chain.increaseTime(chain.day + 1);
      await advance(clients[2]);
      assert.equal((await getState(clients[0])).phase, 'deliver');
    });

    it('refuses the wrong chain, an address without a contract and a reader’s writes', async () => {
      const { url: rpcUrl, chainId } = chain;
      const { contract } = fixture.deployment;
      await assert.rejects(createClient({ rpcUrl, chainId: 5n, contract }), codeIs('WRONG_CHAIN'));
      const nowhere = Wallet.createRandom().address;
      await assert.rejects(createClient({ rpcUrl, chainId, contract: nowhere }), codeIs('NO_CONTRACT'));
      const reader = await createClient({ rpcUrl, chainId, contract });
      await assert.rejects(advance(reader), codeIs('NO_SIGNER'));
      await assert.rejects(invite(reader, { account: nowhere, expires: 1 }), codeIs('NO_SIGNER'));
      await assert.rejects(nameSuccessor(reader, { account: nowhere, expires: 1 }), codeIs('NO_SIGNER'));
      assert.equal((await getState(reader)).round, 2);
      reader?.close();
    });

    it('refuses an impossible constitution before anything is deployed, as the model does', async () => {
      const { url: rpcUrl, chainId } = chain;
      const many = Array.from({ length: 257 }, (_, index) =>
        getAddress(`0x${(index + 1).toString(16).padStart(40, '0')}`),
      );
      for (const [refusal, facts, members] of [
        [['ConstitutionInvalidFact', 'minProviders', 1n], { ...smallFacts, minProviders: 1 }, []],
        [['ConstitutionInvalidFact', 'claimDeposit', 0n], { ...smallFacts, claimDeposit: 0n }, []],
        [['ConstitutionTooManyMembers', 257n, 256n], smallFacts, many],
      ] as const) {
        const isIt = (error: unknown) => {
          assert.ok(error instanceof RevertError);
          assert.deepEqual([error.revert, ...error.args], refusal);
          return true;
        };
        const signer = chain.wallets[0];
        await assert.rejects(deploy({ rpcUrl, chainId, signer, facts, members, sending: fastSending }), isIt);
        assert.throws(() => deployModel({ facts, members, chainId, contract: ZeroAddress, time: 1 }), isIt);
      }
    });

    const codeIs = (code: string) => (error: unknown) => error instanceof LedgerError && error.code === code;
    const clientOf = (index: number) =>
      createClient({
        rpcUrl: chain.url,
        chainId: chain.chainId,
        contract: fixture.deployment.contract,
        signer: chain.wallets[index],
        sending: fastSending,
      });
  });
}
