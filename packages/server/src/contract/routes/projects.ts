import { PageQuery, Project, ProjectList, ProjectVersion, ProjectVersionList } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import type { Who } from '../../identity/index.ts';
import type { ContractDeps } from '../deps.ts';
import { describeProject, listProjects, listVersions, releaseVersion } from '../projects.ts';
import type { ProjectRow, VersionRow } from '../queries/projects.ts';

const TAGS = ['contracts'];
const PATH = '/waybill/v1/projects';
// Any text: what is no name is as unknown as any other.
const ByProject = Type.Object({ project: Type.String() });
const ByVersion = Type.Object({ project: Type.String(), version: Type.String() });

/** `/waybill/v1/projects`. A project is made with its first workflow, a version with its first run. */
export function projectPaths(app: App, deps: ContractDeps, who: Who): void {
  app.get(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'List projects',
        querystring: PageQuery,
        response: { 200: ProjectList },
      },
    },
    async (request) => {
      const { rows, next } = await listProjects(deps, who(request), request.query);
      return { projects: rows.map(present), next };
    },
  );
  app.get(
    `${PATH}/:project`,
    { schema: { tags: TAGS, summary: 'One project', params: ByProject, response: { 200: Project } } },
    async (request) => present(await describeProject(deps, who(request), request.params.project)),
  );
  versionPaths(app, deps, who);
}

function versionPaths(app: App, deps: ContractDeps, who: Who): void {
  app.get(
    `${PATH}/:project/versions`,
    {
      schema: {
        tags: TAGS,
        summary: 'List the versions of a project, newest first',
        params: ByProject,
        querystring: PageQuery,
        response: { 200: ProjectVersionList },
      },
    },
    async (request) => {
      const { rows, next } = await listVersions(deps, who(request), { ...request.query, ...request.params });
      return { versions: rows.map(presentVersion), next };
    },
  );
  app.post(
    `${PATH}/:project/versions/:version/release`,
    {
      schema: {
        tags: TAGS,
        summary: 'Mark a version as released, once and for good',
        params: ByVersion,
        response: { 200: ProjectVersion },
      },
    },
    async (request) => {
      const input = { ...request.params, requestId: request.id };
      return presentVersion(await releaseVersion(deps, who(request), input));
    },
  );
}

function present(row: ProjectRow) {
  return { ...row, createdAt: row.createdAt.toISOString() };
}

function presentVersion(row: VersionRow) {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    releasedAt: row.releasedAt?.toISOString() ?? null,
  };
}
