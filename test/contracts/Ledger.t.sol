// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../contracts/interfaces/IDppdl.sol";
import {Crowd} from "./support/Crowd.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice What holds whatever a crowd of honest and dishonest parties and strangers calls, at any time.
contract LedgerInvariants is Fixture {
    Crowd private _crowd;
    uint256 private _effects;

    function setUp() public {
        _crowd = new Crowd();
        ledger = _crowd.contractUnderTest();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_crowd);
    }

    /// @notice Every call of the crowd can take effect, so that nothing holds merely because nothing happens.
    function test_everyCallCanTakeEffect() public {
        uint8 nobody = 15;
        _crowd.vouch(0, 9);
        _crowd.update(1, 50, 100);
        _crowd.report(0, 0);
        _crowd.init(4, 50, 100, 0);
        happened(4);
        _crowd.everybody(nobody);
        happened(3);
        _crowd.order(0, 30, 50);
        happened(1);
        _crowd.everybody(nobody);
        happened(4);
        _crowd.deliver(0, 30);
        happened(1);
        _crowd.everybody(nobody);
        happened(4);
        phaseIs(IDppdl.Phase.Evaluate, 1);
        _crowd.fileClaim(1, 0);
        _crowd.answerClaim(0, 1);
        _crowd.voteClaim(0, 2, true);
        _crowd.voteClaim(0, 3, true);
        _crowd.resolveClaim(0);
        happened(5);
        _crowd.quarrel(2, 0);
        happened(5);
        _crowd.fileClaim(3, 0);
        _crowd.endClaims();
        happened(3);
        _crowd.takeOver(8, 1);
        _crowd.depart(0);
        happened(2);
        _crowd.wait(59);
        _crowd.advance();
        happened(1);
        phaseIs(IDppdl.Phase.Order, 2);
        invariant_nobodyBreaksTheRules();
    }

    /// @notice So many calls have taken effect since this was last asked.
    function happened(uint256 expected) private {
        equal(_crowd.effects() - _effects, expected);
        _effects = _crowd.effects();
    }

    /// @notice Something happens in every run.
    function invariant_somethingHappens() public view {
        yes(_crowd.calls() < 40 || _crowd.effects() > 0, "nothing takes effect");
    }

    /// @notice Σ points + Σ escrow + Σ deposits = Σ minted.
    function invariant_pointsAreConserved() public view {
        conserved();
    }

    /// @notice Nobody acts, votes, claims, changes its data or resigns who may not; one act per party and phase, phases
    /// in order, claims that end.
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
