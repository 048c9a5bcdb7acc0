// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Exchange} from "./Exchange.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";
import {Signatures} from "./Signatures.sol";
import {isPrintable} from "./Text.sol";

/// @title Who takes part: INIT, its changes, votes for newcomers, succession, resignation
abstract contract Parties is Exchange, Signatures {
    using Bitmap for uint256;

    /// @notice Whose INIT takes effect when the next round starts.
    uint256 internal _pending;
    /// @notice Who was voted out and may not come back.
    uint256 internal _removed;
    mapping(address account => uint256 parties) private _vouchers;
    /// @notice Whose each peer id is, by its keccak256: the party's id plus one. It stays the party's for ever, so that
    /// what a node ever said can be put down to one party.
    mapping(bytes32 peerId => uint16 idPlusOne) private _peers;

    /// @inheritdoc IDppdl
    function init(
        Registration calldata registration,
        Invitation calldata invitation
    ) external returns (uint8 party) {
        Phase phase = _clock.phase;
        if (phase == Phase.Closed) revert PhaseMismatch(phase);
        _checkInvited(invitation);
        party = _seat();
        _register(party, registration);
        _pending |= Bitmap.only(party);
        if (phase == Phase.Forming) {
            _credible |= Bitmap.only(party);
            _waiting |= Bitmap.only(party);
            if (_credible.size() >= _startParties) _endPhase(phase, 0);
        }
    }

    /// @inheritdoc IDppdl
    function update(Registration calldata registration) external {
        Phase phase = _clock.phase;
        if (phase == Phase.Closed) revert PhaseMismatch(phase);
        uint8 party = _sender();
        if (!(_credible | _pending).has(party)) revert CredibleSetNotMember(party);
        Account storage account = _accounts[msg.sender];
        (uint32 examples, uint32 samples) = (account.examples, account.samples);
        _register(party, registration);
        if (registration.examples != examples || registration.samples != samples) {
            _pending |= Bitmap.only(party);
        }
    }

    /// @inheritdoc IDppdl
    function vouch(address account) external {
        uint8 party = _crediblySent();
        Phase phase = _clock.phase;
        if (phase == Phase.Forming || phase == Phase.Closed) revert PhaseMismatch(phase);
        _vouchers[account] |= Bitmap.only(party);
        emit Vouched(party, account);
    }

    /// @inheritdoc IDppdl
    function takeOver(uint64 expires, bytes calldata signature) external returns (uint8 party) {
        if (block.timestamp > expires) revert SuccessionExpired(expires, uint64(block.timestamp));
        address former = _signerOf(SUCCESSION_TYPE, msg.sender, expires, signature);
        Account storage account = _accounts[former];
        uint16 idPlusOne = account.idPlusOne;
        if (idPlusOne == 0) revert SuccessionInvalidSigner(former);
        if (_accounts[msg.sender].registeredAt != 0) revert PartiesAlreadyRegistered(msg.sender);
        party = uint8(idPlusOne - 1);
        _owners[party] = msg.sender;
        _accounts[msg.sender] = account;
        // `registeredAt` stays: whoever got hold of the former account's key can never join with it.
        account.points = 0;
        account.idPlusOne = 0;
        _passMembership(former, msg.sender);
        emit TakenOver(party, former, msg.sender);
    }

    /// @inheritdoc IDppdl
    function resign() external {
        uint8 party = _crediblySent();
        Phase phase = _clock.phase;
        if (phase == Phase.Closed) revert PhaseMismatch(phase);
        emit Resigned(_clock.round, party);
        _settleResigned(party);
        _credible &= ~Bitmap.only(party);
        _waiting &= ~Bitmap.only(party);
        _pending &= ~Bitmap.only(party);
        _endIfComplete();
    }

    /// @inheritdoc IDppdl
    function partyOf(address account) external view returns (bool registered, uint8 party) {
        uint16 idPlusOne = _accounts[account].idPlusOne;
        return idPlusOne == 0 ? (false, 0) : (true, uint8(idPlusOne - 1));
    }

    /// @inheritdoc IDppdl
    function parties(uint256 from, uint256 count) external view returns (Party[] memory page) {
        uint256 known = _clock.parties;
        uint256 rest = from < known ? known - from : 0;
        page = new Party[](count < rest ? count : rest);
        uint256[] memory open = _openLanes();
        for (uint256 index = 0; index < page.length; ++index) {
            page[index] = _party(uint8(from + index), open);
        }
    }

    /// @inheritdoc IDppdl
    function vouchers(address account) external view returns (uint256) {
        return _vouchers[account];
    }

    /// @notice Lets the declarations that wait take effect, in order of id.
    function _admit(uint32 round) internal {
        uint256 pending = _pending;
        if (pending == 0) return;
        uint256 credible = _credible | pending;
        uint16 n = credible.size();
        _credible = credible;
        _pending = 0;
        for (uint8 party = 0; pending != 0; pending >>= 1) {
            if (pending & 1 == 1) {
                address owner = _owners[party];
                Account memory account = _accounts[owner];
                uint32 cap = uint32((uint256(account.samples) * _parameterCount) / account.examples);
                // Points once minted are not given back, so what was offered for them stays offered.
                if (cap < _capOf(party)) cap = _capOf(party);
                _setCap(party, cap);
                uint64 amount = _mint(owner, n);
                emit Initialised(party, round, cap, amount);
            }
            // Bound: ends after party 255 at the latest, when nothing is left of `pending`.
            unchecked {
                ++party;
            }
        }
    }

    /// @notice The sender's id: a new one, or the one it resigned from.
    function _seat() private returns (uint8 party) {
        Account storage account = _accounts[msg.sender];
        uint16 idPlusOne = account.idPlusOne;
        if (idPlusOne != 0) {
            party = uint8(idPlusOne - 1);
            if ((_credible | _pending | _removed).has(party)) revert PartiesAlreadyRegistered(msg.sender);
            return party;
        }
        if (account.registeredAt != 0) revert PartiesAlreadyRegistered(msg.sender);
        uint16 known = _clock.parties;
        if (known == _maxParties) revert PartiesFull(_maxParties);
        party = uint8(known);
        _clock.parties = known + 1;
        _accounts[msg.sender].idPlusOne = known + 1;
        _owners[party] = msg.sender;
    }

    /// @notice Whether the sender is a member, holds a member's invitation or has the votes.
    function _checkInvited(Invitation calldata invitation) private view {
        if (invitation.signature.length != 0) {
            if (block.timestamp > invitation.expires) {
                revert InvitationExpired(invitation.expires, uint64(block.timestamp));
            }
            address signer = _signerOf(INVITATION_TYPE, msg.sender, invitation.expires, invitation.signature);
            uint16 idPlusOne = _accounts[signer].idPlusOne;
            bool gone = idPlusOne != 0 && !(_credible | _pending).has(idPlusOne - 1);
            if (!isMember(signer) || gone) revert InvitationInvalidSigner(signer);
            return;
        }
        if (isMember(msg.sender)) return;
        uint256 credible = _credible;
        uint16 votes = (_vouchers[msg.sender] & credible).size();
        uint16 needed = credible.size() / 2 + 1;
        if (votes < needed) revert PartiesNotInvited(msg.sender, votes, needed);
    }

    function _register(uint8 party, Registration calldata registration) private {
        uint256 peerIdLength = registration.peerId.length;
        uint256 locationLength = bytes(registration.location).length;
        if (peerIdLength == 0 || peerIdLength > 64) revert PartiesInvalidRegistration("peerId", peerIdLength);
        if (locationLength == 0 || locationLength > 256 || !isPrintable(registration.location)) {
            revert PartiesInvalidRegistration("location", locationLength);
        }
        if (registration.maskKey == 0) revert PartiesInvalidRegistration("maskKey", 0);
        if (registration.encryptionKey == 0) revert PartiesInvalidRegistration("encryptionKey", 0);
        if (registration.examples == 0) revert PartiesInvalidRegistration("examples", 0);
        if (registration.samples == 0 || registration.samples > registration.examples) {
            revert PartiesInvalidRegistration("samples", registration.samples);
        }
        bytes32 peer = keccak256(registration.peerId);
        uint16 holder = _peers[peer];
        if (holder == 0) _peers[peer] = uint16(party) + 1;
        else if (holder != uint16(party) + 1) revert PartiesPeerIdTaken(uint8(holder - 1));
        Account storage account = _accounts[msg.sender];
        account.examples = registration.examples;
        account.samples = registration.samples;
        account.registeredAt = uint48(block.number);
        emit Registered(party, msg.sender, registration);
    }

    function _party(uint8 party, uint256[] memory open) private view returns (Party memory) {
        address owner = _owners[party];
        Account memory account = _accounts[owner];
        return
            Party({
                account: owner,
                credible: _credible.has(party),
                points: account.points,
                escrow: _escrowOf(party, open),
                minted: account.minted,
                examples: account.examples,
                samples: account.samples,
                cap: _capOf(party),
                registeredAt: account.registeredAt
            });
    }
}
