import type { Command } from './command.ts';

export interface Leaf {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export interface Noun {
  readonly summary: string;
  /** The verb that is meant where an option follows the noun: `workflow trust --issuer …`. */
  readonly meant?: string;
  /** A noun inside another belongs to it: `workflow robot-account create`. */
  readonly verbs: Readonly<Record<string, Leaf | Noun>>;
}

/** Every command by its words; a module is read only when its command is called. */
export const COMMANDS: Readonly<Record<string, Leaf | Noun>> = {
  serve: { summary: 'Run the server', load: () => import('./commands/serve.ts') },
  backup: {
    summary: 'Copies of the whole server, and back',
    verbs: {
      create: {
        summary: 'Back up a server, also while it runs',
        load: () => import('./commands/backup/create.ts'),
      },
      verify: { summary: 'Check a backup', load: () => import('./commands/backup/verify.ts') },
      restore: { summary: 'Restore into an empty place', load: () => import('./commands/backup/restore.ts') },
    },
  },
  trust: {
    summary: 'Whom others trust here',
    verbs: {
      export: {
        summary: 'Write the trust documents to files, for cosign and other Sigstore clients',
        load: () => import('./commands/trust/export.ts'),
      },
      fetch: {
        summary: 'Bring the trusted root from a TUF repository, verified',
        load: () => import('./commands/trust/fetch.ts'),
      },
      log: {
        summary: 'Adopt copied data: whether its logs go on here',
        load: () => import('./commands/trust/log.ts'),
      },
    },
  },
  login: { summary: 'Save a server and its token', load: () => import('./commands/login.ts') },
  whoami: { summary: 'Show who the token speaks for', load: () => import('./commands/whoami.ts') },
  workflow: {
    summary: 'Pipelines that owe a contract',
    verbs: {
      create: { summary: 'Create a workflow', load: () => import('./commands/workflow/create.ts') },
      list: { summary: 'List workflows', load: () => import('./commands/workflow/list.ts') },
      describe: { summary: 'Show one workflow', load: () => import('./commands/workflow/describe.ts') },
      update: { summary: 'Change a workflow', load: () => import('./commands/workflow/update.ts') },
      delete: { summary: 'End a workflow', load: () => import('./commands/workflow/delete.ts') },
      trust: {
        summary: "Pipelines that push by their CI system's own tokens",
        meant: 'add',
        verbs: {
          add: { summary: 'Trust one', load: () => import('./commands/workflow/trust/add.ts') },
          list: {
            summary: 'List those of a workflow',
            load: () => import('./commands/workflow/trust/list.ts'),
          },
          remove: {
            summary: 'Trust one no more',
            load: () => import('./commands/workflow/trust/remove.ts'),
          },
        },
      },
      'robot-account': {
        summary: 'Tokens that push the runs of one workflow',
        verbs: {
          create: {
            summary: 'Create one; it is shown once',
            load: () => import('./commands/workflow/robot-account/create.ts'),
          },
          list: {
            summary: 'List those of a workflow',
            load: () => import('./commands/workflow/robot-account/list.ts'),
          },
          revoke: {
            summary: 'Revoke one, at once',
            load: () => import('./commands/workflow/robot-account/revoke.ts'),
          },
          rotate: {
            summary: 'Give one a new secret',
            load: () => import('./commands/workflow/robot-account/rotate.ts'),
          },
        },
      },
    },
  },
  project: {
    summary: 'Workflows that belong together, and their versions',
    verbs: {
      list: { summary: 'List projects', load: () => import('./commands/project/list.ts') },
      describe: { summary: 'Show one project', load: () => import('./commands/project/describe.ts') },
      version: {
        summary: 'Versions of a project',
        verbs: {
          list: {
            summary: 'List the versions of a project',
            load: () => import('./commands/project/version/list.ts'),
          },
          release: {
            summary: 'Mark a version as released',
            load: () => import('./commands/project/version/release.ts'),
          },
        },
      },
    },
  },
  contract: {
    summary: 'What a pipeline owes',
    verbs: {
      apply: {
        summary: 'Create a contract or its next revision',
        load: () => import('./commands/contract/apply.ts'),
      },
      list: { summary: 'List contracts', load: () => import('./commands/contract/list.ts') },
      describe: {
        summary: 'Show a contract and its revisions',
        load: () => import('./commands/contract/describe.ts'),
      },
      delete: {
        summary: 'Take an unused contract off the lists',
        load: () => import('./commands/contract/delete.ts'),
      },
      diff: {
        summary: 'What a contract asks more or less than before',
        load: () => import('./commands/contract/diff.ts'),
      },
      schema: {
        summary: 'Write the JSON Schema of contracts',
        load: () => import('./commands/contract/schema.ts'),
      },
      lint: {
        summary: 'Check contract documents without a server',
        load: () => import('./commands/contract/lint.ts'),
      },
    },
  },
  token: {
    summary: 'API tokens',
    verbs: {
      create: { summary: 'Create an API token', load: () => import('./commands/token/create.ts') },
      list: { summary: 'List API tokens', load: () => import('./commands/token/list.ts') },
      revoke: { summary: 'Revoke an API token', load: () => import('./commands/token/revoke.ts') },
    },
  },
  key: {
    summary: 'Public keys that contracts may name as signers',
    verbs: {
      add: { summary: 'Register a public key', load: () => import('./commands/key/add.ts') },
      list: { summary: 'List registered keys', load: () => import('./commands/key/list.ts') },
      rotate: { summary: 'Give a key a successor', load: () => import('./commands/key/rotate.ts') },
      revoke: { summary: 'Revoke a registered key', load: () => import('./commands/key/revoke.ts') },
      remove: { summary: 'Remove a registered key', load: () => import('./commands/key/remove.ts') },
    },
  },
  issuer: {
    summary: 'Issuers whose identity tokens may sign here',
    verbs: {
      add: { summary: 'Let tokens of an issuer sign', load: () => import('./commands/issuer/add.ts') },
      list: { summary: 'List the issuers', load: () => import('./commands/issuer/list.ts') },
      remove: { summary: 'Take an issuer off the list', load: () => import('./commands/issuer/remove.ts') },
    },
  },
  attest: {
    summary: 'Attest a run in one step: start, record, sign, push',
    load: () => import('./commands/attest.ts'),
  },
  attestation: {
    summary: 'Collect the evidence of a run, sign it, push it (alias: att)',
    verbs: {
      init: {
        summary: 'Start a run and its attestation',
        load: () => import('./commands/attestation/init.ts'),
      },
      add: { summary: 'Record a material', load: () => import('./commands/attestation/add.ts') },
      status: {
        summary: 'Show what is recorded and what is missing',
        load: () => import('./commands/attestation/status.ts'),
      },
      push: {
        summary: 'Sign, push, and show the verdict',
        load: () => import('./commands/attestation/push.ts'),
      },
      attach: {
        summary: 'Attach the evidence of a run beside its images',
        load: () => import('./commands/attestation/attach.ts'),
      },
      reset: { summary: 'Give the attestation up', load: () => import('./commands/attestation/reset.ts') },
      verify: {
        summary: 'Verify a pushed attestation and its verdict',
        load: () => import('./commands/attestation/verify.ts'),
      },
    },
  },
  artifact: {
    summary: 'Files in the server, by their digests',
    verbs: {
      upload: { summary: 'Put a file into the server', load: () => import('./commands/artifact/upload.ts') },
      download: { summary: 'Get one by its digest', load: () => import('./commands/artifact/download.ts') },
    },
  },
  run: {
    summary: 'Executions of workflows',
    verbs: {
      list: { summary: 'List runs', load: () => import('./commands/run/list.ts') },
      describe: { summary: 'Show one run and its verdict', load: () => import('./commands/run/describe.ts') },
    },
  },
  slsa: {
    summary: 'Provenance: what is proven of a build',
    verbs: {
      explain: {
        summary: 'Say what is proven of the builds of an artifact',
        load: () => import('./commands/slsa/explain.ts'),
      },
      'verify-artifact': {
        summary: 'Verify files against provenance of GitHub',
        load: () => import('./commands/slsa/verify-artifact.ts'),
      },
      'verify-image': {
        summary: 'Verify an image against provenance beside it, or in a file',
        load: () => import('./commands/slsa/verify-image.ts'),
      },
      'verify-npm-package': {
        summary: 'Verify an npm package against its provenance',
        load: () => import('./commands/slsa/verify-npm-package.ts'),
      },
      'verify-vsa': {
        summary: 'Verify a verification summary by its key',
        load: () => import('./commands/slsa/verify-vsa.ts'),
      },
    },
  },
  sign: { summary: 'Sign files, digests or images', load: () => import('./commands/sign.ts') },
  'attest-blob': {
    summary: 'Sign a statement about files or digests',
    load: () => import('./commands/attest-blob.ts'),
  },
  verify: {
    summary: 'Verify a file, a digest or a statement by its bundle',
    load: () => import('./commands/verify.ts'),
  },
  gate: {
    summary: 'Ask the gate',
    verbs: {
      check: { summary: 'May this artifact pass?', load: () => import('./commands/gate/check.ts') },
    },
  },
  policy: {
    summary: 'Rego policies on files: evaluate, test, check, format, explain, measure',
    verbs: {
      eval: {
        summary: 'Evaluate a query, or a policy about a material',
        load: () => import('./commands/policy/eval.ts'),
      },
      test: { summary: 'Run the tests of policies', load: () => import('./commands/policy/test.ts') },
      check: {
        summary: 'Check policies without evaluating them',
        load: () => import('./commands/policy/check.ts'),
      },
      fmt: { summary: 'Format policies', load: () => import('./commands/policy/fmt.ts') },
      explain: {
        summary: 'Tell which expressions did not hold, and with what values',
        load: () => import('./commands/policy/explain.ts'),
      },
      bench: { summary: 'Measure how long a query takes', load: () => import('./commands/policy/bench.ts') },
    },
  },
  audit: {
    summary: 'Who did what, and the proof that nobody changed it',
    verbs: {
      list: { summary: 'List what was done', load: () => import('./commands/audit/list.ts') },
      verify: {
        summary: 'Verify the chain of the audit trail',
        load: () => import('./commands/audit/verify.ts'),
      },
    },
  },
  'dead-letter': {
    summary: 'Events that the server could not deliver inside',
    verbs: {
      list: { summary: 'List dead letters', load: () => import('./commands/dead-letter/list.ts') },
      retry: { summary: 'Deliver one once more', load: () => import('./commands/dead-letter/retry.ts') },
    },
  },
  completion: {
    summary: 'Write what makes bash, zsh or fish complete commands',
    load: () => import('./commands/completion.ts'),
  },
  version: { summary: 'Show the version', load: () => import('./commands/version.ts') },
};

export const ALIASES: Readonly<Record<string, string>> = { att: 'attestation', wf: 'workflow' };

/** The command or noun of a word, or of the short word for it. */
export function commandOf(
  entries: Readonly<Record<string, Leaf | Noun>>,
  word: string,
): Leaf | Noun | undefined {
  const name = entries === COMMANDS && Object.hasOwn(ALIASES, word) ? (ALIASES[word] ?? word) : word;
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

export function isNoun(entry: Leaf | Noun): entry is Noun {
  return 'verbs' in entry;
}

/** Every command with all its words. */
export function everyCommand(
  entries: Readonly<Record<string, Leaf | Noun>> = COMMANDS,
): readonly (readonly [path: string, leaf: Leaf])[] {
  return Object.entries(entries).flatMap(([name, entry]) =>
    isNoun(entry)
      ? everyCommand(entry.verbs).map(([path, leaf]) => [`${name} ${path}`, leaf] as const)
      : [[name, entry] as const],
  );
}
