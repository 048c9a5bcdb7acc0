/**
 * The commands of `dppdl`.
 * @module
 */
import type { Command } from 'commander';

/** A command: what the list in `--help` says, and where it is. Loaded only when it is the one asked for. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** All commands, in the order of `--help`. */
export const entries: readonly Entry[] = [
  {
    name: 'keys',
    summary: 'make and show a member’s keys',
    load: async () => (await import('./keys.ts')).createKeysCommand(),
  },
  {
    name: 'consortium',
    summary: 'check and hash the file all parties share',
    load: async () => (await import('./consortium.ts')).createConsortiumCommand(),
  },
  {
    name: 'deploy',
    summary: 'put a consortium’s ledger on its chain',
    load: async () => (await import('./deploy.ts')).createDeployCommand(),
  },
  {
    name: 'config',
    summary: 'show an example of the node’s configuration file, or its schema',
    load: async () => (await import('./config.ts')).createConfigCommand(),
  },
  {
    name: 'check',
    summary: 'find out whether a node could run, without changing anything',
    load: async () => (await import('./check.ts')).createCheckCommand(),
  },
  {
    name: 'node',
    summary: 'run a member’s node',
    load: async () => (await import('./node.ts')).createNodeCommand(),
  },
  {
    name: 'status',
    summary: 'show where the consortium stands on the ledger',
    load: async () => (await import('./status.ts')).createStatusCommand(),
  },
  {
    name: 'invite',
    summary: 'sign an invitation for a new party',
    load: async () => (await import('./invite.ts')).createInviteCommand(),
  },
  {
    name: 'vouch',
    summary: 'vote to let an account in',
    load: async () => (await import('./membership.ts')).createVouchCommand(),
  },
  {
    name: 'hand-over',
    summary: 'go on with another ledger account',
    load: async () => (await import('./handOver.ts')).createHandOverCommand(),
  },
  {
    name: 'leave',
    summary: 'take this node’s account out of the consortium',
    load: async () => (await import('./membership.ts')).createLeaveCommand(),
  },
  {
    name: 'samples',
    summary: 'look at the samples a node would publish, before it does',
    load: async () => (await import('./samples.ts')).createSamplesCommand(),
  },
  {
    name: 'privacy',
    summary: 'show what noisy training steps cost each record',
    load: async () => (await import('./privacy.ts')).createPrivacyCommand(),
  },
  {
    name: 'model',
    summary: 'bring a model of your own, and take the trained one elsewhere',
    load: async () => (await import('./model.ts')).createModelCommand(),
  },
  {
    name: 'predict',
    summary: 'classify new data with an exported model',
    load: async () => (await import('./model.ts')).createPredictCommand(),
  },
  {
    name: 'audit',
    summary: 'replay the ledger and check every rule',
    load: async () => (await import('./audit.ts')).createAuditCommand(),
  },
];
