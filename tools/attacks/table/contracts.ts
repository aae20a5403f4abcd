import type { Attack } from '../attack.ts';

const CORE = 'packages/core/src/contract';
const CLI = 'packages/cli';
const ROOM = 'packages/server/src/contract';

/** A contract that asks less than its reader believes. */
export const CONTRACTS: readonly Attack[] = [
  {
    attack: 'a server on the way that takes a contract from https to http',
    defence: 'no redirect of ours leads from https to http',
    file: 'packages/clients/src/http/create-fetch.ts',
    without: [
      "if (from.protocol === 'https:' && to.protocol !== 'https:') {",
      "if (from.protocol === 'https:' && to.protocol === 'gopher:') {",
    ],
    test: ['packages/clients/src/http/create-fetch.test.ts', 'never goes from https to http'],
    gain: 'a contract of the attacker, applied by an admin',
  },
  {
    attack: 'a contract from an http:// address, or a password in the URL of a log',
    defence: 'contracts are fetched from https:// without a password only',
    file: `${CLI}/src/contract-source.ts`,
    without: ["if (url?.protocol !== 'https:' || url.username", 'if (url === null || url.username'],
    test: [
      `${CLI}/test/contract.test.ts`,
      'is not fetched in the clear, with a password, or by another scheme',
    ],
    gain: 'as above',
  },
  {
    attack: 'one contract twice in a file, so that the second takes the place of the one that was reviewed',
    defence: 'each name stands once in a file',
    file: `${CORE}/parse.ts`,
    without: ['if (name !== null && names.has(name)) {', "if (name === '') {"],
    test: [`${CORE}/lint.test.ts`, 'wants a name for each document of a file, and each name once'],
    gain: 'a laxer contract behind a long file',
  },
  {
    attack: 'a run that states its runner, under a contract that wants it proven',
    defence: 'a fact that nobody has proven never holds',
    file: `${CORE}/assurance.ts`,
    without: ['if (verifiedRunner === true) return [];', 'if (verifiedRunner !== false) return [];'],
    test: [`${CORE}/assurance.test.ts`, 'never takes a fact that nobody has for one that holds'],
    gain: 'a release from a laptop that says it is the CI system',
  },
  {
    attack: 'an old verdict on an artifact that has since become unsafe',
    defence: 'the signed verdict says until when it counts, and the gate keeps to it',
    file: 'packages/server/src/attestation/load-verdicts.ts',
    without: [
      'return validUntil === null || at.getTime() <= validUntil.getTime();',
      'return validUntil === null || at.getTime() >= 0;',
    ],
    test: [
      'packages/server/src/attestation/assurance.test.ts',
      'closes the gate when the verdict is too old, as the signed verdict says itself',
    ],
    gain: 'last year’s image, though the contract wants it judged anew each month',
  },
  {
    attack: '`slsaLevel` or a misspelt `assurance` in a place where nobody reads it',
    defence: 'a key that looks like one of ours is refused wherever it is not read',
    file: `${CORE}/doc-node.ts`,
    without: ['if (ours !== undefined) this.error(', 'if (ours === "signers") this.error('],
    test: [`${CORE}/assurance.test.ts`, 'is found where it is misspelt or misplaced'],
    gain: 'a contract that reads like a demand and makes none',
  },
  {
    attack: 'a token or a trusted pipeline of a workflow that is gone, for whatever takes its name next',
    defence: 'no workflow is deleted while a token of it still works',
    file: `${ROOM}/delete-workflow.ts`,
    without: ['if (ways.length === 0) return;', 'if (ways.length >= 0) return;'],
    test: [
      `${CLI}/test/workflow.test.ts`,
      'does not go while a token or a trusted pipeline could act for what takes its name',
    ],
    gain: 'runs of a workflow that its new owner believes nobody else can start',
  },
  {
    attack: 'a member who pins a workflow to an older revision, or takes a pin away',
    defence: 'pins are for those who write contracts',
    file: `${ROOM}/update-workflow.ts`,
    without: [
      "if (change.pinnedRevision !== old.contractRevision) authorize(principal, 'write-contract');",
      "if (change.pinnedRevision !== old.contractRevision) authorize(principal, 'read');",
    ],
    test: [`${ROOM}/workflows.test.ts`, 'leaves pins to those who write contracts'],
    gain: 'a verdict PASSED under the contract that the gate asks for, with less owed',
  },
  {
    attack: 'a project or contract whose name is the id of another',
    defence: 'no name has the form of an id',
    file: `${ROOM}/name.ts`,
    without: ['if (isId(text)) {', "if (text === '') {"],
    test: [`${ROOM}/contract-room.test.ts`, 'is taken wherever a name is, and no name may look like one'],
    gain: 'whoever asks by id gets the other one',
  },
  {
    attack: 'a run that chooses the revision which waits for its date, or an older one, because it owes less',
    defence: 'another revision than the one in force is for those who write contracts',
    file: 'packages/server/src/attestation/start-run.ts',
    without: [
      "if (!isOwed) authorize(principal, 'write-contract');",
      "if (!isOwed) authorize(principal, 'read');",
    ],
    test: [
      `${CLI}/test/contract.test.ts`,
      'is not anticipated by whoever may not write contracts, nor put off',
    ],
    gain: 'a verdict PASSED under the contract that the gate asks for, with less owed',
  },
  {
    attack: 'a contract at a URL that names files of the machine which applies it',
    defence: 'files are read for contracts of this machine only, and sent only where they are policies',
    file: `${CLI}/src/embed-policies.ts`,
    without: ['  if (directory === null) {', "  if (name === '') {"],
    test: [
      `${CLI}/src/embed-policies.test.ts`,
      'reads no file of this machine for a contract from elsewhere, and sends none that is no policy',
    ],
    gain: 'documents of an admin in a contract that others read',
  },
  {
    attack: 'a policy changed at its address after somebody looked at it',
    defence: 'a pinned digest is that of the bytes, or nothing is applied',
    file: `${CLI}/src/embed-policies.ts`,
    without: ['if (pin !== null && pin !== digest) {', "if (pin !== null && address === '') {"],
    test: [`${CLI}/src/embed-policies.test.ts`, 'ends where the bytes are not those that the contract pins'],
    gain: 'a policy of the attacker in the contract',
  },
];
