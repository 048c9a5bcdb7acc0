// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice Party 0 complains about what party 1 delivered; parties 2, 3 and 4 are the jury.
contract ClaimsTest is Fixture {
    uint256 private constant CLAIM = (1 << 16) | (0 << 8) | 1;

    function toClaim() private {
        IDppdl.Facts memory given = facts();
        given.startParties = 5;
        deploy(given, 5);
        for (uint256 party = 0; party < 5; ++party) join(party);
        reportAll(0);
        eachWaiting(1, IDppdl.Phase.Order);
        eachWaiting(1, IDppdl.Phase.Deliver);
        for (uint256 party = 0; party < 5; ++party) equal(points(party), 2000);
    }

    function file() private {
        vm.prank(account(0));
        equal(ledger.fileClaim(1, 1, IDppdl.Complaint.DoesNotOpen, delivery(29)), CLAIM);
    }

    function answer() private {
        vm.prank(account(1));
        ledger.answerClaim(CLAIM, KEY, "/ip4/10.0.0.7/tcp/4001");
    }

    function vote(uint256 party, bool upheld) private {
        vm.prank(account(party));
        ledger.voteClaim(CLAIM, upheld);
    }

    function statusIs(IDppdl.ClaimStatus status) private view {
        equal(uint256(ledger.claimOf(CLAIM).status), uint256(status));
    }

    function test_filingLocksBothSides() public {
        toClaim();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.ClaimFiled(
            CLAIM,
            0,
            1,
            IDppdl.Complaint.DoesNotOpen,
            commitment(0),
            40,
            140,
            uint64(START + 50)
        );
        file();
        equal(points(0), 1960);
        equal(points(1), 1860);
        equal(ledger.state().deposits, 180);
        IDppdl.Claim memory claim = ledger.claimOf(CLAIM);
        yes(claim.commitment == commitment(0), "commitment");
        yes(claim.complaint == IDppdl.Complaint.DoesNotOpen, "complaint");
        equal(claim.bond, 140);
        conserved();
    }

    function test_theCommitmentIsTheRequesters() public {
        toClaim();
        vm.prank(account(3));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(29));
        yes(ledger.claimOf((1 << 16) | (3 << 8) | 1).commitment == commitment(3), "commitment");
    }

    function test_refusesASecondClaim() public {
        toClaim();
        file();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimExists.selector, CLAIM));
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(29));
    }

    function test_refusesOtherDeliveries() public {
        toClaim();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWrongDeliveries.selector, 1));
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(28));
    }

    function test_refusesWhatWasNotDelivered() public {
        toDeliver();
        deliver(1, 1, 12);
        for (uint256 party = 0; party < 4; ++party) if (party != 1) deliver(party, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeNotOrdered.selector, 1));
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(12));
    }

    function test_onlyInTheEvaluationOfTheSameRound() public {
        toDeliver();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Deliver));
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(13));
        eachWaiting(1, IDppdl.Phase.Deliver);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.RoundMismatch.selector, 1, 0));
        vm.prank(account(0));
        ledger.fileClaim(0, 1, IDppdl.Complaint.NotDelivered, delivery(13));
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesUnknownAccount.selector, account(9)));
        vm.prank(account(9));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(13));
    }

    function test_refusesWithoutTheDeposit() public {
        toOrder();
        order(0, 1, 14, 500);
        for (uint256 party = 1; party < 4; ++party) order(party, 1, 0, 0);
        eachWaiting(1, IDppdl.Phase.Deliver);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PointsInsufficientBalance.selector, 0, 0, 1));
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(1));
    }

    /// Party 0 spent all but `left` of its 1500 points on the others, who ordered nothing.
    function toPoorClaimant(uint32 left) private {
        toOrder();
        vm.prank(account(0));
        ledger.download(1, abi.encodePacked(uint256(14), uint32(500), uint32(500), 500 - left), KEY);
        for (uint256 party = 1; party < 4; ++party) order(party, 1, 0, 0);
        eachWaiting(1, IDppdl.Phase.Deliver);
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(1));
    }

    function test_whoHasLessThanTheDepositPutsUpAllItHas() public {
        toPoorClaimant(39);
        equal(points(0), 0);
        equal(ledger.claimOf(CLAIM).deposit, 39);
        // The stakes are equal.
        equal(ledger.claimOf(CLAIM).bond, 539);
        conserved();
        // So there is nothing for a second one until the first is won.
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PointsInsufficientBalance.selector, 0, 0, 1));
        vm.prank(account(0));
        ledger.fileClaim(1, 2, IDppdl.Complaint.NotDelivered, delivery(1));
        vm.warp(START + 51);
        ledger.resolveClaim(CLAIM);
        equal(points(0), 578);
        vm.prank(account(0));
        ledger.fileClaim(1, 2, IDppdl.Complaint.NotDelivered, delivery(1));
        equal(ledger.claimOf(CLAIM + 1).deposit, 40);
        conserved();
    }

    function test_onePointIsEnoughForAClaim() public {
        toPoorClaimant(1);
        equal(ledger.claimOf(CLAIM).deposit, 1);
        equal(ledger.claimOf(CLAIM).bond, 501);
    }

    function test_unansweredIsUpheld() public {
        toClaim();
        file();
        vm.warp(START + 50);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWindowOpen.selector, CLAIM, START + 50, START + 50));
        ledger.resolveClaim(CLAIM);
        vm.warp(START + 51);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWindowClosed.selector, CLAIM, START + 50, START + 51));
        answer();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.ClaimResolved(CLAIM, IDppdl.ClaimStatus.Upheld, 180, 0);
        ledger.resolveClaim(CLAIM);
        equal(points(0), 2140);
        equal(points(1), 1860);
        equal(ledger.state().deposits, 0);
        conserved();
    }

    function test_theJuryUpholds() public {
        toClaim();
        file();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.ClaimAnswered(CLAIM, KEY, "/ip4/10.0.0.7/tcp/4001", uint64(START + 30));
        answer();
        vote(2, true);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWindowOpen.selector, CLAIM, START + 30, START));
        ledger.resolveClaim(CLAIM);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.ClaimVoted(CLAIM, 3, true);
        vote(3, true);
        equal(ledger.claimOf(CLAIM).votesFor, 12);
        ledger.resolveClaim(CLAIM);
        statusIs(IDppdl.ClaimStatus.Upheld);
        equal(points(0), 2140);
        conserved();
    }

    function test_theJuryRejects() public {
        toClaim();
        file();
        answer();
        vote(2, false);
        vote(4, false);
        equal(ledger.claimOf(CLAIM).votesAgainst, 20);
        ledger.resolveClaim(CLAIM);
        statusIs(IDppdl.ClaimStatus.Rejected);
        equal(points(0), 1960);
        equal(points(1), 2040);
        conserved();
    }

    function test_undecidedGivesBack() public {
        toClaim();
        file();
        answer();
        vote(2, false);
        vote(3, true);
        vm.warp(START + 30);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWindowOpen.selector, CLAIM, START + 30, START + 30));
        ledger.resolveClaim(CLAIM);
        vm.warp(START + 31);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWindowClosed.selector, CLAIM, START + 30, START + 31));
        vote(4, true);
        ledger.resolveClaim(CLAIM);
        statusIs(IDppdl.ClaimStatus.Undecided);
        equal(points(0), 2000);
        equal(points(1), 2000);
        vm.expectRevert(
            abi.encodeWithSelector(IDppdl.ClaimStatusMismatch.selector, CLAIM, IDppdl.ClaimStatus.Undecided)
        );
        ledger.resolveClaim(CLAIM);
        conserved();
    }

    function test_votesOfWhoResignedDoNotCount() public {
        toClaim();
        file();
        answer();
        vote(2, true);
        vote(3, true);
        vm.prank(account(3));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimWindowOpen.selector, CLAIM, START + 30, START));
        ledger.resolveClaim(CLAIM);
        vote(4, true);
        ledger.resolveClaim(CLAIM);
        statusIs(IDppdl.ClaimStatus.Upheld);
    }

    function test_onlyTheProviderAnswers() public {
        toClaim();
        file();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimNotAllowed.selector, CLAIM, 2));
        vm.prank(account(2));
        ledger.answerClaim(CLAIM, KEY, "x");
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimInvalidLocation.selector, 0));
        vm.prank(account(1));
        ledger.answerClaim(CLAIM, KEY, "");
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimInvalidLocation.selector, 257));
        vm.prank(account(1));
        ledger.answerClaim(CLAIM, KEY, string(text(257)));
        vm.prank(account(1));
        ledger.answerClaim(CLAIM, KEY, string(text(256)));
        vm.expectRevert(
            abi.encodeWithSelector(IDppdl.ClaimStatusMismatch.selector, CLAIM, IDppdl.ClaimStatus.Answered)
        );
        answer();
    }

    function test_theLastSecondCounts() public {
        toClaim();
        file();
        vm.warp(START + 50);
        answer();
        vm.warp(START + 80);
        vote(2, true);
    }

    function test_theSidesDoNotVote() public {
        toClaim();
        file();
        vm.expectRevert(
            abi.encodeWithSelector(IDppdl.ClaimStatusMismatch.selector, CLAIM, IDppdl.ClaimStatus.Filed)
        );
        vote(2, true);
        answer();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimNotAllowed.selector, CLAIM, 0));
        vote(0, true);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimNotAllowed.selector, CLAIM, 1));
        vote(1, false);
        vote(2, true);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ClaimAlreadyVoted.selector, CLAIM, 2));
        vote(2, false);
    }

    function test_aProviderIsBoundForNoMoreThanItHas() public {
        toOrder();
        order(1, 1, 13, 500);
        order(0, 1, 6, 100);
        order(2, 1, 0, 0);
        order(3, 1, 0, 0);
        eachWaiting(1, IDppdl.Phase.Deliver);
        equal(points(1), 100);
        vm.prank(account(0));
        ledger.fileClaim(1, 1, IDppdl.Complaint.NotDelivered, delivery(1));
        equal(points(1), 0);
        equal(ledger.claimOf(CLAIM).bond, 100);
        vm.warp(START + 51);
        ledger.resolveClaim(CLAIM);
        equal(points(1), 0);
        conserved();
    }

    function test_aClaimOutlivesTheLedger() public {
        toClaim();
        file();
        for (uint256 party = 0; party < 5; ++party) {
            vm.prank(account(party));
            ledger.resign();
        }
        vm.warp(START + PHASE);
        ledger.advance();
        phaseIs(IDppdl.Phase.Closed, 1);
        ledger.resolveClaim(CLAIM);
        equal(ledger.state().deposits, 0);
        conserved();
    }

    function test_aClaimDoesNotHoldUpTheRound() public {
        toClaim();
        file();
        reportAll(1);
        phaseIs(IDppdl.Phase.Order, 2);
    }

    function test_unknownClaims() public {
        toClaim();
        bytes memory none = abi.encodeWithSelector(
            IDppdl.ClaimStatusMismatch.selector,
            CLAIM,
            IDppdl.ClaimStatus.None
        );
        vm.expectRevert(none);
        answer();
        vm.expectRevert(none);
        vote(2, true);
        vm.expectRevert(none);
        ledger.resolveClaim(CLAIM);
    }
}
