/** Contracts, projects and workflows, as the client calls them. */
import type { Call } from './client.ts';
import type { PageQuery } from './common.ts';
import { query } from './client-query.ts';
import type { AppliedContract, ApplyContract, ContractDetail, ContractList } from './contracts.ts';
import type { Project, ProjectList, ProjectVersion, ProjectVersionList } from './projects.ts';
import type {
  CreateWorkflow,
  DeletedWorkflow,
  UpdateWorkflow,
  Workflow,
  WorkflowList,
  WorkflowQuery,
} from './workflows.ts';

interface Sending {
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body: unknown) => Promise<T>;
  readonly json: <T>(call: Call) => Promise<T>;
  readonly text: (call: Call) => Promise<string>;
}

/** A workflow by its id, or by its names. */
export type WorkflowKey = { readonly id: string } | { readonly project: string; readonly name: string };

function workflowPath(key: WorkflowKey): string {
  const words = 'id' in key ? [key.id] : [key.project, key.name];
  return `/waybill/v1/workflows/${words.map(encodeURIComponent).join('/')}`;
}

export function contractCalls({ get, post, json, text }: Sending) {
  const seg = encodeURIComponent;
  return {
    applyContract: (body: ApplyContract) => post<AppliedContract>('/waybill/v1/contracts', body),
    listContracts: () => get<ContractList>('/waybill/v1/contracts'),
    describeContract: (name: string, revision?: number) =>
      get<ContractDetail>(`/waybill/v1/contracts/${seg(name)}${query({ revision })}`),
    deleteContract: (name: string) => text({ method: 'DELETE', path: `/waybill/v1/contracts/${seg(name)}` }),
    listProjects: (page: PageQuery = {}) => get<ProjectList>(`/waybill/v1/projects${query(page)}`),
    describeProject: (project: string) => get<Project>(`/waybill/v1/projects/${seg(project)}`),
    listVersions: (project: string, page: PageQuery = {}) =>
      get<ProjectVersionList>(`/waybill/v1/projects/${seg(project)}/versions${query(page)}`),
    releaseVersion: (project: string, version: string) =>
      json<ProjectVersion>({
        method: 'POST',
        path: `/waybill/v1/projects/${seg(project)}/versions/${seg(version)}/release`,
      }),
    createWorkflow: (body: CreateWorkflow) => post<Workflow>('/waybill/v1/workflows', body),
    listWorkflows: (filter: WorkflowQuery = {}) => get<WorkflowList>(`/waybill/v1/workflows${query(filter)}`),
    describeWorkflow: (project: string, name: string) => get<Workflow>(workflowPath({ project, name })),
    findWorkflow: (key: WorkflowKey) => get<Workflow>(workflowPath(key)),
    updateWorkflow: (key: WorkflowKey, body: UpdateWorkflow) =>
      json<Workflow>({ method: 'PATCH', path: workflowPath(key), body }),
    deleteWorkflow: (key: WorkflowKey) =>
      json<DeletedWorkflow>({ method: 'DELETE', path: workflowPath(key) }),
  };
}
