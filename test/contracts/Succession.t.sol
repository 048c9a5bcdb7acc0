// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice A party's account hands over to another one.
contract SuccessionTest is Fixture {
    /// @notice The account of key 1001 + `successor` takes party `party` over from the account of key 1001 + `former`.
    function succeed(uint256 former, uint256 successor) private {
        bytes memory signature = consent(former, account(successor), uint64(block.timestamp));
        vm.prank(account(successor));
        ledger.takeOver(uint64(block.timestamp), signature);
    }

    function refuses(bytes memory reason, uint256 successor, uint64 expires, bytes memory signature) private {
        vm.expectRevert(reason);
        vm.prank(account(successor));
        ledger.takeOver(expires, signature);
    }

    function test_theSuccessorHasAllTheFormerHad() public {
        toDeliver();
        deliver(1, 1, askedOf(1));
        IDppdl.Party memory before = ledger.parties(2, 1)[0];
        bytes memory signature = consent(2, account(9), uint64(START));
        vm.expectEmit(true, true, true, true);
        emit IDppdl.TakenOver(2, account(2), account(9));
        vm.prank(account(9));
        equal(ledger.takeOver(uint64(START), signature), 2);
        IDppdl.Party memory party = ledger.parties(2, 1)[0];
        yes(party.account == account(9), "account");
        before.account = account(9);
        yes(keccak256(abi.encode(party)) == keccak256(abi.encode(before)), "all else is as it was");
        (bool known, uint8 id) = ledger.partyOf(account(9));
        yes(known, "known");
        equal(id, 2);
        (known, ) = ledger.partyOf(account(2));
        yes(!known, "the former is nobody");
        conserved();
        deliver(9, 1, askedOf(2));
        equal(points(2), before.points + 300);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesUnknownAccount.selector, account(2)));
        report(2, 1, 0);
        conserved();
    }

    function test_refundsReachTheSuccessor() public {
        toDeliver();
        succeed(2, 9);
        vm.warp(START + PHASE);
        ledger.advance();
        equal(points(2), 1500);
        equal(ledger.state().escrow, 0);
        conserved();
    }

    function test_thePhaseSeesOneParty() public {
        toOrder();
        order(0, 1, 14, 100);
        succeed(0, 9);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.RoundAlreadyActed.selector, 0));
        order(9, 1, 14, 100);
        for (uint256 party = 1; party < 4; ++party) order(party, 1, 15 & ~(1 << party), 100);
        phaseIs(IDppdl.Phase.Deliver, 1);
    }

    function test_claimsArePaidToTheSuccessor() public {
        toEvaluate();
        vm.prank(account(0));
        uint256 claim = ledger.fileClaim(1, 1, IDppdl.Complaint.DoesNotOpen, delivery(13));
        (uint64 claimant, uint64 accused) = (points(0), points(1));
        succeed(0, 8);
        succeed(1, 9);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesUnknownAccount.selector, account(1)));
        vm.prank(account(1));
        ledger.answerClaim(claim, KEY, "x");
        vm.prank(account(9));
        ledger.answerClaim(claim, KEY, "x");
        for (uint256 party = 2; party < 4; ++party) {
            vm.prank(account(party));
            ledger.voteClaim(claim, false);
        }
        ledger.resolveClaim(claim);
        equal(points(0), claimant);
        equal(points(1), accused + 40 + 140);
        conserved();
    }

    function test_theRightToInviteGoesAlong() public {
        toOrder();
        succeed(0, 8);
        yes(ledger.isMember(account(8)), "the successor is a member");
        yes(!ledger.isMember(account(0)), "the former is none");
        IDppdl.Invitation memory invitation = invite(0, account(9), uint64(START));
        IDppdl.Registration memory given = registration(50, 100);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.InvitationInvalidSigner.selector, account(0)));
        vm.prank(account(9));
        ledger.init(given, invitation);
        invitation = invite(8, account(9), uint64(START));
        vm.prank(account(9));
        ledger.init(given, invitation);
    }

    function test_noRightToInviteComesFromNothing() public {
        toOrder();
        IDppdl.Invitation memory invitation = invite(0, account(6), uint64(START));
        vm.prank(account(6));
        ledger.init(registration(50, 100), invitation);
        succeed(6, 8);
        yes(!ledger.isMember(account(8)), "the successor of an invited party is no member");
    }

    function test_theFormerNeverComesBack() public {
        toOrder();
        succeed(0, 8);
        IDppdl.Invitation memory invitation = invite(1, account(0), uint64(START));
        IDppdl.Registration memory given = registration(50, 100);
        bytes memory refusal = abi.encodeWithSelector(IDppdl.PartiesAlreadyRegistered.selector, account(0));
        vm.expectRevert(refusal);
        vm.prank(account(0));
        ledger.init(given, invitation);
        refuses(refusal, 0, uint64(START), consent(8, account(0), uint64(START)));
        refuses(refusal, 0, uint64(START), consent(1, account(0), uint64(START)));
    }

    function test_aPartyTakesNobodyOver() public {
        toOrder();
        bytes memory refusal = abi.encodeWithSelector(IDppdl.PartiesAlreadyRegistered.selector, account(1));
        refuses(refusal, 1, uint64(START), consent(0, account(1), uint64(START)));
    }

    function test_whoResignedComesBackAsItsSuccessor() public {
        toOrder();
        vm.prank(account(3));
        ledger.resign();
        succeed(3, 9);
        vm.prank(account(9));
        equal(ledger.init(registration(50, 100), uninvited()), 3);
        equal(ledger.state().pending, 1 << 3);
        equal(points(3), 1500);
    }

    function test_whoWasRemovedDoesNotComeBackAsItsSuccessor() public {
        start();
        for (uint256 party = 0; party < 4; ++party) report(party, 0, party == 3 ? 0 : 1 << 3);
        succeed(3, 9);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesAlreadyRegistered.selector, account(9)));
        join(9);
    }

    function test_refusesAnExpiredConsent() public {
        toOrder();
        bytes memory signature = consent(0, account(9), uint64(START));
        vm.warp(START + 1);
        bytes memory refusal = abi.encodeWithSelector(IDppdl.SuccessionExpired.selector, START, START + 1);
        refuses(refusal, 9, uint64(START), signature);
    }

    function test_refusesTheConsentOfAStranger() public {
        toOrder();
        bytes memory refusal = abi.encodeWithSelector(IDppdl.SuccessionInvalidSigner.selector, account(7));
        refuses(refusal, 9, uint64(START), consent(7, account(9), uint64(START)));
        // A member that has not joined has nothing to hand over.
        refusal = abi.encodeWithSelector(IDppdl.SuccessionInvalidSigner.selector, account(4));
        refuses(refusal, 9, uint64(START), consent(4, account(9), uint64(START)));
    }

    function test_refusesWhatIsNoSignature() public {
        toOrder();
        bytes memory refusal = abi.encodeWithSelector(IDppdl.SuccessionInvalidSigner.selector, address(0));
        refuses(refusal, 9, uint64(START), "");
        refuses(refusal, 9, uint64(START), new bytes(65));
    }

    function test_refusesAConsentToSomethingElse() public {
        toOrder();
        bytes memory forAnother = consent(0, account(8), uint64(START));
        bytes memory forLonger = consent(0, account(9), uint64(START));
        bytes memory invitation = invite(0, account(9), uint64(START)).signature;
        (bool done, ) = tryTakeOver(9, uint64(START), forAnother);
        yes(!done, "signed for another account");
        (done, ) = tryTakeOver(9, uint64(START + 1), forLonger);
        yes(!done, "signed for another time");
        (done, ) = tryTakeOver(9, uint64(START), invitation);
        yes(!done, "signed as an invitation");
    }

    function tryTakeOver(uint256 who, uint64 expires, bytes memory signature) private returns (bool, bytes memory) {
        vm.prank(account(who));
        return address(ledger).call(abi.encodeCall(IDppdl.takeOver, (expires, signature)));
    }

    function test_happensAtAnyTime() public {
        deploy(facts(), 5);
        join(0);
        succeed(0, 9);
        for (uint256 party = 1; party < 4; ++party) join(party);
        yes(ledger.parties(0, 1)[0].account == account(9), "while forming");
        equal(points(0), 1500);
        for (uint256 party = 1; party < 3; ++party) {
            vm.prank(account(party));
            ledger.resign();
        }
        report(9, 0, 0);
        report(3, 0, 0);
        phaseIs(IDppdl.Phase.Closed, 0);
        succeed(9, 8);
        equal(points(0), 1500);
        conserved();
    }
}
