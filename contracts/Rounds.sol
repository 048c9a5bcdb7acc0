// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Constitution} from "./Constitution.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title Phases: who may act when, and when a phase is over
abstract contract Rounds is Constitution {
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
    /// @notice Who has not acted in this phase, strangers included: the complement of what {State} shows as `acted`,
    /// because a slot that never becomes zero is cheaper to write. Stays as it is when a party resigns.
    uint256 internal _idle;
    /// @notice Ids by account, plus one; 0 for strangers.
    mapping(address account => uint16 idPlusOne) internal _ids;

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
        _idle = type(uint256).max;
        emit PhaseStarted(round, phase, deadline);
    }

    /// @notice Lets the sender act once in `phase` of `round`.
    /// @return party The sender's id.
    function _act(Phase phase, uint32 round) internal returns (uint8 party) {
        party = _crediblySent();
        Clock memory clock = _clock;
        if (clock.phase != phase) revert PhaseMismatch(clock.phase);
        if (clock.round != round) revert RoundMismatch(clock.round, round);
        uint256 idle = _idle;
        if (!idle.has(party)) revert RoundAlreadyActed(party);
        _idle = idle & ~Bitmap.only(party);
    }

    /// @notice Ends the phase if every credible party has acted.
    function _endIfComplete() internal {
        Phase phase = _clock.phase;
        if (phase == Phase.Forming || phase == Phase.Closed) return;
        uint256 credible = _credible;
        if (credible != 0 && credible & _idle == 0) _endPhase(phase, _clock.round);
    }

    /// @notice The sender's id; it must be a party.
    function _sender() internal view returns (uint8) {
        uint16 idPlusOne = _ids[msg.sender];
        if (idPlusOne == 0) revert PartiesUnknownAccount(msg.sender);
        return uint8(idPlusOne - 1);
    }

    /// @notice The sender's id; it must be in the credible set.
    function _crediblySent() internal view returns (uint8 party) {
        party = _sender();
        if (!_credible.has(party)) revert CredibleSetNotMember(party);
    }
}
