import type { Attack } from '../attack.ts';
import { HOSTILE, ROUTES, SERVER, TESTS } from '../places.ts';

export const TENANTS: readonly Attack[] = [
  {
    attack: 'no token, a revoked, expired or unknown one, on every route',
    defence: 'every route signs in, or stands in the table of public ones with its reason',
    file: `${SERVER}/identity/authenticate.ts`,
    without: ['  refuseDead(row, now);\n', ''],
    test: [ROUTES, 'is public for a reason, or answers 401 to whoever has no token that lives'],
    gain: 'a token that was revoked after a leak still works',
  },
  {
    attack: 'a new route that forgets to sign in',
    defence: 'handlers get the principal from the guard of their scope, and fail without it',
    file: `${SERVER}/gate/routes.ts`,
    without: [
      'const who = signInFirst(app, identity);',
      "const who = () => ({ orgId: '', orgName: 'default', tokenId: '', tokenName: '', role: 'owner', scope: { type: 'organization' } });",
    ],
    test: [ROUTES, 'is public for a reason, or answers 401 to whoever has no token that lives'],
    gain: 'whatever the route does, for anybody',
  },
  {
    attack: "another tenant's ids in every route",
    defence: 'queries run as their organisation under row-level security',
    file: `${SERVER}/ground/db/db.ts`,
    without: ["select set_config('role', '${role}', true), set_config", 'select set_config'],
    andWithout: [
      `${SERVER}/attestation/queries.ts`,
      "    ])\n    .where('org_id', '=', thisOrg);",
      '    ]);',
    ],
    test: [ROUTES, 'gets the answer of an unknown id for every id of ours'],
    gain: "another organisation's runs, keys, tokens and decisions",
  },
  {
    attack: "another tenant's repositories, tags, blobs and uploads",
    defence: 'a repository belongs to the organisation that its name begins with',
    file: `${SERVER}/registry/access.ts`,
    without: ["if (repository.split('/')[0] !== principal.orgName) throw nameUnknown(repository);", ''],
    test: [ROUTES, 'gets it for every path of the registry'],
    gain: 'which organisations and repositories there are',
  },
  {
    attack: 'a tenant query that runs with the rights of the system by mistake',
    defence: 'each query names its organisation too, beside row-level security',
    file: `${SERVER}/identity/queries.ts`,
    without: [
      "    .where('org_id', '=', thisOrg)\n    .where('id', '=', id)\n    .executeTakeFirst();",
      "    .where('id', '=', id)\n    .executeTakeFirst();",
    ],
    test: [
      `${SERVER}/identity/tenancy.test.ts`,
      'name the organisation themselves: a tenant query that runs as the system finds nothing',
    ],
    gain: 'one mistake in the code shows all organisations',
  },
  {
    attack: 'the same with dead letters',
    defence: 'as above',
    file: `${SERVER}/ground/followers/rows.ts`,
    without: [
      'from ground_failures where org_id = ${thisOrg} and dead_at is not null',
      'from ground_failures where dead_at is not null',
    ],
    test: [
      `${SERVER}/ground/followers/follower.test.ts`,
      'show and retry the dead letters of an organisation to it alone',
    ],
    gain: 'as above',
  },
  {
    attack: 'the same with runs, verdicts and decisions',
    defence: 'as above',
    file: `${SERVER}/attestation/queries.ts`,
    without: ["    ])\n    .where('org_id', '=', thisOrg);", '    ]);'],
    test: [`${TESTS}/tenancy.test.ts`, 'find and change nothing when they run as the system by mistake'],
    gain: 'as above',
  },
  {
    attack: 'a row written into another organisation',
    defence: 'row-level security also checks what is written',
    file: `${SERVER}/ground/db/db.ts`,
    without: ["select set_config('role', '${role}', true), set_config", 'select set_config'],
    test: [`${SERVER}/ground/db/db.test.ts`, 'refuses to write a row of another organisation'],
    gain: 'an owner token of their own making in any organisation',
  },
  {
    attack: 'a blob mounted from a repository that the token may not read',
    defence: 'a mount asks for pull in its source',
    file: `${SERVER}/registry/routes/uploads.ts`,
    without: [
      "return allowedActions(call.caller.principal, repository).includes('pull');",
      'return repository !== call.last;',
    ],
    test: [
      `${SERVER}/registry/registry.test.ts`,
      'that is not possible or not allowed starts an upload, and tells nothing',
    ],
    gain: "another project's bytes, by their digest",
  },
  {
    attack: 'a narrow token that names an image of another project',
    defence: 'images are looked up with the rights of the token',
    file: `${SERVER}/attestation/accept.ts`,
    without: [
      "mayPull: (repository) => allowedActions(principal, repository).includes('pull'),",
      'mayPull: () => true,',
    ],
    test: [HOSTILE, 'neither sees nor marks an image of another project'],
    gain: 'whether an image is there, and verdicts attached to it',
  },
  {
    attack: 'a gate asked for verdicts of another project',
    defence: 'verdicts are looked for inside the scope of the token',
    file: `${SERVER}/attestation/load-verdicts.ts`,
    without: ['...targetOf(principal.scope)', '...(principal.scope.type && {})'],
    test: [
      HOSTILE,
      'asks the gate for verdicts of its own project, and reads decisions that it asked for itself',
    ],
    gain: 'what other projects have built',
  },
];
