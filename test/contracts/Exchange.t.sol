// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./support/Fixture.sol";

contract ExchangeTest is Fixture {
    function test_anOrderGoesToEscrow() public {
        toOrder();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Downloaded(1, 0, packed(6, 500), KEY);
        order(0, 1, 6, 500);
        equal(points(0), 500);
        equal(escrow(0), 1000);
        equal(ledger.state().escrow, 1000);
        equal(ledger.ordersOf(0)[1], 500);
        equal(ledger.ordersOf(0)[2], 500);
        equal(ledger.ordersOf(0)[3], 0);
        equal(ledger.ordersOf(1)[0], 0);
        conserved();
    }

    function test_anEmptyOrderIsAnAct() public {
        toOrder();
        order(0, 1, 0, 0);
        equal(ledger.state().acted, 1);
        equal(points(0), 1500);
    }

    function test_refusesMalformedOrders() public {
        toOrder();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeMalformed.selector, 31, 32));
        vm.prank(account(0));
        ledger.download(1, new bytes(31), KEY);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeMalformed.selector, 39, 40));
        vm.prank(account(0));
        ledger.download(1, abi.encodePacked(uint256(6), new bytes(7)), KEY);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeMalformed.selector, 41, 40));
        vm.prank(account(0));
        ledger.download(1, abi.encodePacked(uint256(6), new bytes(9)), KEY);
    }

    function test_refusesAZeroKey() public {
        toOrder();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeInvalidKey.selector));
        vm.prank(account(0));
        ledger.download(1, packed(6, 1), 0);
    }

    function test_refusesWhoCannotProvide() public {
        toOrder();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeInvalidProvider.selector, 1));
        order(0, 1, 7, 1);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeInvalidProvider.selector, 16));
        order(0, 1, 22, 1);
        vm.prank(account(3));
        ledger.resign();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeInvalidProvider.selector, 8));
        order(0, 1, 14, 1);
    }

    function test_refusesCountsOutOfRange() public {
        toOrder();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeCountOutOfRange.selector, 1, 501, 500));
        order(0, 1, 6, 501);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeCountOutOfRange.selector, 1, 0, 500));
        order(0, 1, 6, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IDppdl.ExchangeCountOutOfRange.selector, 2, type(uint32).max, 500)
        );
        vm.prank(account(0));
        ledger.download(1, abi.encodePacked(uint256(6), uint32(1), type(uint32).max), KEY);
    }

    function test_namesTheProviderOfARefusedCount() public {
        IDppdl.Facts memory given = facts();
        given.parameterCount = type(uint32).max;
        given.startParties = 7;
        deploy(given, 7);
        for (uint256 party = 0; party < 7; ++party) join(party);
        reportAll(0);
        uint32 cap = type(uint32).max / 2;
        bytes memory orders = abi.encodePacked(uint256(34), uint32(1), cap + 1);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeCountOutOfRange.selector, 5, cap + 1, cap));
        vm.prank(account(0));
        ledger.download(1, orders, KEY);
    }

    function test_refusesTooSmallAGroup() public {
        toOrder();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeTooFewProviders.selector, 1, 2));
        order(0, 1, 2, 1);
    }

    function test_refusesMoreThanTheBalance() public {
        toOrder();
        order(0, 1, 14, 500);
        for (uint256 party = 1; party < 4; ++party) order(party, 1, 0, 0);
        eachWaiting(1, IDppdl.Phase.Deliver);
        reportAll(1);
        equal(points(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.PointsInsufficientBalance.selector, 0, 0, 2));
        order(0, 2, 6, 1);
    }

    function test_anOrderMayTakeTheWholeBalance() public {
        toOrder();
        order(0, 1, 14, 500);
        equal(points(0), 0);
    }

    function test_aDeliveryMovesThePointsAtOnce() public {
        toDeliver();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Uploaded(1, 0, delivery(14), 300);
        deliver(0, 1, 14);
        equal(points(0), 1500);
        equal(escrow(1), 200);
        equal(ledger.state().escrow, 900);
        conserved();
    }

    function test_whatIsLeftOutIsRefunded() public {
        toDeliver();
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Refunded(1, 2, 100);
        deliver(0, 1, 10);
        equal(points(0), 1400);
        equal(points(2), 1300);
        equal(points(1), 1200);
        equal(escrow(2), 200);
        conserved();
    }

    function test_refusesADeliveryNobodyOrdered() public {
        toOrder();
        order(0, 1, 6, 100);
        order(1, 1, 5, 100);
        order(2, 1, 3, 100);
        order(3, 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeNotOrdered.selector, 8));
        deliver(1, 1, 13);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeNotOrdered.selector, 1 << 255));
        deliver(1, 1, 5 | (1 << 255));
        deliver(1, 1, 5);
        equal(points(1), 1500);
    }

    function test_refusesMalformedDeliveries() public {
        toDeliver();
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeMalformed.selector, 63, 64));
        vm.prank(account(0));
        ledger.upload(1, abi.encodePacked(uint256(2), new bytes(31)));
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeMalformed.selector, 0, 32));
        vm.prank(account(0));
        ledger.upload(1, "");
    }

    function test_whoeverEndsThePhaseRefundsTheAbsent() public {
        toDeliver();
        deliver(0, 1, 14);
        deliver(1, 1, 1);
        vm.warp(START + PHASE);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Refunded(1, 0, 200);
        ledger.advance();
        equal(ledger.state().escrow, 0);
        // Party 0 earned 300 and got 100 of its 300 delivered.
        equal(points(0), 1200 + 300 + 200);
        equal(points(1), 1200 + 100 + 200);
        equal(points(2), 1200 + 200);
        equal(points(3), 1200 + 200);
        conserved();
    }

    function test_nothingOfAnEarlierRoundComesBack() public {
        toDeliver();
        eachWaiting(1, IDppdl.Phase.Deliver);
        reportAll(1);
        // Party 0 orders less, party 1 nothing, parties 2 and 3 do not act.
        order(0, 2, 6, 7);
        order(1, 2, 0, 0);
        vm.warp(START + 5 * PHASE);
        ledger.advance();
        equal(ledger.ordersOf(2)[0], 0);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeNotOrdered.selector, 14));
        deliver(0, 2, 14);
        vm.expectRevert(abi.encodeWithSelector(IDppdl.ExchangeNotOrdered.selector, 1));
        deliver(3, 2, 1);
        vm.warp(START + 6 * PHASE);
        ledger.advance();
        for (uint256 party = 0; party < 4; ++party) equal(points(party), 1500);
        conserved();
    }

    function test_whoDidNotOrderIsNotAsked() public {
        toOrder();
        order(2, 1, 3, 100);
        order(3, 1, 3, 100);
        vm.warp(START + PHASE);
        ledger.advance();
        deliver(0, 1, 12);
        deliver(1, 1, 8);
        equal(points(0), 1700);
        equal(points(1), 1600);
        equal(points(2), 1400);
        conserved();
    }

    /// @notice Counts as wide as they get: six providers lie in two slots of a row, and only those of the second fail.
    function test_absentProvidersInAnotherSlot() public {
        IDppdl.Facts memory given = facts();
        given.parameterCount = type(uint32).max;
        given.startParties = 6;
        deploy(given, 6);
        for (uint256 party = 0; party < 6; ++party) {
            vm.prank(account(party));
            ledger.init(registration(1, 1), uninvited());
        }
        reportAll(0);
        eachWaiting(1, IDppdl.Phase.Order);
        for (uint256 party = 0; party < 4; ++party) deliver(party, 1, 63 & ~(1 << party));
        vm.warp(START + PHASE);
        ledger.advance();
        uint64 all = 5 * uint64(type(uint32).max);
        // The first four earned 500 and paid for 3 deliveries, the others earned nothing and paid for 4.
        for (uint256 party = 0; party < 6; ++party) equal(points(party), party < 4 ? all + 200 : all - 400);
        conserved();
    }

    /// @notice With every seat taken and counts as wide as they get a row fills its slots to the last one: the orders of
    /// one pair of requesters leave those of the next pair alone.
    function test_aFullRowEndsWhereTheNextOneBegins() public {
        IDppdl.Facts memory given = facts();
        given.parameterCount = type(uint32).max;
        given.startParties = 256;
        given.maxParties = 256;
        deploy(given, 256);
        for (uint256 party = 0; party < 256; ++party) {
            vm.prank(account(party));
            ledger.init(registration(1, 1), uninvited());
        }
        vm.warp(START + PHASE);
        ledger.advance();
        order(2, 1, 3, 100);
        order(0, 1, type(uint256).max - 1, 1);
        uint32[] memory counts = ledger.ordersOf(2);
        equal(counts[0], 100);
        equal(counts[1], 100);
        equal(ledger.ordersOf(0)[255], 1);
        conserved();
    }

    function test_theLastPartiesAreRefundedThoughNobodyElseOrdered() public {
        IDppdl.Facts memory given = facts();
        given.startParties = 7;
        deploy(given, 7);
        for (uint256 party = 0; party < 7; ++party) join(party);
        reportAll(0);
        order(5, 1, 3, 100);
        order(6, 1, 12, 100);
        vm.warp(START + PHASE);
        ledger.advance();
        vm.warp(START + 2 * PHASE);
        ledger.advance();
        for (uint256 party = 0; party < 7; ++party) equal(points(party), 3000);
        conserved();
    }

    function test_whoResignsWithdrawsItsOrders() public {
        toOrder();
        order(0, 1, 14, 100);
        order(1, 1, 13, 100);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Refunded(1, 0, 300);
        vm.expectEmit(true, true, true, true);
        emit IDppdl.Refunded(1, 1, 100);
        vm.prank(account(0));
        ledger.resign();
        equal(points(0), 1500);
        equal(escrow(0), 0);
        equal(points(1), 1300);
        equal(escrow(1), 200);
        equal(ledger.ordersOf(0)[1], 0);
        conserved();
        order(2, 1, 0, 0);
        order(3, 1, 0, 0);
        vm.warp(START + PHASE);
        ledger.advance();
        equal(points(1), 1500);
        equal(points(0), 1500);
        conserved();
    }

    function test_whoResignsBeforeDeliveringIsPaidNothing() public {
        toDeliver();
        vm.prank(account(0));
        ledger.resign();
        equal(points(1), 1300);
        equal(escrow(1), 200);
        equal(points(0), 1200);
        // What it ordered can still be delivered.
        deliver(1, 1, 13);
        equal(points(1), 1600);
        conserved();
        vm.warp(START + PHASE);
        ledger.advance();
        conserved();
        equal(points(0), 1400);
    }

    function test_whoResignsAfterDeliveringKeepsWhatItEarned() public {
        toDeliver();
        deliver(0, 1, 14);
        vm.prank(account(0));
        ledger.resign();
        equal(points(0), 1500);
        equal(escrow(1), 200);
        eachWaiting(1, IDppdl.Phase.Deliver);
        phaseIs(IDppdl.Phase.Evaluate, 1);
        conserved();
    }

    function testFuzz_anyOrdersAndDeliveriesConserve(uint256 seed) public {
        toOrder();
        for (uint256 party = 0; party < 4; ++party) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 providers = (seed & 15) & ~(1 << party);
            if (providers & (providers - (providers == 0 ? 0 : 1)) == 0) providers = 0;
            order(party, 1, providers, uint32(1 + ((seed >> 8) % 500)));
            conserved();
        }
        for (uint256 party = 0; party < 4; ++party) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed & (1 << 40) == 0) deliver(party, 1, askedOf(party) & seed);
            conserved();
        }
        if (current() == 1 && ledger.state().phase == IDppdl.Phase.Deliver) {
            vm.warp(START + PHASE);
            ledger.advance();
        }
        conserved();
        equal(ledger.state().escrow, 0);
    }

    /// @notice Every width of a count and every place in a slot: each party's order comes out as it went in.
    function testFuzz_countsOfAnyWidth(uint32 parameterCount, uint256 seed) public {
        vm.assume(parameterCount > 3);
        IDppdl.Facts memory given = facts();
        given.parameterCount = parameterCount;
        given.startParties = 40;
        given.maxParties = 40;
        deploy(given, 40);
        for (uint256 party = 0; party < 40; ++party) {
            vm.prank(account(party));
            ledger.init(registration(1, 1), uninvited());
        }
        reportAll(0);
        for (uint256 party = 36; party < 40; ++party) {
            bytes memory orders = abi.encodePacked(((uint256(1) << 40) - 1) & ~(1 << party));
            for (uint256 provider = 0; provider < 39; ++provider) {
                uint256 count = 1 + (uint256(keccak256(abi.encode(seed, party, provider))) % parameterCount);
                orders = abi.encodePacked(orders, uint32(count));
            }
            vm.prank(account(party));
            ledger.download(1, orders, KEY);
        }
        for (uint256 party = 36; party < 40; ++party) {
            uint32[] memory counts = ledger.ordersOf(uint8(party));
            for (uint256 index = 0; index < 39; ++index) {
                uint256 count = 1 + (uint256(keccak256(abi.encode(seed, party, index))) % parameterCount);
                equal(counts[index < party ? index : index + 1], count);
            }
        }
        conserved();
    }
}
