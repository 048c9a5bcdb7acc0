// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "../../../contracts/interfaces/IDppdl.sol";
import {Witness} from "./Witness.sol";

/// @title Parties and strangers who call anything in any order, honestly or not
/// @notice Every call may be refused; what must never happen is the {Witness}'s to say.
contract Crowd is Witness {
    uint256 private constant PEOPLE = 11;

    uint256[] private _claims;
    uint256 private _time;

    constructor() {
        _time = START;
        IDppdl.Facts memory given = facts();
        given.rounds = 6;
        deploy(given, 6);
        for (uint256 person = 0; person < 4; ++person) join(person);
    }

    function wait(uint16 seconds_) external watched {
        _time += seconds_ % 60;
        vm.warp(_time);
    }

    function advance() external watched {
        IDppdl.State memory before = ledger.state();
        try ledger.advance() {
            ++effects;
            never(_time < before.deadline, "a phase ended early");
        } catch {}
    }

    /// @notice The usual course, for one to three phases: everyone who may act does so, now and then all but one; and when
    /// the ledger is closed they try to go on.
    function everybody(uint8 seed) external watched {
        for (uint256 phases = 0; phases <= seed % 3; ++phases) _everybody(seed);
    }

    /// @notice Somebody resigns, and tries all that it may no longer do.
    function depart(uint8 who) external watched {
        if (who > 60) return;
        uint256 person = who % PEOPLE;
        _resign(person);
        _resign(person);
        _vouch(person, who);
        _update(person, 50, 100);
        for (uint256 provider = 0; provider < ledger.state().parties; ++provider) _fileClaim(person, provider);
        for (uint256 which = 0; which < _claims.length; ++which) _voteClaim(person, _claims[which], true);
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
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.init(given, invitation) {
            didWhileOpen(person, ~(before.credible | before.pending), before);
            didRegister(person, given.peerId);
        } catch {}
    }

    function update(uint8 who, uint32 samples, uint32 examples) external watched {
        _update(who % PEOPLE, samples, examples);
    }

    function vouch(uint8 who, uint8 whom) external watched {
        _vouch(who % PEOPLE, whom);
    }

    function takeOver(uint8 who, uint8 from) external watched {
        (uint256 successor, uint256 former) = (who % PEOPLE, from % PEOPLE);
        (bool known, uint8 party) = ledger.partyOf(account(former));
        uint64 wealth = known ? points(party) : 0;
        bytes memory signature = consent(former, account(successor), uint64(_time));
        vm.prank(account(successor));
        try ledger.takeOver(uint64(_time), signature) {
            didTakeOver(successor, former, known);
            never(points(party) != wealth, "points changed with the account");
        } catch {}
    }

    /// @notice Somebody claims; everybody answers, votes and changes its mind, as far as it may.
    function quarrel(uint8 who, uint8 whom) external watched {
        uint256 known = _claims.length;
        uint256 provider = whom % ledger.state().parties;
        for (uint256 next = 0; next < PEOPLE && _claims.length == known; ++next) {
            _fileClaim((who + next) % PEOPLE, provider);
        }
        if (_claims.length == known) return;
        for (uint256 person = 0; person < PEOPLE; ++person) _answerClaim(person, _claims[known]);
        for (uint256 person = 0; person < PEOPLE; ++person) {
            _voteClaim(person, _claims[known], who > 99);
            _voteClaim(person, _claims[known], who < 99);
        }
    }

    function fileClaim(uint8 who, uint8 whom) external watched {
        _fileClaim(who % PEOPLE, whom % ledger.state().parties);
    }

    function answerClaim(uint8 which, uint8 who) external watched {
        if (_claims.length == 0) return;
        uint256 claim = _claims[which % _claims.length];
        _answerClaim(who % 3 == 0 ? who % PEOPLE : personOf(uint8(claim)), claim);
    }

    function voteClaim(uint8 which, uint8 who, bool upheld) external watched {
        if (_claims.length != 0) _voteClaim(who % PEOPLE, _claims[which % _claims.length], upheld);
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
                never(true, "a claim does not end");
            }
        }
        never(ledger.state().deposits != 0, "points stay locked");
    }

    /// @notice Now and then with a peer id that others may have.
    function registrationOf(uint32 samples, uint32 examples) private returns (IDppdl.Registration memory given) {
        given = registration(samples % 200, examples % 200);
        if (samples % 3 == 0) given.peerId = peerId(1 + (examples % 6));
    }

    /// @notice Whose account a party has now.
    function personOf(uint8 party) private returns (uint256 person) {
        address owner = ledger.parties(party, 1)[0].account;
        while (account(person) != owner) ++person;
    }

    function _everybody(uint8 seed) private {
        IDppdl.State memory state = ledger.state();
        uint256 skipped = seed % 16;
        for (uint256 person = 0; person < PEOPLE; ++person) {
            (bool known, uint8 party) = ledger.partyOf(account(person));
            if (!known || party == skipped || (state.credible >> party) & 1 == 0) continue;
            if (state.phase == IDppdl.Phase.Order) _order(person, state.round, state.credible & ~(1 << party), 50);
            else if (state.phase == IDppdl.Phase.Deliver) _deliver(person, state.round, askedOf(party));
            else _report(person, state.round, seed > 230 ? state.credible & 1 & ~(1 << party) : 0);
            if (state.phase != IDppdl.Phase.Closed) continue;
            _vouch(person, seed);
            _update(person, 50, 100);
            _resign(person);
        }
    }

    function _update(uint256 person, uint32 samples, uint32 examples) private {
        IDppdl.Registration memory given = registrationOf(samples, examples);
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.update(given) {
            didWhileOpen(person, before.credible | before.pending, before);
            didRegister(person, given.peerId);
        } catch {}
    }

    function _vouch(uint256 person, uint8 whom) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.vouch(account(whom % PEOPLE)) {
            didWhileOpen(person, before.credible, before);
        } catch {}
    }

    function _resign(uint256 person) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.resign() {
            didWhileOpen(person, before.credible, before);
            IDppdl.State memory state = ledger.state();
            (, uint8 party) = ledger.partyOf(account(person));
            never(((state.credible | state.pending) >> party) & 1 == 1, "who resigned is still there");
        } catch {}
    }

    function _order(uint256 person, uint32 round, uint256 providers, uint32 count) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.download(round, packed(providers, count), KEY) {
            didAct(person, before);
        } catch {}
    }

    function _deliver(uint256 person, uint32 round, uint256 requesters) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.upload(round, delivery(requesters)) {
            didAct(person, before);
        } catch {}
    }

    function _report(uint256 person, uint32 round, uint256 low) private {
        IDppdl.State memory before = ledger.state();
        vm.prank(account(person));
        try ledger.report(round, low) {
            didAct(person, before);
        } catch {}
    }

    function _fileClaim(uint256 person, uint256 provider) private {
        IDppdl.State memory before = ledger.state();
        bytes memory deliveries = delivery(askedOf(provider));
        vm.prank(account(person));
        try ledger.fileClaim(before.round, uint8(provider), IDppdl.Complaint.NotDelivered, deliveries) returns (
            uint256 claim
        ) {
            did(person, before.credible & (1 << uint8(claim >> 8)));
            never(before.phase != IDppdl.Phase.Evaluate, "a claim at the wrong time");
            _claims.push(claim);
        } catch {}
    }

    function _answerClaim(uint256 person, uint256 claim) private {
        vm.prank(account(person));
        try ledger.answerClaim(claim, KEY, "x") {
            did(person, 1 << uint8(claim));
        } catch {}
    }

    function _voteClaim(uint256 person, uint256 claim, bool upheld) private {
        IDppdl.Claim memory before = ledger.claimOf(claim);
        uint256 sides = (1 << uint8(claim)) | (1 << uint8(claim >> 8));
        uint256 jury = ledger.state().credible & ~sides & ~(before.votesFor | before.votesAgainst);
        vm.prank(account(person));
        try ledger.voteClaim(claim, upheld) {
            did(person, jury);
            never(before.status != IDppdl.ClaimStatus.Answered || _time > before.deadline, "a vote out of time");
        } catch {}
    }
}
