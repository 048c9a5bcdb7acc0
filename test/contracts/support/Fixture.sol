// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Dppdl} from "../../../contracts/Dppdl.sol";
import {IDppdl} from "../../../contracts/interfaces/IDppdl.sol";
import {Vm} from "./Vm.sol";

/// @title A small consortium, and short ways to act in it
/// @notice Parties are accounts of the keys 1001, 1002 …; ids follow the order in which {join} is called.
abstract contract Fixture {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 internal constant KEY = bytes32(uint256(7));
    /// @notice Seconds of every phase in {facts}.
    uint32 internal constant PHASE = 100;
    uint256 internal constant START = 1_000_000;

    Dppdl internal ledger;
    uint256 private _peerIds;

    error NotEqual(uint256 actual, uint256 expected);
    error NotTrue(string what);

    /// Printable text of some length.
    function text(uint256 length) internal pure returns (bytes memory characters) {
        characters = new bytes(length);
        for (uint256 index = 0; index < length; ++index) characters[index] = "a";
    }

    function equal(uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert NotEqual(actual, expected);
    }

    function yes(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// @notice |w| = 1000; four start, up to seven take part; three rounds, the first of grace.
    function facts() internal pure returns (IDppdl.Facts memory) {
        return
            IDppdl.Facts({
                consortiumHash: bytes32(uint256(0xc0)),
                parameterCount: 1000,
                rounds: 3,
                graceRounds: 1,
                removalPermille: 500,
                minProviders: 2,
                minParties: 3,
                startParties: 4,
                maxParties: 7,
                formSeconds: PHASE,
                benchmarkSeconds: PHASE,
                orderSeconds: PHASE,
                deliverSeconds: PHASE,
                evaluateSeconds: PHASE,
                answerSeconds: 50,
                voteSeconds: 30,
                claimDeposit: 40
            });
    }

    function account(uint256 party) internal returns (address) {
        return vm.addr(1001 + party);
    }

    /// @notice Deploys with the first `count` accounts as members.
    function deploy(IDppdl.Facts memory given, uint256 count) internal {
        address[] memory members = new address[](count);
        for (uint256 index = 0; index < count; ++index) members[index] = account(index);
        vm.warp(START);
        ledger = new Dppdl(given, members);
    }

    /// @notice λ = samples / examples. Every one has a peer id of its own.
    function registration(uint32 samples, uint32 examples) internal returns (IDppdl.Registration memory) {
        return
            IDppdl.Registration({
                peerId: peerId(++_peerIds),
                location: "/ip4/10.0.0.7/tcp/4001",
                maskKey: KEY,
                encryptionKey: KEY,
                samplesHash: KEY,
                examples: examples,
                samples: samples,
                generator: IDppdl.Generator.Gaussian,
                epsilon: 4_000_000,
                delta: 1
            });
    }

    function peerId(uint256 key) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"002408011220", key);
    }

    function uninvited() internal pure returns (IDppdl.Invitation memory) {
        return IDppdl.Invitation({expires: 0, signature: ""});
    }

    /// @notice An invitation of `guest` signed by party `inviter`.
    function invite(uint256 inviter, address guest, uint64 expires) internal returns (IDppdl.Invitation memory) {
        bytes memory signature = signed("Invitation(address account,uint64 expires)", inviter, guest, expires);
        return IDppdl.Invitation({expires: expires, signature: signature});
    }

    /// @notice The consent of the account of key 1001 + `former` to be succeeded by `successor`.
    function consent(uint256 former, address successor, uint64 expires) internal returns (bytes memory) {
        return signed("Succession(address account,uint64 expires)", former, successor, expires);
    }

    function signed(
        string memory structure,
        uint256 signer,
        address subject,
        uint64 expires
    ) private returns (bytes memory) {
        bytes32 message = keccak256(abi.encode(keccak256(bytes(structure)), subject, expires));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", ledger.domainSeparator(), message));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(1001 + signer, digest);
        return abi.encodePacked(r, s, v);
    }

    function join(uint256 party) internal {
        vm.prank(account(party));
        ledger.init(registration(50, 100), uninvited());
    }

    /// @notice Four parties with λ = ½: cap 500, 1500 points each; the benchmark has begun.
    function start() internal {
        deploy(facts(), 5);
        for (uint256 party = 0; party < 4; ++party) join(party);
    }

    /// @notice Everybody of the credible set who waits reports nobody.
    function reportAll(uint32 round) internal {
        eachWaiting(round, IDppdl.Phase.Evaluate);
    }

    /// @notice Every waiting party acts, ordering 100 of each other party and delivering everything.
    function eachWaiting(uint32 round, IDppdl.Phase phase) internal {
        IDppdl.State memory state = ledger.state();
        uint256 waiting = state.credible & ~state.acted;
        for (uint256 party = 0; party < state.parties; ++party) {
            if ((waiting >> party) & 1 == 0) continue;
            if (phase == IDppdl.Phase.Order) order(party, round, state.credible & ~(1 << party), 100);
            else if (phase == IDppdl.Phase.Deliver) deliver(party, round, askedOf(party));
            else report(party, round, 0);
        }
    }

    /// @notice To the order phase of round 1.
    function toOrder() internal {
        start();
        reportAll(0);
    }

    /// @notice To the deliver phase of round 1, everybody having ordered 100 of everybody.
    function toDeliver() internal {
        toOrder();
        eachWaiting(1, IDppdl.Phase.Order);
    }

    /// @notice To the evaluation of round 1, everything delivered.
    function toEvaluate() internal {
        toDeliver();
        eachWaiting(1, IDppdl.Phase.Deliver);
    }

    function current() internal view returns (uint32) {
        return ledger.state().round;
    }

    function order(uint256 party, uint32 round, uint256 providers, uint32 count) internal {
        vm.prank(account(party));
        ledger.download(round, packed(providers, count), KEY);
    }

    function deliver(uint256 party, uint32 round, uint256 requesters) internal {
        vm.prank(account(party));
        ledger.upload(round, delivery(requesters));
    }

    function report(uint256 party, uint32 round, uint256 low) internal {
        vm.prank(account(party));
        ledger.report(round, low);
    }

    /// @notice Who ordered from `party` in this round.
    function askedOf(uint256 party) internal view returns (uint256 requesters) {
        uint256 known = ledger.state().parties;
        for (uint256 other = 0; other < known; ++other) {
            if (ledger.ordersOf(uint8(other))[party] != 0) requesters |= 1 << other;
        }
    }

    /// @notice Orders of `count` from each of `providers`.
    function packed(uint256 providers, uint32 count) internal pure returns (bytes memory data) {
        data = abi.encodePacked(providers);
        for (uint256 left = providers; left != 0; left &= left - 1) data = abi.encodePacked(data, count);
    }

    /// @notice Deliveries to each of `requesters`, with a commitment made of its id.
    function delivery(uint256 requesters) internal pure returns (bytes memory data) {
        data = abi.encodePacked(requesters);
        for (uint256 party = 0; party < 256; ++party) {
            if ((requesters >> party) & 1 == 1) data = abi.encodePacked(data, commitment(party));
        }
    }

    function commitment(uint256 requester) internal pure returns (bytes32) {
        return keccak256(abi.encode("blob", requester));
    }

    function points(uint256 party) internal view returns (uint64) {
        return ledger.parties(party, 1)[0].points;
    }

    function escrow(uint256 party) internal view returns (uint64) {
        return ledger.parties(party, 1)[0].escrow;
    }

    function phaseIs(IDppdl.Phase phase, uint32 expected) internal view {
        IDppdl.State memory state = ledger.state();
        equal(uint256(state.phase), uint256(phase));
        equal(state.round, expected);
    }

    /// @notice Σ points + Σ escrow + deposits = minted, and the total escrow is the sum of the parties'.
    function conserved() internal view {
        IDppdl.State memory state = ledger.state();
        IDppdl.Party[] memory all = ledger.parties(0, 256);
        uint256 free = 0;
        uint256 held = 0;
        uint256 created = 0;
        for (uint256 party = 0; party < all.length; ++party) {
            free += all[party].points;
            held += all[party].escrow;
            created += all[party].minted;
        }
        equal(held, state.escrow);
        equal(created, state.minted);
        equal(free + held + state.deposits, state.minted);
    }
}
