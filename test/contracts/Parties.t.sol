// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

contract PartiesTest is Fixture {
    function initRefused(uint256 party, IDppdl.Registration memory given, string memory field, uint256 value) private {
        address sender = account(party);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesInvalidRegistration.selector, field, value));
        vm.prank(sender);
        ledger.init(given, uninvited());
    }

    function test_memberJoins() public {
        deploy(facts(), 5);
        IDppdl.Registration memory given = registration(50, 100);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Registered(0, account(0), given);
        vm.roll(77);
        vm.prank(account(0));
        ledger.init(given, uninvited());
        IDppdl.Party memory party = ledger.parties(0, 1)[0];
        yes(party.account == account(0) && party.credible, "joined");
        equal(party.registeredAt, 77);
        equal(party.points, 0);
        (bool registered, uint8 id) = ledger.partyOf(account(0));
        yes(registered && id == 0, "id");
        (registered, ) = ledger.partyOf(account(1));
        yes(!registered, "stranger");
    }

    function test_pointsComeWhenFormingEnds() public {
        start();
        phaseIs(IDppdl.Phase.Benchmark, 0);
        for (uint256 party = 0; party < 4; ++party) {
            equal(points(party), 1500);
            equal(ledger.parties(party, 1)[0].cap, 500);
        }
        equal(ledger.state().minted, 6000);
    }

    function testFuzz_pointsFollowEquation2(uint32 parameterCount, uint32 examples, uint32 samples) public {
        vm.assume(parameterCount > 0 && examples > 0);
        samples = (samples % examples) + 1;
        vm.assume(samples <= examples);
        IDppdl.Facts memory given = facts();
        given.parameterCount = parameterCount;
        deploy(given, 5);
        for (uint256 party = 0; party < 4; ++party) {
            vm.prank(account(party));
            ledger.init(registration(samples, examples), uninvited());
        }
        IDppdl.Party memory first = ledger.parties(0, 1)[0];
        equal(first.points, (uint256(samples) * parameterCount * 3) / examples);
        equal(first.cap, (uint256(samples) * parameterCount) / examples);
        conserved();
    }

    function test_refusesARegistrationOutOfRange() public {
        deploy(facts(), 5);
        IDppdl.Registration memory given = registration(50, 100);
        given.peerId = "";
        initRefused(0, given, "peerId", 0);
        given.peerId = new bytes(65);
        initRefused(0, given, "peerId", 65);
        given.peerId = new bytes(64);
        given.location = "";
        initRefused(0, given, "location", 0);
        given.location = string(new bytes(257));
        initRefused(0, given, "location", 257);
        bytes memory characters = text(256);
        given.location = string(characters);
        characters[255] = 0x7f;
        initRefused(0, given, "location", 256);
        characters[255] = 0xff;
        initRefused(0, given, "location", 256);
        characters[255] = 0x1f;
        initRefused(0, given, "location", 256);
        characters[255] = 0x7e;
        characters[0] = 0x20;
        given.maskKey = 0;
        initRefused(0, given, "maskKey", 0);
        given.maskKey = KEY;
        given.encryptionKey = 0;
        initRefused(0, given, "encryptionKey", 0);
        given.encryptionKey = KEY;
        given.examples = 0;
        initRefused(0, given, "examples", 0);
        given.examples = 10;
        given.samples = 0;
        initRefused(0, given, "samples", 0);
        given.samples = 11;
        initRefused(0, given, "samples", 11);
        given.samples = 10;
        vm.prank(account(0));
        ledger.init(given, uninvited());
    }

    function test_refusesASecondInit() public {
        deploy(facts(), 5);
        join(0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesAlreadyRegistered.selector, account(0)));
        join(0);
    }

    function test_refusesAStranger() public {
        deploy(facts(), 5);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesNotInvited.selector, account(5), 0, 1));
        join(5);
    }

    function test_takesAMembersInvitation() public {
        deploy(facts(), 5);
        IDppdl.Invitation memory invitation = invite(2, account(9), uint64(START));
        vm.prank(account(9));
        equal(ledger.init(registration(1, 1), invitation), 0);
    }

    function test_refusesAnotherOnesInvitation() public {
        deploy(facts(), 5);
        IDppdl.Invitation memory invitation = invite(2, account(9), uint64(START));
        vm.prank(account(8));
        try ledger.init(registration(1, 1), invitation) {
            yes(false, "must not work");
        } catch (bytes memory reason) {
            yes(bytes4(reason) == IDppdl.InvitationInvalidSigner.selector, "signer");
        }
    }

    function test_refusesALateInvitation() public {
        deploy(facts(), 5);
        IDppdl.Invitation memory invitation = invite(2, account(9), uint64(START));
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.InvitationExpired.selector, START, START + 1));
        vm.prank(account(9));
        ledger.init(registration(1, 1), invitation);
    }

    function test_refusesAnInvitationByANonMember() public {
        deploy(facts(), 5);
        IDppdl.Invitation memory invitation = invite(6, account(9), uint64(START));
        vm.expectRevert(abi.encodeWithSelector(IDppdl.InvitationInvalidSigner.selector, account(6)));
        vm.prank(account(9));
        ledger.init(registration(1, 1), invitation);
    }

    function test_refusesAnInvitationByAMemberThatResigned() public {
        start();
        IDppdl.Invitation memory invitation = invite(3, account(9), uint64(START));
        vm.prank(account(3));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.InvitationInvalidSigner.selector, account(3)));
        vm.prank(account(9));
        ledger.init(registration(1, 1), invitation);
    }

    function test_refusesAMalformedSignature() public {
        deploy(facts(), 5);
        IDppdl.Invitation memory invitation = IDppdl.Invitation({expires: uint64(START), signature: new bytes(64)});
        vm.expectRevert(abi.encodeWithSelector(IDppdl.InvitationInvalidSigner.selector, address(0)));
        vm.prank(account(9));
        ledger.init(registration(1, 1), invitation);
    }

    function test_refusesTheOtherFormOfASignature() public {
        deploy(facts(), 5);
        IDppdl.Invitation memory invitation = invite(2, account(9), uint64(START));
        bytes memory signature = invitation.signature;
        bytes32 r;
        uint256 s;
        (r, s) = abi.decode(bytes.concat(signature, new bytes(0)), (bytes32, uint256));
        uint8 v = uint8(signature[64]);
        s = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - s;
        invitation.signature = abi.encodePacked(r, s, v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IDppdl.InvitationInvalidSigner.selector, address(0)));
        vm.prank(account(9));
        ledger.init(registration(1, 1), invitation);
    }

    function test_moreThanHalfVoteANewcomerIn() public {
        toOrder();
        for (uint256 party = 0; party < 2; ++party) {
            vm.prank(account(party));
            ledger.vouch(account(9));
        }
        equal(ledger.vouchers(account(9)), 3);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesNotInvited.selector, account(9), 2, 3));
        join(9);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Vouched(2, account(9));
        vm.prank(account(2));
        ledger.vouch(account(9));
        join(9);
    }

    function test_votesOnlyCountWhileCredible() public {
        toOrder();
        for (uint256 party = 0; party < 3; ++party) {
            vm.prank(account(party));
            ledger.vouch(account(9));
        }
        vm.prank(account(2));
        ledger.resign();
        // Two of the three who are left: still more than half.
        vm.prank(account(1));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesNotInvited.selector, account(9), 1, 2));
        join(9);
    }

    function test_noVotesWhileForming() public {
        deploy(facts(), 5);
        join(0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Forming));
        vm.prank(account(0));
        ledger.vouch(account(9));
    }

    function test_lateJoinerComesInAtTheNextRound() public {
        toOrder();
        join(4);
        IDppdl.State memory state = ledger.state();
        equal(state.pending, 1 << 4);
        equal(state.credible, 15);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetNotMember.selector, 4));
        order(4, 1, 3, 1);
        eachWaiting(1, IDppdl.Phase.Order);
        eachWaiting(1, IDppdl.Phase.Deliver);
        for (uint256 party = 0; party < 3; ++party) report(party, 1, 0);
        vm.expectEmit(true, true, true, true);
        // n = 5 now: ½ · 1000 · 4.
        emit IDppdl.Initialised(4, 2, 500, 2000);
        report(3, 1, 0);
        phaseIs(IDppdl.Phase.Order, 2);
        equal(ledger.state().credible, 31);
        equal(ledger.state().pending, 0);
        equal(points(4), 2000);
        equal(points(0), 1500);
        conserved();
    }

    function test_newDataBringsPointsForTheDifferenceOnly() public {
        toOrder();
        vm.prank(account(0));
        ledger.update(registration(150, 200));
        equal(ledger.parties(0, 1)[0].cap, 500);
        toNextRound();
        IDppdl.Party memory party = ledger.parties(0, 1)[0];
        equal(party.cap, 750);
        equal(party.minted, 2250);
        equal(party.points, 2250);
        vm.prank(account(0));
        ledger.update(registration(1, 200));
        toNextRound();
        party = ledger.parties(0, 1)[0];
        equal(party.cap, 750); // what was offered for the points stays offered
        equal(party.minted, 2250);
        equal(party.points, 2250);
        conserved();
    }

    function toNextRound() private {
        uint32 round = current();
        eachWaiting(round, IDppdl.Phase.Order);
        eachWaiting(round, IDppdl.Phase.Deliver);
        reportAll(round);
    }

    function test_newKeysTakeEffectAtOnceAndBringNothing() public {
        toOrder();
        IDppdl.Registration memory given = registration(50, 100);
        given.maskKey = bytes32(uint256(99));
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Registered(1, account(1), given);
        vm.prank(account(1));
        ledger.update(given);
        equal(ledger.state().pending, 0);
    }

    function test_aPeerIdBelongsToOneParty() public {
        start();
        IDppdl.Registration memory given = registration(50, 100);
        given.peerId = peerId(2);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesPeerIdTaken.selector, 1));
        vm.prank(account(4));
        ledger.init(given, uninvited());
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesPeerIdTaken.selector, 1));
        vm.prank(account(0));
        ledger.update(given);
        vm.prank(account(1));
        ledger.update(given);
        // Of party 0 too, whose id is what an empty table holds.
        given.peerId = peerId(1);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesPeerIdTaken.selector, 0));
        vm.prank(account(4));
        ledger.init(given, uninvited());
        equal(ledger.state().parties, 4);
    }

    function test_aPeerIdStaysItsPartysForEver() public {
        toOrder();
        IDppdl.Registration memory given = registration(50, 100);
        vm.prank(account(0));
        ledger.update(given);
        IDppdl.Registration memory stolen = registration(50, 100);
        stolen.peerId = peerId(1);
        // The one it had before.
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesPeerIdTaken.selector, 0));
        vm.prank(account(1));
        ledger.update(stolen);
        // Its present one, also when it has left; it may come back with either.
        vm.prank(account(0));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesPeerIdTaken.selector, 0));
        vm.prank(account(4));
        ledger.init(given, uninvited());
        vm.prank(account(0));
        ledger.init(stolen, uninvited());
    }

    function test_updateIsForPartiesOnly() public {
        start();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesUnknownAccount.selector, account(9)));
        vm.prank(account(9));
        ledger.update(registration(1, 1));
        vm.prank(account(0));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetNotMember.selector, 0));
        vm.prank(account(0));
        ledger.update(registration(1, 1));
    }

    function test_lateJoinerMayUpdateBeforeItIsIn() public {
        toOrder();
        join(4);
        vm.prank(account(4));
        ledger.update(registration(100, 100));
        toNextRound();
        equal(points(4), 4000);
    }

    function test_whoResignedComesBackWithItsPoints() public {
        toOrder();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Resigned(1, 3);
        vm.prank(account(3));
        ledger.resign();
        equal(ledger.state().credible, 7);
        equal(points(3), 1500);
        join(3);
        equal(ledger.state().parties, 4);
        toNextRound();
        equal(ledger.state().credible, 15);
        equal(points(3), 1500);
        conserved();
    }

    function test_resigningWhileFormingFreesTheSeat() public {
        deploy(facts(), 5);
        for (uint256 party = 0; party < 3; ++party) join(party);
        vm.prank(account(0));
        ledger.resign();
        equal(ledger.state().pending, 6);
        join(3);
        phaseIs(IDppdl.Phase.Forming, 0);
        join(4);
        phaseIs(IDppdl.Phase.Benchmark, 0);
        equal(points(0), 0);
        equal(points(1), 1500);
    }

    function test_refusesMoreThanMaxParties() public {
        IDppdl.Facts memory given = facts();
        given.maxParties = 4;
        deploy(given, 5);
        for (uint256 party = 0; party < 4; ++party) join(party);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesFull.selector, 4));
        join(4);
    }

    function test_pagesOfParties() public {
        start();
        equal(ledger.parties(0, 256).length, 4);
        equal(ledger.parties(1, 2).length, 2);
        yes(ledger.parties(1, 2)[0].account == account(1), "from");
        equal(ledger.parties(3, 2).length, 1);
        equal(ledger.parties(4, 2).length, 0);
        equal(ledger.parties(type(uint256).max, 2).length, 0);
    }
}
