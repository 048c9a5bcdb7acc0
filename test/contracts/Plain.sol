// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @title The paper's Figure 3 written in the obvious way
/// @notice One transaction per DOWNLOAD and one per UPLOAD, each request and each commitment in storage of its own.
/// What the ledger's packed rounds are measured against; not part of the product. It leaves out whatever the figure
/// does: phases, refunds, claims.
contract Plain {
    struct Request {
        address requester;
        address provider;
        uint256 count;
        bytes32 encryptionKey;
        bytes32 commitment;
    }

    mapping(address account => uint256 points) public balances;
    mapping(uint256 id => Request) public requests;
    uint256 public requestCount;

    event Downloaded(uint256 indexed id, address indexed requester, address indexed provider, uint256 count);
    event Uploaded(uint256 indexed id, bytes32 commitment);

    error InsufficientBalance(uint256 balance, uint256 needed);
    error NotTheProvider(address sender);

    constructor(address[] memory accounts, uint256 points) {
        for (uint256 index = 0; index < accounts.length; ++index) balances[accounts[index]] = points;
    }

    function download(address provider, uint256 count, bytes32 encryptionKey) external returns (uint256 id) {
        uint256 balance = balances[msg.sender];
        if (balance < count) revert InsufficientBalance(balance, count);
        balances[msg.sender] = balance - count;
        id = requestCount++;
        requests[id] = Request(msg.sender, provider, count, encryptionKey, 0);
        emit Downloaded(id, msg.sender, provider, count);
    }

    function upload(uint256 id, bytes32 commitment) external {
        Request storage request = requests[id];
        if (request.provider != msg.sender) revert NotTheProvider(msg.sender);
        request.commitment = commitment;
        balances[msg.sender] += request.count;
        emit Uploaded(id, commitment);
    }
}
