import type { Attack } from '../attack.ts';
import { SERVER, TESTS } from '../places.ts';

const ROBOTS = `${SERVER}/identity/robot-accounts.ts`;
const ROBOTS_TEST = `${SERVER}/identity/robot-accounts.test.ts`;
const PATTERN = `${SERVER}/identity/claim-pattern.ts`;
const PATTERN_TEST = `${SERVER}/identity/claim-pattern.test.ts`;
const EXCHANGE = `${SERVER}/identity/exchange-pipeline-token.ts`;
const TRUSTS = `${SERVER}/identity/trusts.ts`;
const TRUSTED_TEST = `${TESTS}/trusted-pipelines.test.ts`;
const ON_ROUTES = `${TESTS}/robot-accounts.test.ts`;

/** Secrets and tokens of pipelines: what is worth stealing from a build. */
export const PIPELINES: readonly Attack[] = [
  {
    attack: 'a robot account stolen from a job, tried on every route',
    defence: 'a robot account reads, pulls, attests and pushes, and that inside its workflow',
    file: `${SERVER}/identity/authorize.ts`,
    without: ["return role === 'robot' ? ROBOT_MAY.has(action)", "return role === 'robot' ? true"],
    test: [ON_ROUTES, 'does nothing else on any route, nor anything for another workflow'],
    gain: 'the gate, tokens and contracts of a workflow by the secret of one of its jobs',
  },
  {
    attack: 'a robot account that pushes an image of another pipeline of its project',
    defence: 'its reach in the registry is the repository of its workflow and what is below',
    file: `${SERVER}/registry/access.ts`,
    without: [
      "const isOfRobot = principal.role !== 'robot' || scopeCovers(principal.scope, { project, workflow });",
      "const isOfRobot = principal.role !== 'robot' || scopeCovers(principal.scope, principal.scope as object);",
    ],
    test: [ON_ROUTES, 'puts blobs into the repository of its workflow, and reads no other'],
    gain: 'images of all pipelines of the project',
  },
  {
    attack: 'the old secret of a robot account, used after it was rotated',
    defence: 'rotating ends the old one at once, or after a grace that never lengthens its life',
    file: ROBOTS,
    without: [
      'if (graceSeconds === 0) return markRevoked(tx, old.id, now);',
      'if (graceSeconds === 0) return;',
    ],
    test: [ROBOTS_TEST, 'gives a new secret under the old name, and ends the old one at once'],
    gain: 'a leaked secret that outlives its rotation',
  },
  {
    attack: 'an account of another workflow, named by its id',
    defence: 'an account is looked for in the workflow that is named beside it',
    file: ROBOTS,
    without: [
      'if (found !== undefined && isOf(found, workflow)) return found;',
      'if (found !== undefined) return found;',
    ],
    test: [ROBOTS_TEST, 'reaches those of its workflow only, by name and by id, and no other token'],
    gain: 'an admin of one workflow ends or renews the accounts of others',
  },
  {
    attack: 'a pipeline whose subject only looks like the trusted one, by its own part in the place of a *',
    defence: 'a * in the middle is one part, and passes no separator',
    file: PATTERN,
    without: ["${isRest ? '[^]+' : `${NO_SEPARATOR}+`}", '[^]*'],
    test: [PATTERN_TEST, 'lets * stand for a whole part, and at the end for all the rest'],
    gain: 'runs of the workflow from a branch or environment that anybody can name',
  },
  {
    attack: 'a repository named like the trusted one with something behind it, under repo:acme/app*',
    defence: 'a * for a part of a name is refused when it is written',
    file: PATTERN,
    without: ['if (half === undefined) return undefined;', 'if (half !== "") return undefined;'],
    test: [TRUSTED_TEST, 'refuses what would trust more than was meant'],
    gain: 'runs of the workflow from acme/app-evil',
  },
  {
    attack: 'anybody at a public CI system, where repo:* is trusted',
    defence: 'two parts must stand before the first *',
    file: TRUSTS,
    without: ['if (!saysWhose(subject)) {', "if (subject === '') {"],
    test: [TRUSTED_TEST, 'refuses what would trust more than was meant'],
    gain: 'runs of the workflow from every account there',
  },
  {
    attack: 'a genuine token from another branch or environment',
    defence: 'each claim that is asked for is compared, and one that is missing matches nothing',
    file: EXCHANGE,
    without: [
      "[['sub', rule.subject], ...Object.entries(rule.claims)] as const",
      "[['sub', rule.subject]] as const",
    ],
    test: [TRUSTED_TEST, 'without the claims that are asked for hears each of them'],
    gain: 'a release from a branch that nobody reviewed',
  },
  {
    attack: 'the same subject, by an issuer of their own',
    defence: 'a rule belongs to its issuer, and the keys come from there',
    file: `${SERVER}/identity/queries/trusts.ts`,
    without: [
      ".where('identity_tokens.trust_issuer', '=', of.issuer)",
      ".where('identity_tokens.role', '=', 'robot')",
    ],
    andWithout: [
      EXCHANGE,
      "const issuer = of[0]?.rule.issuer ?? '';",
      "const issuer = claimedIssuer(jwt) ?? '';",
    ],
    test: [
      TRUSTED_TEST,
      'made by an issuer that is not trusted is worth nothing, whoever it says that it is of',
    ],
    gain: 'runs of any workflow that trusts a pipeline',
  },
  {
    attack: "a pipeline's token used up by another organisation that trusts the same pipeline",
    defence: 'the audience names the organisation',
    file: TRUSTS,
    without: ['return `${publicUrl}/${organization}`;', 'return `${publicUrl}/${organization.slice(0, 0)}`;'],
    test: [TRUSTED_TEST, 'for another place is refused, also when it is for us as well'],
    gain: 'the evidence of others in their own account, and a token that works in both',
  },
  {
    attack: 'an organisation that asks for the audience of another one',
    defence: 'of the audiences at this server an organisation has its own only',
    file: TRUSTS,
    without: [
      'if (audience !== own && URL.canParse(audience) && new URL(audience).origin === deps.publicUrl) {',
      "if (audience === '') {",
    ],
    test: [TRUSTED_TEST, 'is taken for no other workflow and no other organisation'],
    gain: 'as above',
  },
  {
    attack: 'a token made for us and for somebody else, sent by the somebody else',
    defence: 'the audience is ours alone',
    file: EXCHANGE,
    without: ['(Array.isArray(found) && found.length === 1)', 'Array.isArray(found)'],
    test: [TRUSTED_TEST, 'for another place is refused, also when it is for us as well'],
    gain: 'runs of the workflow for whoever else takes the tokens of its pipeline',
  },
  {
    attack: 'questions without a token about which organisations, workflows and rules there are',
    defence: 'one answer until the signature of the issuer is proven',
    file: EXCHANGE,
    without: ["if (isCoded(refused, 'trust_token_claims'))\n", 'if (isCoded(refused))\n'],
    test: [
      TRUSTED_TEST,
      'gives one answer for what is not there, what trusts nobody, and what nobody signed',
    ],
    gain: 'who builds what here, and by which CI system',
  },
  {
    attack: 'genuine tokens of strangers, to fill the audit trail',
    defence: 'one row of a refused exchange a second',
    file: EXCHANGE,
    without: ['if (deps.refusedPipelines.take(trust.orgId) === 0) {', "if (trust.orgId !== '') {"],
    test: [TRUSTED_TEST, 'lets strangers with genuine tokens fill no audit trail'],
    gain: 'a full disk for an account at a public CI system',
  },
  {
    attack: 'a token that a pipeline got, kept after its trust was removed',
    defence: 'each use looks for the trust that it came from',
    file: `${SERVER}/identity/live-credential.ts`,
    without: [
      'if (row.revokedAt !== null) return `was revoked at ${row.revokedAt.toISOString()}`;',
      "if (row.revokedAt !== null && row.name === '') return 'was revoked';",
    ],
    test: [TRUSTED_TEST, 'ends with the trust that it came from, and with its quarter of an hour'],
    gain: 'a quarter of an hour after the removal',
  },
];
