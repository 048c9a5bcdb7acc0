// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Dppdl} from "../../contracts/Dppdl.sol";
import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

contract ConstitutionTest is Fixture {
    function refused(IDppdl.Facts memory given, string memory field, uint256 value) private {
        address[] memory nobody = new address[](0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ConstitutionInvalidFact.selector, field, value));
        new Dppdl(given, nobody);
    }

    function test_keepsTheFacts() public {
        IDppdl.Facts memory given = facts();
        deploy(given, 5);
        equal(uint256(keccak256(abi.encode(ledger.facts()))), uint256(keccak256(abi.encode(given))));
        yes(ledger.isMember(account(4)) && !ledger.isMember(account(5)), "members");
    }

    function test_announcesItself() public {
        IDppdl.Facts memory given = facts();
        address[] memory members = new address[](1);
        members[0] = account(0);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Constituted(given, members);
        new Dppdl(given, members);
    }

    function test_startsForming() public {
        deploy(facts(), 5);
        IDppdl.State memory state = ledger.state();
        phaseIs(IDppdl.Phase.Forming, 0);
        equal(state.deadline, START + PHASE);
    }

    function test_refusesFactsOutOfRange() public {
        IDppdl.Facts memory given = facts();
        given.parameterCount = 0;
        refused(given, "parameterCount", 0);
        given = facts();
        given.rounds = 0;
        refused(given, "rounds", 0);
        given = facts();
        given.removalPermille = 499;
        refused(given, "removalPermille", 499);
        given.removalPermille = 1000;
        refused(given, "removalPermille", 1000);
        given = facts();
        given.minProviders = 1;
        refused(given, "minProviders", 1);
        given = facts();
        given.minParties = 2;
        refused(given, "minParties", 2);
        given = facts();
        given.startParties = 2;
        refused(given, "startParties", 2);
        given = facts();
        given.maxParties = 3;
        refused(given, "maxParties", 3);
        given.maxParties = 257;
        refused(given, "maxParties", 257);
    }

    function test_refusesPhasesWithoutTime() public {
        IDppdl.Facts memory given = facts();
        given.formSeconds = 0;
        refused(given, "formSeconds", 0);
        given = facts();
        given.benchmarkSeconds = 0;
        refused(given, "benchmarkSeconds", 0);
        given = facts();
        given.orderSeconds = 0;
        refused(given, "orderSeconds", 0);
        given = facts();
        given.deliverSeconds = 0;
        refused(given, "deliverSeconds", 0);
        given = facts();
        given.evaluateSeconds = 0;
        refused(given, "evaluateSeconds", 0);
        given = facts();
        given.answerSeconds = 0;
        refused(given, "answerSeconds", 0);
        given = facts();
        given.voteSeconds = 0;
        refused(given, "voteSeconds", 0);
        given = facts();
        given.claimDeposit = 0;
        refused(given, "claimDeposit", 0);
    }

    function test_takesFactsAtTheEdge() public {
        IDppdl.Facts memory given = facts();
        given.removalPermille = 999;
        given.maxParties = 256;
        given.startParties = 3;
        given.parameterCount = type(uint32).max;
        deploy(given, 0);
        given.removalPermille = 500;
        given.maxParties = 3;
        given.parameterCount = 1;
        deploy(given, 0);
    }

    function test_refusesMembersNamedTwiceOrZero() public {
        address[] memory members = new address[](2);
        members[0] = account(0);
        members[1] = account(0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ConstitutionInvalidMember.selector, account(0)));
        new Dppdl(facts(), members);
        members[1] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ConstitutionInvalidMember.selector, address(0)));
        new Dppdl(facts(), members);
    }

    function test_refusesMoreMembersThanThereCanBeParties() public {
        deploy(facts(), 256);
        address[] memory members = new address[](257);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ConstitutionTooManyMembers.selector, 257, 256));
        new Dppdl(facts(), members);
    }
}
