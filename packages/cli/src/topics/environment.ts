import { ENVIRONMENT } from '../environment.ts';
import { columns } from './columns.ts';

export function text(): string {
  return `${columns(Object.entries(ENVIRONMENT))}

An option wins over its variable, a variable over what waybill login saved.
The server's own variables: docs/reference/config.md.`;
}
