// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "./Bitmap.sol";
import {Parties} from "./Parties.sol";
import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title Low-contribution reports and what follows from them (paper, Algorithms 1 and 2)
abstract contract CredibleSet is Parties {
    using Bitmap for uint256;

    /// @notice Whom each party reported in this phase; meaningful for those in `_accusers`.
    uint256[256] private _reports;
    /// @notice Who reported anybody in this phase.
    uint256 private _accusers;

    /// @inheritdoc IDppdl
    function report(uint32 round, uint256 lowContributors) external {
        uint8 party = _act(round == 0 ? Phase.Benchmark : Phase.Evaluate, round);
        uint256 invalid = lowContributors & (~_credible | Bitmap.only(party));
        if (invalid != 0) revert CredibleSetInvalidReport(invalid);
        if (lowContributors != 0) {
            _reports[party] = lowContributors;
            _accusers |= Bitmap.only(party);
        }
        emit Reported(round, party, lowContributors);
        _endIfComplete();
    }

    /// @notice Removes whom enough of the credible set reported; all at once, so that their order does not matter.
    function _tally(uint32 round) internal {
        uint256 accusers = _accusers;
        if (accusers == 0) return;
        _accusers = 0;
        // deviation: the paper has no grace rounds; after a restart from w0 the first rounds' labels say little.
        if (round != 0 && round <= _graceRounds) return;
        uint256 credible = _credible;
        uint256[] memory reports = _reportsOf(accusers & credible);
        uint256 bar = uint256(_removalPermille) * credible.size();
        uint256 removed = 0;
        for (uint256 party = 0; party < 256; ++party) {
            if (!credible.has(party)) continue;
            uint256 count = 0;
            // Bound: at most 256 reports, one bit each.
            unchecked {
                for (uint256 index = 0; index < reports.length; ++index) count += (reports[index] >> party) & 1;
            }
            if (count * 1000 <= bar) continue;
            removed |= Bitmap.only(uint8(party));
            emit Removed(round, uint8(party), uint16(count));
        }
        if (removed == 0) return;
        _credible = credible & ~removed;
        _pending &= ~removed;
        _removed |= removed;
    }

    function _reportsOf(uint256 accusers) private view returns (uint256[] memory reports) {
        reports = new uint256[](accusers.size());
        uint256 index = 0;
        for (uint256 party = 0; index < reports.length; ++party) {
            if (!accusers.has(party)) continue;
            reports[index] = _reports[party];
            ++index;
        }
    }
}
