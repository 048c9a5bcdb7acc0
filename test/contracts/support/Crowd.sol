// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Dppdl} from "../../../contracts/Dppdl.sol";
import {IDppdl} from "../../../contracts/interfaces/IDppdl.sol";
import {Fixture} from "./Fixture.sol";

/// @title Parties and strangers who call anything in any order, honestly or not
/// @notice Every call may be refused; what must never happen is written into `broken`.
contract Crowd is Fixture {
    uint256 private constant PEOPLE = 11;

    /// @notice What went wrong first; empty if nothing.
    string public broken;
    /// @notice Calls that took effect, so that a run in which nothing happened shows.
    uint256 public effects;

    /// @notice When each party acted last, as a moment: round · 6 + phase, plus one.
    mapping(uint256 party => uint256 moment) private _acted;
    /// @notice Whose registration with a peer id took effect first: the party's id plus one.
    mapping(bytes32 peerId => uint256 idPlusOne) private _owners;
    /// @notice Who was a party until somebody else took over.
    mapping(uint256 person => bool gone) private _gone;
    uint256 private _latest;
    uint256[] private _claims;
    uint256 private _time;

    constructor() {
        _time = START;
        IDppdl.Facts memory given = facts();
        given.rounds = 6;
        deploy(given, 6);
        for (uint256 person = 0; person < 4; ++person) join(person);
    }

    modifier watched() {
        _;
        uint256 moment = _moment();
        if (moment < _latest) broken = "a phase went back";
        _latest = moment;
    }

    function contractUnderTest() external view returns (Dppdl) {
        return ledger;
    }

    function wait(uint16 seconds_) external watched {
        _time += seconds_ % 60;
        vm.warp(_time);
    }

    function advance() external watched {
        IDppdl.State memory before = ledger.state();
        try ledger.advance() {
            ++effects;
            if (_time < before.deadline) broken = "a phase ended early";
        } catch {}
    }

    /// @notice The usual course: everyone who may act does so, now and then all but one.
    function everybody(uint8 seed) external watched {
        IDppdl.State memory state = ledger.state();
        uint256 skipped = seed % 8;
        for (uint256 person = 0; person < PEOPLE; ++person) {
            (bool known, uint8 party) = ledger.partyOf(account(person));
            if (!known || party == skipped || (state.credible >> party) & 1 == 0) continue;
            if (state.phase == IDppdl.Phase.Order) _order(person, state.round, state.credible & ~(1 << party), 50);
            else if (state.phase == IDppdl.Phase.Deliver) _deliver(person, state.round, askedOf(party));
            else _report(person, state.round, seed > 230 ? state.credible & 1 & ~(1 << party) : 0);
        }
    }

    function order(uint8 who, uint256 providers, uint32 count) external watched {
        (, uint8 party) = ledger.partyOf(account(who % PEOPLE));
        uint256 credible = ledger.state().credible & ~(1 << party);
        _order(who % PEOPLE, current(), count % 7 == 0 ? providers : providers & credible, count % 600);
    }

    function deliver(uint8 who, uint256 requesters) external watched {
        (, uint8 party) = ledger.partyOf(account(who % PEOPLE));
        _deliver(who % PEOPLE, current(), requesters % 5 == 0 ? requesters : requesters & askedOf(party));
    }

    function report(uint8 who, uint256 low) external watched {
        (, uint8 party) = ledger.partyOf(account(who % PEOPLE));
        _report(who % PEOPLE, current(), low % 5 == 0 ? low : low & ledger.state().credible & ~(1 << party));
    }

    function init(uint8 who, uint32 samples, uint32 examples, uint8 inviter) external watched {
        uint256 person = who % PEOPLE;
        IDppdl.Invitation memory invitation = inviter % 3 == 0
            ? uninvited()
            : invite(inviter % PEOPLE, account(person), uint64(_time + 9));
        IDppdl.Registration memory given = registrationOf(samples, examples);
        vm.prank(account(person));
        try ledger.init(given, invitation) {
            _own(person, given.peerId);
        } catch {}
    }

    function update(uint8 who, uint32 samples, uint32 examples) external watched {
        IDppdl.Registration memory given = registrationOf(samples, examples);
        vm.prank(account(who % PEOPLE));
        try ledger.update(given) {
            _own(who % PEOPLE, given.peerId);
        } catch {}
    }

    function vouch(uint8 who, uint8 whom) external watched {
        vm.prank(account(who % PEOPLE));
        try ledger.vouch(account(whom % PEOPLE)) {
            ++effects;
        } catch {}
    }

    function takeOver(uint8 who, uint8 from) external watched {
        (uint256 successor, uint256 former) = (who % PEOPLE, from % PEOPLE);
        (bool known, uint8 party) = ledger.partyOf(account(former));
        uint64 wealth = known ? points(party) : 0;
        bytes memory signature = consent(former, account(successor), uint64(_time));
        vm.prank(account(successor));
        try ledger.takeOver(uint64(_time), signature) {
            ++effects;
            if (!known || _gone[successor]) broken = "somebody took over what it could not";
            if (points(party) != wealth) broken = "points changed with the account";
            _gone[former] = true;
        } catch {}
    }

    function resign(uint8 who) external watched {
        if (who > 40) return;
        vm.prank(account(who % PEOPLE));
        try ledger.resign() {
            ++effects;
        } catch {}
    }

    function fileClaim(uint8 who, uint8 whom) external watched {
        uint8 provider = whom % 7;
        uint256 asked = askedOf(provider);
        vm.prank(account(who % PEOPLE));
        try ledger.fileClaim(ledger.state().round, provider, IDppdl.Complaint.NotDelivered, delivery(asked)) returns (
            uint256 claim
        ) {
            ++effects;
            _claims.push(claim);
        } catch {}
    }

    function answerClaim(uint8 which, uint8 who) external watched {
        if (_claims.length == 0) return;
        uint256 claim = _claims[which % _claims.length];
        vm.prank(who % 3 == 0 ? account(who % PEOPLE) : ledger.parties(claim & 255, 1)[0].account);
        try ledger.answerClaim(claim, KEY, "x") {
            ++effects;
        } catch {}
    }

    function voteClaim(uint8 which, uint8 who, bool upheld) external watched {
        if (_claims.length == 0) return;
        vm.prank(account(who % PEOPLE));
        try ledger.voteClaim(_claims[which % _claims.length], upheld) {
            ++effects;
        } catch {}
    }

    function resolveClaim(uint8 which) external watched {
        if (_claims.length == 0) return;
        try ledger.resolveClaim(_claims[which % _claims.length]) {
            ++effects;
        } catch {}
    }

    /// @notice When all windows are over every claim can be ended by anyone.
    function endClaims() external watched {
        _time += 81;
        vm.warp(_time);
        for (uint256 index = 0; index < _claims.length; ++index) {
            if (ledger.claimOf(_claims[index]).status > IDppdl.ClaimStatus.Answered) continue;
            try ledger.resolveClaim(_claims[index]) {
                ++effects;
            } catch {
                broken = "a claim does not end";
            }
        }
        if (ledger.state().deposits != 0) broken = "points stay locked";
    }

    /// @notice Now and then with a peer id that others may have.
    function registrationOf(uint32 samples, uint32 examples) private returns (IDppdl.Registration memory given) {
        given = registration(samples % 200, examples % 200);
        if (samples % 3 == 0) given.peerId = peerId(1 + (examples % 6));
    }

    function _own(uint256 person, bytes memory given) private {
        ++effects;
        if (_gone[person]) broken = "who was succeeded registered again";
        (, uint8 party) = ledger.partyOf(account(person));
        uint256 owner = uint256(party) + 1;
        bytes32 key = keccak256(given);
        if (_owners[key] != 0 && _owners[key] != owner) broken = "two parties have one peer id";
        _owners[key] = owner;
    }

    function _order(uint256 person, uint32 round, uint256 providers, uint32 count) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.download(round, packed(providers, count), KEY) {
            _didAct(person, before);
        } catch {}
    }

    function _deliver(uint256 person, uint32 round, uint256 requesters) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.upload(round, delivery(requesters)) {
            _didAct(person, before);
        } catch {}
    }

    function _report(uint256 person, uint32 round, uint256 low) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.report(round, low) {
            _didAct(person, before);
        } catch {}
    }

    function _didAct(uint256 person, IDppdl.State memory before) private {
        ++effects;
        if (_gone[person]) broken = "who was succeeded acted again";
        (, uint8 party) = ledger.partyOf(account(person));
        if ((before.credible >> party) & 1 == 0) broken = "somebody outside the credible set acted";
        uint256 moment = uint256(before.round) * 6 + uint256(before.phase) + 1;
        if (_acted[party] == moment) broken = "somebody acted twice";
        _acted[party] = moment;
    }

    function _moment() private view returns (uint256) {
        IDppdl.State memory state = ledger.state();
        return uint256(state.round) * 6 + uint256(state.phase);
    }
}
