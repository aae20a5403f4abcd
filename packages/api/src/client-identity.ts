/** The part of the client about tokens, robot accounts and keys. */
import type { Call } from './client.ts';
import type {
  AddKey,
  CreatedToken,
  CreateRobotAccount,
  CreateToken,
  Key,
  KeyList,
  RotateRobotAccount,
  TokenList,
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
const robots = ({ project, workflow }: WorkflowName) =>
  `/waybill/v1/workflows/${seg(project)}/${seg(workflow)}/robot-accounts`;

export function identityCalls({ get, post, text }: Calls) {
  return {
    createToken: (body: CreateToken) => post<CreatedToken>('/waybill/v1/tokens', body),
    listTokens: () => get<TokenList>('/waybill/v1/tokens'),
    revokeToken: (id: string) => text({ method: 'DELETE', path: `/waybill/v1/tokens/${seg(id)}` }),
    createRobotAccount: (of: WorkflowName, body: CreateRobotAccount) => post<CreatedToken>(robots(of), body),
    listRobotAccounts: (of: WorkflowName) => get<TokenList>(robots(of)),
    /** By name or id. */
    revokeRobotAccount: (of: WorkflowName, account: string) =>
      text({ method: 'DELETE', path: `${robots(of)}/${seg(account)}` }),
    rotateRobotAccount: (of: WorkflowName, account: string, body: RotateRobotAccount = {}) =>
      post<CreatedToken>(`${robots(of)}/${seg(account)}/rotate`, body),
    addKey: (body: AddKey) => post<Key>('/waybill/v1/keys', body),
    listKeys: () => get<KeyList>('/waybill/v1/keys'),
    removeKey: (name: string) => text({ method: 'DELETE', path: `/waybill/v1/keys/${seg(name)}` }),
  };
}
