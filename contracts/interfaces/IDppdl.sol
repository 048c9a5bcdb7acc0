// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @title The consortium's books
/// @notice Records who takes part, who asked whom for how much, who delivered, who was found wanting; moves points
/// accordingly. Nobody owns it: no account can move another's points, remove a party alone or stop a round.
///
/// Life: forming → benchmark (round 0) → rounds 1 … R of order, deliver, evaluate → closed. A phase ends by itself as
/// soon as every party of the credible set has acted in it, and by anyone's {advance} once its deadline has passed.
/// Until somebody ends it, a late act still counts.
///
/// Points come into being only when an INIT takes effect. From then on, at every block:
/// Σ points + Σ escrow + Σ deposits = minted.
///
/// Sets of parties are bitmaps: bit i stands for party i.
interface IDppdl {
    /// @notice Where the consortium stands.
    enum Phase {
        Forming,
        Benchmark,
        Order,
        Deliver,
        Evaluate,
        Closed
    }

    /// @notice What made a party's published samples.
    enum Generator {
        Dpgan,
        Gaussian
    }

    /// @notice What a requester says about a recorded delivery.
    enum Complaint {
        NotDelivered,
        DoesNotOpen
    }

    /// @notice Where a claim stands. `Upheld`: the claimant was right; `Rejected`: the provider was;
    /// `Undecided`: too few voted, each side keeps its own.
    enum ClaimStatus {
        None,
        Filed,
        Answered,
        Upheld,
        Rejected,
        Undecided
    }

    /// @notice What is fixed for ever when the ledger is deployed.
    struct Facts {
        /// SHA-256 of the canonical consortium file.
        bytes32 consortiumHash;
        /// |w|, 1 … 2^32 − 1.
        uint32 parameterCount;
        /// Rounds after the benchmark, ≥ 1.
        uint32 rounds;
        /// In rounds 1 … graceRounds nobody is removed; in round 0 parties are.
        uint32 graceRounds;
        /// A party is removed when more than this share of the credible set reported it; in 1/1000, 500 … 999.
        uint16 removalPermille;
        /// Fewest providers a non-empty DOWNLOAD names, ≥ 2.
        uint16 minProviders;
        /// Fewest parties that start without the others once the forming deadline has passed; > minProviders.
        uint16 minParties;
        /// Forming ends as soon as this many have joined; ≥ minParties.
        uint16 startParties;
        /// Most parties ever, late joiners included; startParties … 256.
        uint16 maxParties;
        /// Longest duration of each phase in seconds, ≥ 1.
        uint32 formSeconds;
        uint32 benchmarkSeconds;
        uint32 orderSeconds;
        uint32 deliverSeconds;
        uint32 evaluateSeconds;
        /// How long a provider may take to answer a claim, in seconds, ≥ 1.
        uint32 answerSeconds;
        /// How long the others may take to vote on an answered claim, in seconds, ≥ 1.
        uint32 voteSeconds;
        /// Points each side of a claim puts at stake, the provider beside the order's price; ≥ 1. A claimant that has
        /// fewer puts all it has at stake, at least one, so that a claim made in bad faith always costs something.
        uint64 claimDeposit;
    }

    /// @notice What a party states about itself. Kept in the {Registered} event, not in storage, except for
    /// `examples` and `samples`, which points depend on.
    struct Registration {
        /// libp2p peer id of the party's node as multihash bytes, 1 … 64 bytes; no other party's, now or earlier.
        bytes peerId;
        /// Multiaddr without the peer id, 1 … 256 bytes.
        string location;
        /// X25519 public key for pairwise keystreams, not zero.
        bytes32 maskKey;
        /// X25519 public key layer 3 wraps to until a DOWNLOAD brings a newer one, not zero.
        bytes32 encryptionKey;
        /// SHA-256 of the published samples.
        bytes32 samplesHash;
        /// |D|: training examples, self-declared, ≥ 1.
        uint32 examples;
        /// u: published samples, 1 … examples.
        uint32 samples;
        Generator generator;
        /// ε of the samples' (ε, δ)-differential privacy per original record, in 1e-6.
        uint64 epsilon;
        /// δ of the same, in 1e-18.
        uint64 delta;
    }

    /// @notice An invitation signed by a member (EIP-712, type `Invitation(address account,uint64 expires)`).
    /// Empty signature: the sender is a member itself or was voted in by {vouch}.
    struct Invitation {
        /// Last second at which it is good, Unix time.
        uint64 expires;
        /// r ‖ s ‖ v, 65 bytes, or empty.
        bytes signature;
    }

    /// @notice The ledger at this block.
    struct State {
        Phase phase;
        /// 0 while forming and benchmarking.
        uint32 round;
        /// When anyone may end the phase, Unix time; 0 when closed.
        uint64 deadline;
        /// Parties registered so far; ids are 0 … parties − 1.
        uint16 parties;
        /// The credible set C.
        uint256 credible;
        /// Who of the credible set has acted in this phase.
        uint256 acted;
        /// Whose INIT takes effect at the next round (or at the start).
        uint256 pending;
        /// Points created so far.
        uint64 minted;
        /// Points in orders neither delivered nor refunded.
        uint64 escrow;
        /// Points at stake in open claims.
        uint64 deposits;
    }

    /// @notice A party at this block.
    struct Party {
        address account;
        bool credible;
        /// Free points p.
        uint64 points;
        /// Points in this party's orders neither delivered nor refunded.
        uint64 escrow;
        /// Points its INITs have created.
        uint64 minted;
        /// As declared last.
        uint32 examples;
        uint32 samples;
        /// ⌊λ·|w|⌋: most entries one order may ask of it; 0 before its INIT takes effect.
        uint32 cap;
        /// Block of its latest {Registered} event, where the rest of the registration is read.
        uint64 registeredAt;
    }

    /// @notice A claim. Its id is `round << 16 | requester << 8 | provider`, so that each exchange has at most one.
    struct Claim {
        ClaimStatus status;
        Complaint complaint;
        /// End of the answer window while `Filed`, of the vote while `Answered`; Unix time.
        uint64 deadline;
        /// Points the claimant put at stake.
        uint64 deposit;
        /// Points locked on the provider's side: price and fine, or what it had if that was less.
        uint64 bond;
        /// SHA-256 of the blob in question.
        bytes32 commitment;
        /// Who voted for and against the claimant.
        uint256 votesFor;
        uint256 votesAgainst;
    }

    // Events. They carry everything: an auditor rebuilds all state from them alone.

    /// @notice First event of every ledger.
    event Constituted(Facts facts, address[] members);
    /// @notice INIT, or a change of keys, address or data: the whole registration as it stands now.
    event Registered(uint8 indexed party, address indexed account, Registration registration);
    /// @notice `party` votes to let `account` in.
    event Vouched(uint8 indexed party, address indexed account);
    /// @notice From now on `account` is the party, with all it has, and `former` is nobody, for ever.
    event TakenOver(uint8 indexed party, address indexed former, address indexed account);
    /// @notice An INIT took effect: `party` is in the credible set from `round` on, may be asked for up to `cap`
    /// entries an order, and got `minted` new points.
    event Initialised(uint8 indexed party, uint32 indexed round, uint32 cap, uint64 minted);
    /// @notice A phase began.
    event PhaseStarted(uint32 indexed round, Phase indexed phase, uint64 deadline);
    /// @notice DOWNLOAD. `orders`: the set of providers (a bitmap, 32 bytes) ‖ for each of them, in order of id, the
    /// count (4 bytes, big-endian).
    event Downloaded(uint32 indexed round, uint8 indexed requester, bytes orders, bytes32 encryptionKey);
    /// @notice UPLOAD. `deliveries`: the set of requesters (a bitmap, 32 bytes) ‖ for each of them, in order of id, the
    /// commitment (SHA-256 of the blob, 32 bytes). `earned` points moved from the requesters' escrow to the provider.
    event Uploaded(uint32 indexed round, uint8 indexed provider, bytes deliveries, uint64 earned);
    /// @notice Points of unfilled orders went back to their requester.
    event Refunded(uint32 indexed round, uint8 indexed requester, uint64 amount);
    /// @notice A party ended its evaluation, naming the parties it found of low quality.
    event Reported(uint32 indexed round, uint8 indexed party, uint256 lowContributors);
    /// @notice `party` left the credible set because `reports` members of it reported it.
    event Removed(uint32 indexed round, uint8 indexed party, uint16 reports);
    /// @notice `party` left of its own will.
    event Resigned(uint32 indexed round, uint8 indexed party);
    /// @notice A claim was filed; `deposit` and `bond` points are locked.
    event ClaimFiled(
        uint256 indexed claim,
        uint8 indexed requester,
        uint8 indexed provider,
        Complaint complaint,
        bytes32 commitment,
        uint64 deposit,
        uint64 bond,
        uint64 deadline
    );
    /// @notice The provider revealed the blob's layer 2 key and says where the blob can be had.
    event ClaimAnswered(uint256 indexed claim, bytes32 key, string location, uint64 deadline);
    /// @notice A credible party voted on an answered claim.
    event ClaimVoted(uint256 indexed claim, uint8 indexed party, bool upheld);
    /// @notice A claim ended: what went to each side's free points.
    event ClaimResolved(uint256 indexed claim, ClaimStatus outcome, uint64 toRequester, uint64 toProvider);

    // Errors, with the offending values.

    /// @notice A fact is out of its range; `field` is its name, `given` its value.
    error ConstitutionInvalidFact(string field, uint256 given);
    /// @notice The same member is named twice, or the zero address is.
    error ConstitutionInvalidMember(address member);
    /// @notice More members are named than there can be parties; `given` is their number.
    error ConstitutionTooManyMembers(uint256 given, uint256 most);
    error PhaseMismatch(Phase current);
    error RoundMismatch(uint32 expected, uint32 given);
    error RoundAlreadyActed(uint8 party);
    /// @notice {advance} came before the deadline.
    error RoundDeadlineAhead(uint64 deadline, uint64 time);
    /// @notice Forming cannot end with so few parties.
    error RoundTooFewParties(uint16 parties, uint16 needed);
    error PartiesUnknownAccount(address account);
    /// @notice The account is a party's, or was one's before another took it over.
    error PartiesAlreadyRegistered(address account);
    error PartiesFull(uint16 maxParties);
    /// @notice Neither member nor holder of an invitation, and `votes` of `needed` votes for it.
    error PartiesNotInvited(address account, uint16 votes, uint16 needed);
    /// @notice A field of the registration is out of its range; `field` is its name, `given` its value or, of bytes and
    /// text, their length.
    error PartiesInvalidRegistration(string field, uint256 given);
    /// @notice The peer id is, or once was, that of `party`.
    error PartiesPeerIdTaken(uint8 party);
    error InvitationExpired(uint64 expires, uint64 time);
    /// @notice The signature is malformed (zero address), or its signer is no member in good standing.
    error InvitationInvalidSigner(address signer);
    error SuccessionExpired(uint64 expires, uint64 time);
    /// @notice The signature is malformed (zero address), or its signer is no party's account.
    error SuccessionInvalidSigner(address signer);
    error CredibleSetNotMember(uint8 party);
    /// @notice The report names `parties` that are not in the credible set or are the reporter itself.
    error CredibleSetInvalidReport(uint256 parties);
    error PointsInsufficientBalance(uint8 party, uint64 balance, uint64 needed);
    /// @notice The packed data's length is not what its set of parties asks for.
    error ExchangeMalformed(uint256 length, uint256 needed);
    error ExchangeInvalidKey();
    /// @notice These providers are outside the credible set or the requester itself.
    error ExchangeInvalidProvider(uint256 providers);
    error ExchangeCountOutOfRange(uint8 provider, uint32 count, uint32 cap);
    error ExchangeTooFewProviders(uint16 given, uint16 needed);
    /// @notice These requesters have no order with this provider in this round, or it was not delivered.
    error ExchangeNotOrdered(uint256 requesters);
    error ClaimExists(uint256 claim);
    error ClaimStatusMismatch(uint256 claim, ClaimStatus current);
    /// @notice The deliveries are not those of the provider's UPLOAD of this round.
    error ClaimWrongDeliveries(uint8 provider);
    error ClaimWindowClosed(uint256 claim, uint64 deadline, uint64 time);
    error ClaimWindowOpen(uint256 claim, uint64 deadline, uint64 time);
    /// @notice The sender is not the one who may do this (answer: the provider; vote: the credible set but
    /// the two sides).
    error ClaimNotAllowed(uint256 claim, uint8 party);
    error ClaimAlreadyVoted(uint256 claim, uint8 party);
    error ClaimInvalidLocation(uint256 length);

    // Membership

    /// @notice INIT. While forming, the party is in at once; later, from the next round on (or, if the ledger closes
    /// before, never). Its points, ⌊u·|w|·(n − 1) / |D|⌋ with n parties in the credible set, come when forming ends
    /// or the next round starts. A party that resigned may come back the same way with the id and points it had.
    /// @return party The sender's id.
    function init(Registration calldata registration, Invitation calldata invitation) external returns (uint8 party);

    /// @notice Replaces the sender's registration: new keys, a new address, or more data. A change of `examples` or
    /// `samples` shows in {parties} at once, but only when forming ends or the next round starts (never, if the ledger
    /// closes before) does it change the cap and create points, for what exceeds those created before.
    function update(Registration calldata registration) external;

    /// @notice Votes to let `account` in, after forming and before closing. More than half of the credible set is
    /// needed when it joins; a vote cannot be taken back, and counts as long as the voter is in the credible set.
    function vouch(address account) external;

    /// @notice Makes the sender the account of the party whose account signed for it (EIP-712, type
    /// `Succession(address account,uint64 expires)`): id, points, open orders and claims, and the right to invite
    /// become the sender's. The former account can never act again, so that a key that leaked is worth nothing.
    /// @param expires Last second at which the signature is good, Unix time.
    /// @param signature r ‖ s ‖ v, 65 bytes, of the former account over the sender's.
    /// @return party The party's id.
    function takeOver(uint64 expires, bytes calldata signature) external returns (uint8 party);

    /// @notice Leaves the credible set, which the sender must be in, at once. In the order phase the sender's own
    /// orders are withdrawn, later they can still be delivered; orders it has received and not delivered are refunded.
    /// Its points stay with the account.
    function resign() external;

    // Rounds

    /// @notice Ends a phase from the second of its deadline on, whoever has not acted; forming only with `minParties`.
    function advance() external;

    /// @notice DOWNLOAD: all of the sender's orders of a round; the points they cost go to escrow. May be empty.
    /// @param round The current round.
    /// @param orders Providers ‖ counts; see {Downloaded}. No order at all is the empty set, 32 zero bytes.
    /// @param encryptionKey X25519 key to which the blobs of this round are wrapped, not zero.
    function download(uint32 round, bytes calldata orders, bytes32 encryptionKey) external;

    /// @notice UPLOAD: all of the sender's commitments of a round; their orders' points move to it at once, and
    /// the orders it leaves out are refunded. May be empty.
    /// @param round The current round.
    /// @param deliveries Requesters ‖ commitments; see {Uploaded}. Nothing at all is the empty set, 32 zero bytes.
    function upload(uint32 round, bytes calldata deliveries) external;

    /// @notice Ends the sender's benchmark (round 0) or evaluation, naming the parties it found of low quality.
    /// At the end of the phase a party is removed if more than `removalPermille` of the credible set, the
    /// party itself counted, reported it.
    function report(uint32 round, uint256 lowContributors) external;

    // Claims

    /// @notice Complains, in the evaluation of the same round, about a delivery that was recorded. Locks
    /// `claimDeposit` of the sender's points, or all it has, at least one; and of the provider's the order's price and
    /// as much again as the sender's deposit, or what it has. A claim never holds up a round, and after
    /// `answerSeconds + voteSeconds` at the latest anybody can end it with {resolveClaim}.
    /// @param deliveries The provider's UPLOAD of this round, as in {Uploaded}.
    /// @return claim The claim's id.
    function fileClaim(
        uint32 round,
        uint8 provider,
        Complaint complaint,
        bytes calldata deliveries
    ) external returns (uint256 claim);

    /// @notice Answers a claim by revealing the blob's fresh layer 2 key, which shows layer 1 and so nothing
    /// private, and saying where the blob can be had.
    function answerClaim(uint256 claim, bytes32 key, string calldata location) external;

    /// @notice Votes on an answered claim: does the blob not hash to the commitment, or not open with the key?
    function voteClaim(uint256 claim, bool upheld) external;

    /// @notice Ends a claim: unanswered in time, decided by more than half of the credible set outside the two
    /// sides, or undecided when the vote's time is over. Anyone may call it.
    function resolveClaim(uint256 claim) external;

    // Reading

    function facts() external view returns (Facts memory);

    /// @notice Whether the constitution names `account`, or one that it took over from: it may join, and, unless its
    /// party has left or was removed, invite others.
    function isMember(address account) external view returns (bool);

    function state() external view returns (State memory);

    /// @return registered Whether `account` is a party.
    /// @return party Its id.
    function partyOf(address account) external view returns (bool registered, uint8 party);

    /// @notice Parties `from` … `from + count − 1`, as many of them as exist.
    function parties(uint256 from, uint256 count) external view returns (Party[] memory);

    /// @notice What `requester` ordered of each party in the current round, by id; zeros outside order, deliver and
    /// evaluate.
    function ordersOf(uint8 requester) external view returns (uint32[] memory counts);

    /// @notice Who has voted to let `account` in.
    function vouchers(address account) external view returns (uint256);

    /// @notice The claim, all zero if there is none.
    function claimOf(uint256 claim) external view returns (Claim memory);

    /// @notice EIP-712 domain separator (name "DPPDL", version "1").
    function domainSeparator() external view returns (bytes32);
}
