// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Exchange} from "./Exchange.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";
import {isPrintable} from "./Text.sol";

/// @title Claims about recorded deliveries (paper, section 3.2)
abstract contract Claims is Exchange {
    using Bitmap for uint256;

    mapping(uint256 id => Claim) private _claims;

    /// @inheritdoc IDppdl
    function fileClaim(
        uint32 round,
        uint8 provider,
        Complaint complaint,
        bytes calldata deliveries
    ) external returns (uint256 claim) {
        uint8 requester = _crediblySent();
        Phase phase = _clock.phase;
        if (phase != Phase.Evaluate) revert PhaseMismatch(phase);
        uint32 current = _clock.round;
        if (current != round) revert RoundMismatch(current, round);
        claim = (uint256(round) << 16) | (uint256(requester) << 8) | provider;
        if (_claims[claim].status != ClaimStatus.None) revert ClaimExists(claim);
        (bytes32 commitment, uint64 price) = _delivered(round, provider, requester, deliveries);
        _open(claim, complaint, commitment, price);
    }

    /// @inheritdoc IDppdl
    function answerClaim(uint256 claim, bytes32 key, string calldata location) external {
        uint8 party = _sender();
        Claim storage entry = _claims[claim];
        if (entry.status != ClaimStatus.Filed) revert ClaimStatusMismatch(claim, entry.status);
        if (party != _providerOf(claim)) revert ClaimNotAllowed(claim, party);
        if (block.timestamp > entry.deadline) {
            revert ClaimWindowClosed(claim, entry.deadline, uint64(block.timestamp));
        }
        uint256 length = bytes(location).length;
        if (length == 0 || length > 256 || !isPrintable(location)) revert ClaimInvalidLocation(length);
        uint64 deadline = uint64(block.timestamp) + _voteSeconds;
        entry.status = ClaimStatus.Answered;
        entry.deadline = deadline;
        // deviation: the paper has the uploader reveal the plaintext; the layer 2 key shows as much and stays private.
        emit ClaimAnswered(claim, key, location, deadline);
    }

    /// @inheritdoc IDppdl
    function voteClaim(uint256 claim, bool upheld) external {
        uint8 party = _crediblySent();
        Claim storage entry = _claims[claim];
        if (entry.status != ClaimStatus.Answered) revert ClaimStatusMismatch(claim, entry.status);
        if (block.timestamp > entry.deadline) {
            revert ClaimWindowClosed(claim, entry.deadline, uint64(block.timestamp));
        }
        if (!_jury(claim).has(party)) revert ClaimNotAllowed(claim, party);
        if ((entry.votesFor | entry.votesAgainst).has(party)) revert ClaimAlreadyVoted(claim, party);
        if (upheld) entry.votesFor |= Bitmap.only(party);
        else entry.votesAgainst |= Bitmap.only(party);
        emit ClaimVoted(claim, party, upheld);
    }

    /// @inheritdoc IDppdl
    function resolveClaim(uint256 claim) external {
        Claim storage entry = _claims[claim];
        ClaimStatus outcome = _outcome(claim, entry);
        uint64 deposit = entry.deposit;
        uint64 bond = entry.bond;
        uint64 toRequester = outcome == ClaimStatus.Rejected ? 0 : deposit;
        uint64 toProvider = outcome == ClaimStatus.Upheld ? 0 : bond;
        if (outcome == ClaimStatus.Upheld) toRequester += bond;
        if (outcome == ClaimStatus.Rejected) toProvider += deposit;
        entry.status = outcome;
        _clock.deposits -= deposit + bond;
        _credit(_owners[_requesterOf(claim)], toRequester);
        _credit(_owners[_providerOf(claim)], toProvider);
        emit ClaimResolved(claim, outcome, toRequester, toProvider);
    }

    /// @inheritdoc IDppdl
    function claimOf(uint256 claim) external view returns (Claim memory) {
        return _claims[claim];
    }

    function _open(uint256 claim, Complaint complaint, bytes32 commitment, uint64 price) private {
        uint8 requester = _requesterOf(claim);
        uint8 provider = _providerOf(claim);
        address accused = _owners[provider];
        // All that a poor claimant has, so that it must win this claim before it can file another.
        uint64 deposit = _atMost(msg.sender, _claimDeposit);
        if (deposit == 0) revert PointsInsufficientBalance(requester, 0, 1);
        uint64 bond = _atMost(accused, price + deposit);
        _debit(msg.sender, deposit);
        _debit(accused, bond);
        _clock.deposits += deposit + bond;
        uint64 deadline = uint64(block.timestamp) + _answerSeconds;
        _claims[claim] = Claim({
            status: ClaimStatus.Filed,
            complaint: complaint,
            deadline: deadline,
            deposit: deposit,
            bond: bond,
            commitment: commitment,
            votesFor: 0,
            votesAgainst: 0
        });
        emit ClaimFiled(claim, requester, provider, complaint, commitment, deposit, bond, deadline);
    }

    /// @notice `amount`, or what the account has if that is less.
    function _atMost(address owner, uint64 amount) private view returns (uint64) {
        uint64 wealth = _accounts[owner].points;
        return amount < wealth ? amount : wealth;
    }

    /// @notice How the claim ends now; reverts while its window is open.
    function _outcome(uint256 claim, Claim storage entry) private view returns (ClaimStatus) {
        ClaimStatus status = entry.status;
        bool over = block.timestamp > entry.deadline;
        if (status == ClaimStatus.Filed && over) return ClaimStatus.Upheld;
        if (status == ClaimStatus.Answered) {
            uint256 jury = _jury(claim);
            uint256 half = uint256(jury.size()) / 2;
            if ((entry.votesFor & jury).size() > half) return ClaimStatus.Upheld;
            if ((entry.votesAgainst & jury).size() > half) return ClaimStatus.Rejected;
            if (over) return ClaimStatus.Undecided;
        }
        if (status == ClaimStatus.Filed || status == ClaimStatus.Answered) {
            revert ClaimWindowOpen(claim, entry.deadline, uint64(block.timestamp));
        }
        revert ClaimStatusMismatch(claim, status);
    }

    /// @notice Who may vote: the credible set without the two sides.
    function _jury(uint256 claim) private view returns (uint256) {
        return _credible & ~(Bitmap.only(_requesterOf(claim)) | Bitmap.only(_providerOf(claim)));
    }

    function _requesterOf(uint256 claim) private pure returns (uint8) {
        return uint8(claim >> 8);
    }

    function _providerOf(uint256 claim) private pure returns (uint8) {
        return uint8(claim);
    }
}
