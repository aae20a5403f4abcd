import type { Attack } from '../attack.ts';
import { SERVER, TESTS } from '../places.ts';

const ROBOTS = `${SERVER}/identity/robot-accounts.ts`;
const ROBOTS_TEST = `${SERVER}/identity/robot-accounts.test.ts`;
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
];
