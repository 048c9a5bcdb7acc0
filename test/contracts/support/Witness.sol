// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Dppdl} from "../../../contracts/Dppdl.sol";
import {IDppdl} from "../../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./Fixture.sol";

/// @title Who looks on while a crowd acts, and writes down what must never happen
abstract contract Witness is Fixture {
    /// @notice What went wrong last; empty if nothing.
    string public broken;
    /// @notice Calls so far, and how many took effect, so that runs in which nothing happens show.
    uint256 public calls;
    uint256 public effects;

    /// @notice When each party acted last, as a moment: round · 6 + phase, plus one.
    mapping(uint256 party => uint256 moment) private _acted;
    /// @notice Whose registration with a peer id took effect first: the party's id plus one.
    mapping(bytes32 peerId => uint256 idPlusOne) private _owners;
    /// @notice Who was a party until somebody else took over.
    mapping(uint256 person => bool gone) private _gone;
    uint256 private _latest;

    modifier watched() {
        ++calls;
        _;
        uint256 moment = _momentOf(ledger.state());
        never(moment < _latest, "a phase went back");
        _latest = moment;
    }

    function contractUnderTest() external view returns (Dppdl) {
        return ledger;
    }

    /// @notice `person` did what only `allowed` parties may do, and only while the ledger is open.
    function didWhileOpen(uint256 person, uint256 allowed, IDppdl.State memory before) internal {
        did(person, allowed);
        never(before.phase == IDppdl.Phase.Closed, "somebody acted in a closed ledger");
    }

    /// @notice `person` did what only `allowed` parties may do.
    function did(uint256 person, uint256 allowed) internal {
        ++effects;
        never(_gone[person], "who was succeeded acted again");
        (bool known, uint8 party) = ledger.partyOf(account(person));
        never(!known || (allowed >> party) & 1 == 0, "somebody acted who may not");
    }

    /// @notice `person` ordered, delivered or reported.
    function didAct(uint256 person, IDppdl.State memory before) internal {
        didWhileOpen(person, before.credible, before);
        (, uint8 party) = ledger.partyOf(account(person));
        never(_acted[party] == _momentOf(before) + 1, "somebody acted twice");
        _acted[party] = _momentOf(before) + 1;
    }

    /// @notice `person` registered, for the first time or anew, with a peer id.
    function didRegister(uint256 person, bytes memory given) internal {
        (, uint8 party) = ledger.partyOf(account(person));
        uint256 owner = uint256(party) + 1;
        bytes32 key = keccak256(given);
        never(_owners[key] != 0 && _owners[key] != owner, "two parties have one peer id");
        _owners[key] = owner;
    }

    /// @notice `successor` took over from `former`, who was a party if `known`.
    function didTakeOver(uint256 successor, uint256 former, bool known) internal {
        ++effects;
        never(!known || _gone[successor], "somebody took over what it could not");
        _gone[former] = true;
    }

    /// @notice Writes down what must never be.
    function never(bool wrong, string memory what) internal {
        if (wrong) broken = what;
    }

    function _momentOf(IDppdl.State memory state) private pure returns (uint256) {
        return uint256(state.round) * 6 + uint256(state.phase);
    }
}
