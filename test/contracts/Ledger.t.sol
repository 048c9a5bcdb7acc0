// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Crowd} from "./support/Crowd.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice What holds whatever a crowd of honest and dishonest parties and strangers calls, at any time.
contract LedgerInvariants is Fixture {
    Crowd private _crowd;

    function setUp() public {
        _crowd = new Crowd();
        ledger = _crowd.contractUnderTest();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_crowd);
    }

    /// @notice Σ points + Σ escrow + Σ deposits = Σ minted.
    function invariant_pointsAreConserved() public view {
        conserved();
    }

    /// @notice One act per party and phase, by the credible set alone, phases in order, claims that end.
    function invariant_nobodyBreaksTheRules() public view {
        yes(bytes(_crowd.broken()).length == 0, _crowd.broken());
    }

    /// @notice Nothing is held when no order is open.
    function invariant_escrowIsEmptyBetweenExchanges() public view {
        IDppdl.State memory state = ledger.state();
        bool open = state.phase == IDppdl.Phase.Order || state.phase == IDppdl.Phase.Deliver;
        yes(open || state.escrow == 0, "escrow outside order and deliver");
    }

    /// @notice The credible set, those who wait for it and those who have acted are parties.
    function invariant_setsHoldPartiesOnly() public view {
        IDppdl.State memory state = ledger.state();
        uint256 known = (uint256(1) << state.parties) - 1;
        equal((state.credible | state.pending) & ~known, 0);
        equal(state.acted & ~state.credible, 0);
    }

    /// @notice No party has more points than all together were given, and none got more than |w|·(n − 1).
    function invariant_balancesAreBounded() public view {
        IDppdl.Party[] memory all = ledger.parties(0, 256);
        for (uint256 party = 0; party < all.length; ++party) {
            yes(all[party].points <= ledger.state().minted, "more points than there are");
            yes(all[party].minted <= 1000 * 6, "more than |w| * (n - 1)");
            yes(all[party].cap <= 1000, "cap above |w|");
        }
    }
}
