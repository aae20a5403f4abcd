import type { RunState } from '@waybill/api';
import { sql } from 'kysely';
import type { CountRuns } from '../../contract/index.ts';
import { thisOrg } from '../../ground/index.ts';

interface CountedRow {
  readonly runs: number;
  /** Of the newest; null where there is none. */
  readonly id: string | null;
  readonly state: RunState;
  readonly startedAt: Date;
}

/** How many runs each workflow has, and the newest of them; in the order of `workflows`. */
export const countWorkflowRuns: CountRuns = async (tx, workflows, now) => {
  if (workflows.length === 0) return [];
  const projects = workflows.map(({ project }) => project);
  const names = workflows.map(({ name }) => name);
  const { rows } = await sql<CountedRow>`
    select counted.runs, newest.id, newest.state, newest."startedAt"
    from unnest(${projects}::text[], ${names}::text[]) with ordinality as wanted (project, workflow, place)
    cross join lateral (
      select count(*)::integer as runs from attestation_runs r
      where r.org_id = ${thisOrg} and r.project = wanted.project and r.workflow = wanted.workflow
    ) counted
    left join lateral (
      select r.id, r.started_at as "startedAt",
             case when r.state = 'INITIALIZED' and r.expires_at <= ${now} then 'EXPIRED' else r.state end as state
      from attestation_runs r
      where r.org_id = ${thisOrg} and r.project = wanted.project and r.workflow = wanted.workflow
      order by r.started_at desc, r.id desc limit 1
    ) newest on true
    order by wanted.place`.execute(tx);
  return rows.map(({ runs, id, state, startedAt }) => ({
    runs,
    lastRun: id === null ? null : { id, state, startedAt },
  }));
};
