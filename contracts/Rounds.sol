// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Points} from "./Points.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title Phases: who may act when, and when a phase is over
abstract contract Rounds is Points {
    using Bitmap for uint256;

    /// @notice What nearly every call reads and writes, in one slot.
    struct Clock {
        Phase phase;
        uint32 round;
        uint64 deadline;
        uint64 escrow;
        uint64 deposits;
        uint16 parties;
    }

    Clock internal _clock;
    /// @notice The credible set C; while forming, all who joined.
    uint256 internal _credible;
    /// @notice Who of the credible set has not acted in this phase.
    uint256 internal _waiting;

    constructor() {
        _enter(Phase.Forming, 0);
    }

    /// @inheritdoc IDppdl
    function advance() external {
        Clock memory clock = _clock;
        if (clock.phase == Phase.Closed) revert PhaseMismatch(clock.phase);
        if (block.timestamp < clock.deadline) revert RoundDeadlineAhead(clock.deadline, uint64(block.timestamp));
        uint16 present = _credible.size();
        if (clock.phase == Phase.Forming && present < _minParties) revert RoundTooFewParties(present, _minParties);
        _endPhase(clock.phase, clock.round);
    }

    /// @notice What happens between this phase and the next.
    function _endPhase(Phase phase, uint32 round) internal virtual;

    /// @notice Starts a phase.
    function _enter(Phase phase, uint32 round) internal {
        uint64 deadline = phase == Phase.Closed ? 0 : uint64(block.timestamp) + _duration(phase);
        _clock.phase = phase;
        _clock.round = round;
        _clock.deadline = deadline;
        _waiting = _credible;
        emit PhaseStarted(round, phase, deadline);
    }

    /// @notice Lets the sender act once in `phase` of `round`.
    /// @return party The sender's id.
    function _act(Phase phase, uint32 round) internal returns (uint8 party) {
        party = _sender();
        uint256 waiting = _waiting;
        bool idle = waiting.has(party);
        // Whoever waits is credible, so that the set itself is read only to say what is wrong.
        if (!idle && !_credible.has(party)) revert CredibleSetNotMember(party);
        Clock memory clock = _clock;
        if (clock.phase != phase) revert PhaseMismatch(clock.phase);
        if (clock.round != round) revert RoundMismatch(clock.round, round);
        if (!idle) revert RoundAlreadyActed(party);
        _waiting = waiting & ~Bitmap.only(party);
    }

    /// @notice Ends the phase if every credible party has acted.
    function _endIfComplete() internal {
        if (_waiting == 0 && _credible != 0) _endPhase(_clock.phase, _clock.round);
    }

    /// @notice The sender's id; it must be in the credible set.
    function _crediblySent() internal view returns (uint8 party) {
        party = _sender();
        if (!_credible.has(party)) revert CredibleSetNotMember(party);
    }
}
