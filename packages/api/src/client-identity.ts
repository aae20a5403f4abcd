/** The part of the client about tokens, robot accounts and keys. */
import type { Call } from './client.ts';
import type {
  AddKey,
  AddTrust,
  CreatedToken,
  CreateRobotAccount,
  CreateToken,
  Key,
  KeyList,
  RevokeKey,
  RotateKey,
  RotateRobotAccount,
  TokenList,
  Trust,
  TrustList,
} from './identity.ts';

export interface WorkflowName {
  readonly project: string;
  readonly workflow: string;
}

interface Calls {
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body: unknown) => Promise<T>;
  readonly text: (call: Call) => Promise<string>;
}

const seg = encodeURIComponent;
const of = ({ project, workflow }: WorkflowName) => `/waybill/v1/workflows/${seg(project)}/${seg(workflow)}`;
const robots = (workflow: WorkflowName) => `${of(workflow)}/robot-accounts`;
const trusts = (workflow: WorkflowName) => `${of(workflow)}/trusts`;

export function identityCalls({ get, post, text }: Calls) {
  return {
    createToken: (body: CreateToken) => post<CreatedToken>('/waybill/v1/tokens', body),
    listTokens: () => get<TokenList>('/waybill/v1/tokens'),
    revokeToken: (id: string) => text({ method: 'DELETE', path: `/waybill/v1/tokens/${seg(id)}` }),
    createRobotAccount: (workflow: WorkflowName, body: CreateRobotAccount) =>
      post<CreatedToken>(robots(workflow), body),
    listRobotAccounts: (workflow: WorkflowName) => get<TokenList>(robots(workflow)),
    /** By name or id. */
    revokeRobotAccount: (workflow: WorkflowName, account: string) =>
      text({ method: 'DELETE', path: `${robots(workflow)}/${seg(account)}` }),
    rotateRobotAccount: (workflow: WorkflowName, account: string, body: RotateRobotAccount = {}) =>
      post<CreatedToken>(`${robots(workflow)}/${seg(account)}/rotate`, body),
    addTrust: (workflow: WorkflowName, body: AddTrust) => post<Trust>(trusts(workflow), body),
    listTrusts: (workflow: WorkflowName) => get<TrustList>(trusts(workflow)),
    /** By name or id. */
    removeTrust: (workflow: WorkflowName, trust: string) =>
      text({ method: 'DELETE', path: `${trusts(workflow)}/${seg(trust)}` }),
    addKey: (body: AddKey) => post<Key>('/waybill/v1/keys', body),
    listKeys: () => get<KeyList>('/waybill/v1/keys'),
    rotateKey: (name: string, body: RotateKey) => post<Key>(`/waybill/v1/keys/${seg(name)}/rotate`, body),
    revokeKey: (name: string, body: RevokeKey) => post<Key>(`/waybill/v1/keys/${seg(name)}/revoke`, body),
    removeKey: (name: string) => text({ method: 'DELETE', path: `/waybill/v1/keys/${seg(name)}` }),
  };
}
