// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title What is fixed for ever: the facts, and the members who may invite
abstract contract Constitution is IDppdl {
    /// @notice Parties there can be, and members that can be named; whoever else is to join comes by invitation.
    uint256 private constant MAX_PARTIES = 256;
    bytes32 private immutable _consortiumHash;
    uint32 internal immutable _parameterCount;
    uint32 internal immutable _rounds;
    uint32 internal immutable _graceRounds;
    uint16 internal immutable _removalPermille;
    uint16 internal immutable _minProviders;
    uint16 internal immutable _minParties;
    uint16 internal immutable _startParties;
    uint16 internal immutable _maxParties;
    uint32 private immutable _formSeconds;
    uint32 private immutable _benchmarkSeconds;
    uint32 private immutable _orderSeconds;
    uint32 private immutable _deliverSeconds;
    uint32 private immutable _evaluateSeconds;
    uint32 internal immutable _answerSeconds;
    uint32 internal immutable _voteSeconds;
    uint64 internal immutable _claimDeposit;

    mapping(address account => bool named) private _members;

    constructor(Facts memory given, address[] memory members) {
        _check(given);
        _consortiumHash = given.consortiumHash;
        _parameterCount = given.parameterCount;
        _rounds = given.rounds;
        _graceRounds = given.graceRounds;
        _removalPermille = given.removalPermille;
        _minProviders = given.minProviders;
        _minParties = given.minParties;
        _startParties = given.startParties;
        _maxParties = given.maxParties;
        _formSeconds = given.formSeconds;
        _benchmarkSeconds = given.benchmarkSeconds;
        _orderSeconds = given.orderSeconds;
        _deliverSeconds = given.deliverSeconds;
        _evaluateSeconds = given.evaluateSeconds;
        _answerSeconds = given.answerSeconds;
        _voteSeconds = given.voteSeconds;
        _claimDeposit = given.claimDeposit;
        if (members.length > MAX_PARTIES) revert ConstitutionTooManyMembers(members.length, MAX_PARTIES);
        for (uint256 index = 0; index < members.length; ++index) {
            address member = members[index];
            if (member == address(0) || _members[member]) revert ConstitutionInvalidMember(member);
            _members[member] = true;
        }
        emit Constituted(given, members);
    }

    /// @inheritdoc IDppdl
    function facts() external view returns (Facts memory) {
        return
            Facts({
                consortiumHash: _consortiumHash,
                parameterCount: _parameterCount,
                rounds: _rounds,
                graceRounds: _graceRounds,
                removalPermille: _removalPermille,
                minProviders: _minProviders,
                minParties: _minParties,
                startParties: _startParties,
                maxParties: _maxParties,
                formSeconds: _formSeconds,
                benchmarkSeconds: _benchmarkSeconds,
                orderSeconds: _orderSeconds,
                deliverSeconds: _deliverSeconds,
                evaluateSeconds: _evaluateSeconds,
                answerSeconds: _answerSeconds,
                voteSeconds: _voteSeconds,
                claimDeposit: _claimDeposit
            });
    }

    /// @inheritdoc IDppdl
    function isMember(address account) public view returns (bool) {
        return _members[account];
    }

    /// @notice Gives what the constitution grants one account to the one that succeeds it.
    function _passMembership(address former, address account) internal {
        if (!_members[former]) return;
        _members[former] = false;
        _members[account] = true;
    }

    /// @notice Longest duration of a phase other than `Closed`, in seconds.
    function _duration(Phase phase) internal view returns (uint32) {
        if (phase == Phase.Forming) return _formSeconds;
        if (phase == Phase.Benchmark) return _benchmarkSeconds;
        if (phase == Phase.Order) return _orderSeconds;
        if (phase == Phase.Deliver) return _deliverSeconds;
        return _evaluateSeconds;
    }

    function _check(Facts memory given) private pure {
        if (given.parameterCount == 0) revert ConstitutionInvalidFact("parameterCount", given.parameterCount);
        if (given.rounds == 0) revert ConstitutionInvalidFact("rounds", given.rounds);
        if (given.removalPermille < 500 || given.removalPermille > 999) {
            revert ConstitutionInvalidFact("removalPermille", given.removalPermille);
        }
        if (given.minProviders < 2) revert ConstitutionInvalidFact("minProviders", given.minProviders);
        if (given.minParties <= given.minProviders) revert ConstitutionInvalidFact("minParties", given.minParties);
        if (given.startParties < given.minParties) revert ConstitutionInvalidFact("startParties", given.startParties);
        if (given.maxParties < given.startParties || given.maxParties > MAX_PARTIES) {
            revert ConstitutionInvalidFact("maxParties", given.maxParties);
        }
        if (given.formSeconds == 0) revert ConstitutionInvalidFact("formSeconds", given.formSeconds);
        if (given.benchmarkSeconds == 0) revert ConstitutionInvalidFact("benchmarkSeconds", given.benchmarkSeconds);
        if (given.orderSeconds == 0) revert ConstitutionInvalidFact("orderSeconds", given.orderSeconds);
        if (given.deliverSeconds == 0) revert ConstitutionInvalidFact("deliverSeconds", given.deliverSeconds);
        if (given.evaluateSeconds == 0) revert ConstitutionInvalidFact("evaluateSeconds", given.evaluateSeconds);
        if (given.answerSeconds == 0) revert ConstitutionInvalidFact("answerSeconds", given.answerSeconds);
        if (given.voteSeconds == 0) revert ConstitutionInvalidFact("voteSeconds", given.voteSeconds);
        if (given.claimDeposit == 0) revert ConstitutionInvalidFact("claimDeposit", given.claimDeposit);
    }
}
