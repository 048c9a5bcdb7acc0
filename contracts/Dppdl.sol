// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Claims} from "./Claims.sol";
import {Constitution} from "./Constitution.sol";
import {CredibleSet} from "./CredibleSet.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title The consortium's books
contract Dppdl is CredibleSet, Claims {
    using Bitmap for uint256;

    constructor(Facts memory given, address[] memory members) Constitution(given, members) {}

    /// @inheritdoc IDppdl
    function state() external view returns (State memory) {
        Clock memory clock = _clock;
        return
            State({
                phase: clock.phase,
                round: clock.round,
                deadline: clock.deadline,
                parties: clock.parties,
                credible: _credible,
                acted: _credible & ~_waiting,
                pending: _pending,
                minted: _minted,
                escrow: clock.escrow,
                deposits: clock.deposits
            });
    }

    function _endPhase(Phase phase, uint32 round) internal override {
        if (phase == Phase.Forming) {
            _admit(0);
            _enter(Phase.Benchmark, 0);
        } else if (phase == Phase.Order) {
            _closeOrders();
            _enter(Phase.Deliver, round);
        } else if (phase == Phase.Deliver) {
            _refundAbsent();
            _enter(Phase.Evaluate, round);
        } else {
            _tally(round);
            _nextRound(round);
        }
    }

    /// @notice Starts the round after `round`, or closes: after the last, or when no group is large enough any more.
    function _nextRound(uint32 round) private {
        bool tooFew = (_credible | _pending).size() <= _minProviders;
        if (round == _rounds || tooFew) return _enter(Phase.Closed, round);
        _admit(round + 1);
        _enter(Phase.Order, round + 1);
    }
}
