import type { Fetch } from '@waybill/core';
import { chooseServices, type SigningConfig } from '@waybill/core/trust';
import type { Service } from './post.ts';

/** The trust services that one signature uses. */
export interface TrustServices {
  /** Fulcio; null where only keys can sign. */
  readonly certificates: Service | null;
  /** Rekor v2. Each gets every signature. */
  readonly logs: readonly Service[];
  /** RFC 3161. Each dates every signature. */
  readonly timestamps: readonly Service[];
}

/** Where a Waybill server has them. Without its log, to which the server adds what it accepts itself. */
export function unloggedServicesAt(server: Service): TrustServices {
  const { url, fetch } = server;
  return {
    certificates: server,
    logs: [],
    timestamps: [{ url: new URL('/api/v1/timestamp', url).href, fetch }],
  };
}

/** Those that a signing config names for a signature made now. Throws `signing_config_no_service`. */
export function servicesOf(
  config: SigningConfig,
  options: { readonly at: Date; readonly fetch?: Fetch },
): TrustServices {
  const { at, fetch } = options;
  const { certificateAuthorities, logs, timestampAuthorities } = config;
  const authorities = {
    services: certificateAuthorities,
    count: certificateAuthorities.length === 0 ? 0 : 1,
  };
  const [authority] = chooseServices(authorities, { what: 'certificate authorities', version: 1, at });
  return {
    certificates: authority === undefined ? null : { url: authority.url, fetch },
    logs: chooseServices(logs, { what: 'logs', version: 2, at }).map(({ url }) => ({ url, fetch })),
    timestamps: chooseServices(timestampAuthorities, { what: 'timestamp authorities', version: 1, at }).map(
      ({ url }) => ({ url, fetch }),
    ),
  };
}
