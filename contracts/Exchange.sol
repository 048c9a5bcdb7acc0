// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Rounds} from "./Rounds.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title Orders, deliveries and refunds (paper, Algorithm 2)
/// @notice The counts of a round live in one table, several to a slot, written over every round, because slots are what
/// an exchange costs. A half-word of 128 bits holds `_lanes` counts of `_laneBits` bits each: the counts one requester
/// asks of one group of `_lanes` consecutive providers. A slot holds the half-words of requesters 2k and 2k + 1 for the
/// same group: a requester writes along its row, a provider reads down its column, and both touch few slots.
abstract contract Exchange is Rounds {
    using Bitmap for uint256;

    uint256 private constant HALF = 128;
    /// @notice Bytes before the counts or commitments: the set of parties they are for.
    uint256 private constant HEAD = 32;
    uint256 private constant COUNT_BYTES = 4;
    uint256 private constant COMMITMENT_BYTES = 32;

    /// @notice Bits that hold any count: the least b with |w| < 2^b.
    uint256 private immutable _laneBits;
    uint256 private immutable _laneMask;
    uint256 private immutable _lanes;

    /// @notice Slot of requester r and group g: r / 2 · 64 + g.
    uint256[8192] private _table;
    /// @notice Caps ⌊λ·|w|⌋ in the same half-words: group g in half g mod 2 of slot g / 2.
    uint256[32] private _caps;
    /// @notice Who placed orders in this round; the table's other rows are of earlier rounds.
    uint256 private _ordered;
    /// @notice keccak256(round ‖ deliveries) of each provider's latest UPLOAD.
    bytes32[256] private _uploads;

    constructor() {
        uint256 bits = 1;
        while (_parameterCount >> bits != 0) ++bits;
        _laneBits = bits;
        _laneMask = (1 << bits) - 1;
        _lanes = HALF / bits;
    }

    /// @inheritdoc IDppdl
    function download(uint32 round, bytes calldata orders, bytes32 encryptionKey) external {
        // deviation: the paper's Figure 3 has a transaction per request; one for a party's whole round costs far less.
        uint8 requester = _act(Phase.Order, round);
        if (encryptionKey == 0) revert ExchangeInvalidKey();
        uint64 total = _place(requester, orders);
        _debit(msg.sender, total);
        _clock.escrow += total;
        emit Downloaded(round, requester, orders, encryptionKey);
        _endIfComplete();
    }

    /// @inheritdoc IDppdl
    function upload(uint32 round, bytes calldata deliveries) external {
        uint8 provider = _act(Phase.Deliver, round);
        (uint64 earned, uint64 refunded) = _fill(provider, _head(deliveries, COMMITMENT_BYTES), _ordered);
        _uploads[provider] = keccak256(abi.encodePacked(round, deliveries));
        _credit(msg.sender, earned);
        _clock.escrow -= earned + refunded;
        emit Uploaded(round, provider, deliveries, earned);
        _endIfComplete();
    }

    /// @inheritdoc IDppdl
    function ordersOf(uint8 requester) external view returns (uint32[] memory counts) {
        uint256 parties_ = _clock.parties;
        counts = new uint32[](parties_);
        if (!_current().has(requester)) return counts;
        for (uint256 provider = 0; provider < parties_; ++provider) {
            counts[provider] = uint32(_count(requester, uint8(provider)));
        }
    }

    /// @notice Sets what may be asked of a party.
    function _setCap(uint8 party, uint32 cap) internal {
        uint256 group = party / _lanes;
        uint256 shift = (group % 2) * HALF + (party % _lanes) * _laneBits;
        _caps[group / 2] = (_caps[group / 2] & ~(_laneMask << shift)) | (uint256(cap) << shift);
    }

    /// @notice ⌊λ·|w|⌋ of a party; 0 before its INIT took effect.
    function _capOf(uint8 party) internal view returns (uint32) {
        uint256 group = party / _lanes;
        return uint32((_capsOf(group) >> ((party % _lanes) * _laneBits)) & _laneMask);
    }

    /// @notice Settles what is open about a party that resigns: its own orders are withdrawn while others still order,
    /// and the orders it has not delivered yet are refunded.
    function _settleResigned(uint8 party) internal {
        Phase phase = _clock.phase;
        uint64 withdrawn = phase == Phase.Order ? _escrowOf(party, _openLanes()) : 0;
        if (withdrawn != 0) _refund(party, withdrawn);
        bool owes = phase == Phase.Order || (phase == Phase.Deliver && _waiting.has(party));
        (, uint64 refunded) = _fill(party, 0, owes ? _current() : 0);
        _clock.escrow -= withdrawn + refunded;
    }

    /// @notice Keeps who ordered, when the order phase ends.
    function _closeOrders() internal {
        _ordered = _credible & ~_waiting;
    }

    /// @notice Refunds all orders to providers that still wait, when the deliver phase ends.
    function _refundAbsent() internal {
        if (_clock.escrow == 0) return;
        uint256 parties_ = _clock.parties;
        uint256 ordered = _ordered;
        uint256[] memory absent = _openLanes();
        for (uint256 pair = 0; pair * 2 < parties_; ++pair) {
            if ((ordered >> (pair * 2)) & 3 == 0) continue;
            (uint64 even, uint64 odd) = _refundable(pair, absent);
            if (even != 0 && ordered.has(pair * 2)) _refund(uint8(pair * 2), even);
            if (odd != 0 && ordered.has(pair * 2 + 1)) _refund(uint8(pair * 2 + 1), odd);
        }
        _clock.escrow = 0;
    }

    /// @notice A requester's points in orders neither delivered nor refunded.
    /// @param open {_openLanes}, made once for all requesters.
    function _escrowOf(uint8 requester, uint256[] memory open) internal view returns (uint64 total) {
        if (!_current().has(requester)) return 0;
        uint256 row = (uint256(requester) / 2) * 64;
        uint256 shift = (requester % 2) * HALF;
        // Bound: at most 256 counts below 2^32.
        unchecked {
            for (uint256 group = 0; group < open.length; ++group) {
                uint256 mask = open[group];
                if (mask == 0) continue;
                uint256 half = (_table[row + group] >> shift) & mask;
                for (; half != 0; half >>= _laneBits) total += uint64(half & _laneMask);
            }
        }
    }

    /// @notice For each group a half-word of ones in the lanes of providers whose orders are neither delivered nor
    /// refunded.
    function _openLanes() internal view returns (uint256[] memory masks) {
        Clock memory clock = _clock;
        uint256 open = clock.phase == Phase.Order ? _credible : 0;
        if (clock.phase == Phase.Deliver) open = _waiting;
        masks = new uint256[]((clock.parties + _lanes - 1) / _lanes);
        for (uint256 provider = 0; provider < clock.parties; ++provider) {
            if (open.has(provider)) masks[provider / _lanes] |= _laneMask << ((provider % _lanes) * _laneBits);
        }
    }

    /// @notice Finds a delivery recorded in this round.
    /// @param deliveries The provider's UPLOAD, which must be the one recorded.
    /// @return commitment What the provider committed to for `requester`.
    /// @return price What it earned for it.
    function _delivered(
        uint32 round,
        uint8 provider,
        uint8 requester,
        bytes calldata deliveries
    ) internal view returns (bytes32 commitment, uint64 price) {
        if (_uploads[provider] != keccak256(abi.encodePacked(round, deliveries))) {
            revert ClaimWrongDeliveries(provider);
        }
        uint256 requesters = uint256(bytes32(deliveries[:HEAD]));
        if (!requesters.has(requester)) revert ExchangeNotOrdered(Bitmap.only(requester));
        uint256 offset = HEAD + COMMITMENT_BYTES * (requesters & (Bitmap.only(requester) - 1)).size();
        return (bytes32(deliveries[offset:offset + COMMITMENT_BYTES]), uint64(_count(requester, provider)));
    }

    /// @notice Checks a requester's orders and writes its row of the table.
    /// @return total The points they cost.
    function _place(uint8 requester, bytes calldata orders) private returns (uint64 total) {
        uint256 providers = _head(orders, COUNT_BYTES);
        uint256 invalid = providers & (~_credible | Bitmap.only(requester));
        if (invalid != 0) revert ExchangeInvalidProvider(invalid);
        uint16 given = providers.size();
        if (given != 0 && given < _minProviders) revert ExchangeTooFewProviders(given, _minProviders);
        uint256 end = _lanes * _laneBits;
        uint256 offset = HEAD;
        uint256 counts = 0;
        // To the last party ever registered, so that nothing of an earlier round stays.
        uint256 groups = (_clock.parties - 1) / _lanes + 1;
        // Bounds: at most 256 counts, each below 2^32; offsets stay within calldata.
        unchecked {
            for (uint256 group = 0; group < groups; ++group) {
                uint256 half = 0;
                uint256 caps = providers == 0 ? 0 : _capsOf(group);
                for (uint256 shift = 0; shift < end; shift += _laneBits) {
                    if (providers & 1 == 1) {
                        // Eight counts at a time; beyond the end there are zeros.
                        if (offset % 32 == 0) counts = uint256(bytes32(orders[offset:]));
                        uint256 count = counts >> 224;
                        if (count == 0 || count > ((caps >> shift) & _laneMask)) {
                            _refuseCount(group * _lanes + shift / _laneBits, count);
                        }
                        half |= count << shift;
                        total += uint64(count);
                        offset += COUNT_BYTES;
                        counts <<= 32;
                    }
                    providers >>= 1;
                }
                _setHalf(requester, group, half);
            }
        }
    }

    /// @notice Matches a provider's deliveries with its column of the table.
    /// @param given Whom it delivers to.
    /// @param requesters Who ordered in this round.
    /// @return earned Points of the orders it delivers.
    /// @return refunded Points of the orders it leaves out, given back to their requesters.
    function _fill(
        uint8 provider,
        uint256 given,
        uint256 requesters
    ) private returns (uint64 earned, uint64 refunded) {
        uint256 group = provider / _lanes;
        uint256 shift = (provider % _lanes) * _laneBits;
        uint256 matched = 0;
        // Bound: all counts together are in escrow, below 2^48.
        unchecked {
            for (uint256 pair = 0; requesters != 0; ++pair) {
                uint256 ordered = requesters & 3;
                requesters >>= 2;
                if (ordered == 0) continue;
                uint256 word = _table[pair * 64 + group] >> shift;
                for (uint256 requester = pair * 2; ordered != 0; ++requester) {
                    uint256 count = ordered & 1 == 1 ? word & _laneMask : 0;
                    word >>= HALF;
                    ordered >>= 1;
                    if (count == 0) continue;
                    if ((given >> requester) & 1 == 1) {
                        matched |= 1 << requester;
                        earned += uint64(count);
                    } else {
                        refunded += uint64(count);
                        _refund(uint8(requester), uint64(count));
                    }
                }
            }
        }
        if (matched != given) revert ExchangeNotOrdered(given & ~matched);
    }

    /// @notice Says why a count is refused.
    function _refuseCount(uint256 provider, uint256 count) private view {
        revert ExchangeCountOutOfRange(uint8(provider), uint32(count), _capOf(uint8(provider)));
    }

    /// @notice Gives a requester points of unfilled orders back. The caller takes them from escrow.
    function _refund(uint8 requester, uint64 amount) private {
        _credit(_owners[requester], amount);
        emit Refunded(_clock.round, requester, amount);
    }

    /// @notice Writes one half-word of the table.
    function _setHalf(uint8 requester, uint256 group, uint256 half) private {
        uint256 shift = (requester % 2) * HALF;
        uint256 slot = (uint256(requester) / 2) * 64 + group;
        _table[slot] = (_table[slot] & (uint256(type(uint128).max) << (HALF - shift))) | (half << shift);
    }

    /// @notice Sums, for requesters 2·pair and 2·pair + 1, the lanes under `masks`.
    function _refundable(uint256 pair, uint256[] memory masks) private view returns (uint64 even, uint64 odd) {
        // Bounds: each sum is of at most 256 counts below 2^32.
        unchecked {
            for (uint256 group = 0; group < masks.length; ++group) {
                uint256 mask = masks[group];
                if (mask == 0) continue;
                uint256 word = _table[pair * 64 + group];
                for (uint256 lanes = word & mask; lanes != 0; lanes >>= _laneBits) even += uint64(lanes & _laneMask);
                for (uint256 lanes = (word >> HALF) & mask; lanes != 0; lanes >>= _laneBits) {
                    odd += uint64(lanes & _laneMask);
                }
            }
        }
    }

    /// @notice Who placed orders in this round so far.
    function _current() private view returns (uint256) {
        Phase phase = _clock.phase;
        if (phase == Phase.Order) return _credible & ~_waiting;
        return phase == Phase.Deliver || phase == Phase.Evaluate ? _ordered : 0;
    }

    /// @notice The set of parties packed data is for; checks that there is one entry for each.
    function _head(bytes calldata packed, uint256 entry) private pure returns (uint256 parties_) {
        if (packed.length < HEAD) revert ExchangeMalformed(packed.length, HEAD);
        parties_ = uint256(bytes32(packed[:HEAD]));
        uint256 needed = HEAD + entry * parties_.size();
        if (packed.length != needed) revert ExchangeMalformed(packed.length, needed);
    }

    /// @notice Half-word of caps of a group.
    function _capsOf(uint256 group) private view returns (uint256) {
        return (_caps[group / 2] >> ((group % 2) * HALF)) & type(uint128).max;
    }

    /// @notice What the table says `requester` asked of `provider`.
    function _count(uint8 requester, uint8 provider) private view returns (uint256) {
        uint256 shift = (requester % 2) * HALF + (provider % _lanes) * _laneBits;
        return (_table[(uint256(requester) / 2) * 64 + provider / _lanes] >> shift) & _laneMask;
    }
}
