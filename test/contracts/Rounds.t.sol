// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

contract RoundsTest is Fixture {
    function test_aWholeLife() public {
        toOrder();
        for (uint32 round = 1; round <= 3; ++round) {
            phaseIs(IDppdl.Phase.Order, round);
            eachWaiting(round, IDppdl.Phase.Order);
            phaseIs(IDppdl.Phase.Deliver, round);
            equal(ledger.state().escrow, 1200);
            eachWaiting(round, IDppdl.Phase.Deliver);
            phaseIs(IDppdl.Phase.Evaluate, round);
            equal(ledger.state().escrow, 0);
            equal(ledger.state().acted, 0);
            reportAll(round);
            conserved();
        }
        phaseIs(IDppdl.Phase.Closed, 3);
        equal(ledger.state().deadline, 0);
        equal(ledger.state().acted, 0);
    }

    function test_advanceWaitsForTheDeadline() public {
        toOrder();
        vm.warp(START + PHASE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDppdl.RoundDeadlineAhead.selector, START + PHASE, START + PHASE - 1)
        );
        ledger.advance();
        vm.warp(START + PHASE);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.PhaseStarted(1, IDppdl.Phase.Deliver, uint64(START + 2 * PHASE));
        ledger.advance();
        phaseIs(IDppdl.Phase.Deliver, 1);
    }

    function test_strangersMayAdvance() public {
        toOrder();
        vm.warp(START + PHASE);
        vm.prank(account(99));
        ledger.advance();
        phaseIs(IDppdl.Phase.Deliver, 1);
    }

    function test_everyPhaseTakesItsOwnTime() public {
        IDppdl.Facts memory given = facts();
        given.formSeconds = 11;
        given.benchmarkSeconds = 22;
        given.orderSeconds = 33;
        given.deliverSeconds = 44;
        given.evaluateSeconds = 55;
        deploy(given, 5);
        for (uint256 party = 0; party < 3; ++party) join(party);
        uint256 time = START;
        uint32[5] memory durations = [uint32(11), 22, 33, 44, 55];
        for (uint256 index = 0; index < 5; ++index) {
            time += durations[index];
            equal(ledger.state().deadline, time);
            vm.warp(time);
            ledger.advance();
        }
        phaseIs(IDppdl.Phase.Order, 2);
    }

    function test_formingEndsAtTheDeadlineWithEnough() public {
        deploy(facts(), 5);
        join(0);
        join(1);
        vm.warp(START + PHASE);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.RoundTooFewParties.selector, 2, 3));
        ledger.advance();
        join(2);
        ledger.advance();
        phaseIs(IDppdl.Phase.Benchmark, 0);
        equal(points(0), 1000);
    }

    function test_nobodyActsTwiceInAPhase() public {
        toOrder();
        order(0, 1, 6, 10);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.RoundAlreadyActed.selector, 0));
        order(0, 1, 6, 10);
    }

    function test_nobodyActsOutOfTurn() public {
        toOrder();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Order));
        deliver(0, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Order));
        report(0, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.RoundMismatch.selector, 1, 2));
        vm.prank(account(0));
        ledger.download(2, packed(6, 10), KEY);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesUnknownAccount.selector, account(9)));
        order(9, 1, 6, 10);
    }

    function test_aLateActCountsUntilSomebodyAdvances() public {
        toOrder();
        vm.warp(START + 10 * PHASE);
        order(0, 1, 6, 10);
        equal(escrow(0), 20);
    }

    function test_aResignationMayEndThePhase() public {
        toOrder();
        for (uint256 party = 0; party < 3; ++party) order(party, 1, 0, 0);
        vm.prank(account(3));
        ledger.resign();
        phaseIs(IDppdl.Phase.Deliver, 1);
    }

    function test_closesWhenNoGroupIsLargeEnough() public {
        toOrder();
        for (uint256 party = 2; party < 4; ++party) {
            vm.prank(account(party));
            ledger.resign();
        }
        for (uint256 index = 0; index < 3; ++index) {
            phaseIs(IDppdl.Phase(2 + index), 1);
            vm.warp(START + (index + 1) * PHASE);
            ledger.advance();
        }
        phaseIs(IDppdl.Phase.Closed, 1);
    }

    function test_aNewcomerKeepsItOpen() public {
        toOrder();
        for (uint256 party = 2; party < 4; ++party) {
            vm.prank(account(party));
            ledger.resign();
        }
        join(4);
        for (uint256 index = 0; index < 3; ++index) {
            vm.warp(START + (index + 1) * PHASE);
            ledger.advance();
        }
        phaseIs(IDppdl.Phase.Order, 2);
        equal(ledger.state().credible, 19);
    }

    function test_endsWithoutAnybody() public {
        toOrder();
        for (uint256 party = 0; party < 4; ++party) {
            vm.prank(account(party));
            ledger.resign();
        }
        phaseIs(IDppdl.Phase.Order, 1);
        for (uint256 index = 0; index < 3; ++index) {
            vm.warp(START + (index + 1) * PHASE);
            ledger.advance();
        }
        phaseIs(IDppdl.Phase.Closed, 1);
        conserved();
    }

    function test_nothingHappensAfterTheEnd() public {
        test_endsWithoutAnybody();
        bytes memory closed = abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Closed);
        vm.expectRevert(closed);
        ledger.advance();
        vm.expectRevert(closed);
        join(4);
        vm.expectRevert(closed);
        vm.prank(account(0));
        ledger.update(registration(1, 1));
    }

    function test_noActsNoVotesNoResignationAfterTheLastRound() public {
        test_aWholeLife();
        bytes memory closed = abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Closed);
        vm.expectRevert(closed);
        order(0, 3, 6, 10);
        vm.expectRevert(closed);
        vm.prank(account(0));
        ledger.resign();
        vm.expectRevert(closed);
        vm.prank(account(0));
        ledger.vouch(account(9));
    }
}
