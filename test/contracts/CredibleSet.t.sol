// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

contract CredibleSetTest is Fixture {
    function toEvaluation(uint32 round) private {
        toEvaluate();
        for (uint32 done = 1; done < round; ++done) {
            reportAll(done);
            eachWaiting(done + 1, IDppdl.Phase.Order);
            eachWaiting(done + 1, IDppdl.Phase.Deliver);
        }
    }

    function test_moreThanHalfOfTheSetRemoves() public {
        start();
        report(0, 0, 8);
        report(1, 0, 8);
        report(3, 0, 0);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Reported(0, 2, 8);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Removed(0, 3, 3);
        report(2, 0, 8);
        phaseIs(IDppdl.Phase.Order, 1);
        equal(ledger.state().credible, 7);
    }

    function test_theFirstPartyCanBeRemovedToo() public {
        start();
        report(0, 0, 0);
        for (uint256 party = 1; party < 4; ++party) report(party, 0, 1);
        equal(ledger.state().credible, 14);
    }

    function test_halfOfTheSetDoesNot() public {
        start();
        report(0, 0, 8);
        report(1, 0, 8);
        report(2, 0, 0);
        report(3, 0, 0);
        equal(ledger.state().credible, 15);
    }

    function test_theShareIsAFact() public {
        IDppdl.Facts memory given = facts();
        given.removalPermille = 750;
        deploy(given, 5);
        for (uint256 party = 0; party < 4; ++party) join(party);
        // Three of four are not more than three quarters.
        for (uint256 party = 0; party < 3; ++party) report(party, 0, 8);
        report(3, 0, 0);
        equal(ledger.state().credible, 15);
    }

    function test_allRemovalsOfAPhaseAreCountedInTheSameSet() public {
        start();
        report(0, 0, 6);
        report(1, 0, 4);
        report(2, 0, 2);
        report(3, 0, 6);
        // Party 1 and party 2 are reported by three each.
        equal(ledger.state().credible, 9);
    }

    function test_graceRoundsRemoveNobody() public {
        toEvaluation(1);
        for (uint256 party = 0; party < 3; ++party) report(party, 1, 8);
        report(3, 1, 0);
        equal(ledger.state().credible, 15);
    }

    function test_reportsOfAGraceRoundAreForgotten() public {
        toEvaluation(1);
        for (uint256 party = 0; party < 3; ++party) report(party, 1, 8);
        report(3, 1, 0);
        eachWaiting(2, IDppdl.Phase.Order);
        eachWaiting(2, IDppdl.Phase.Deliver);
        report(0, 2, 8);
        for (uint256 party = 1; party < 4; ++party) report(party, 2, 0);
        equal(ledger.state().credible, 15);
    }

    function test_afterTheGracePartiesAreRemoved() public {
        toEvaluation(2);
        for (uint256 party = 0; party < 3; ++party) report(party, 2, 8);
        report(3, 2, 0);
        equal(ledger.state().credible, 7);
        phaseIs(IDppdl.Phase.Order, 3);
        conserved();
    }

    function test_whoWasRemovedIsOutForGood() public {
        test_moreThanHalfOfTheSetRemoves();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetNotMember.selector, 3));
        order(3, 1, 3, 1);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeInvalidProvider.selector, 8));
        order(0, 1, 14, 1);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PartiesAlreadyRegistered.selector, account(3)));
        join(3);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetNotMember.selector, 3));
        vm.prank(account(3));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetNotMember.selector, 3));
        vm.prank(account(3));
        ledger.update(registration(1, 2));
        equal(points(3), 1500);
    }

    function test_newDataDoesNotSaveWhoIsRemoved() public {
        start();
        vm.prank(account(3));
        ledger.update(registration(100, 100));
        for (uint256 party = 0; party < 3; ++party) report(party, 0, 8);
        report(3, 0, 0);
        equal(ledger.state().credible, 7);
        equal(ledger.state().pending, 0);
        equal(points(3), 1500);
    }

    function test_reportsOfWhoResignedDoNotCount() public {
        start();
        report(0, 0, 8);
        report(1, 0, 8);
        vm.prank(account(1));
        ledger.resign();
        report(2, 0, 0);
        report(3, 0, 0);
        equal(ledger.state().credible, 13);
    }

    function test_refusesReportsOfOneselfOrOfStrangers() public {
        start();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetInvalidReport.selector, 1));
        report(0, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.CredibleSetInvalidReport.selector, 16));
        report(0, 0, 24);
    }

    function test_theBenchmarkIsRound0() public {
        start();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Benchmark));
        report(0, 1, 0);
        reportAll(0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PhaseMismatch.selector, IDppdl.Phase.Order));
        report(0, 0, 0);
    }
}
