import type { Attack } from '../attack.ts';
import { BODIES, HTTP, SERVER, TESTS } from '../places.ts';

const LIMITS = `${TESTS}/limits.test.ts`;

export const FLOODS: readonly Attack[] = [
  {
    attack: 'a document whose check does not end, or devours memory',
    defence: 'checks run in threads that are ended when they answer nothing for too long',
    file: 'packages/server/src/ground/threads/threads.ts',
    without: ['void this.#worker?.terminate();', 'void this.#worker;'],
    test: [
      'packages/server/src/ground/threads/threads.test.ts',
      'ends a thread that does hang, says so to all who waited, and goes on with a new one',
    ],
    gain: 'a server that answers nobody',
  },
  {
    attack: 'bodies without a token, on every route',
    defence: 'the sign-in comes before the body',
    file: `${SERVER}/identity/routes/sign-in.ts`,
    without: ["app.addHook('onRequest',", "app.addHook('preHandler',"],
    test: [
      BODIES,
      'is answered with 401 whatever it holds, so that a stranger learns nothing and costs no parsing',
    ],
    gain: 'a megabyte of parsing for each request, without a token',
  },
  {
    attack: 'ten megabytes behind a refusal',
    defence: 'beyond 64 KiB the connection ends instead',
    file: HTTP,
    without: ['  unreadBodies(app);\n', ''],
    test: [BODIES, 'is not read when it is large, and its sender is told why'],
    gain: 'bandwidth and time of the server, without a token',
  },
  {
    attack: 'a body larger than its route takes, with and without a length',
    defence: 'a limit for each route',
    file: HTTP,
    without: ['const BODY_LIMIT_BYTES = 1024 * 1024;', 'const BODY_LIMIT_BYTES = 1024 * 1024 * 1024;'],
    test: [BODIES, 'is refused beyond the limit of its route, also where no length is given'],
    gain: 'the memory of the server',
  },
  {
    attack: 'headers without end',
    defence: '16 KiB',
    file: `${SERVER}/ground/http/connections.ts`,
    without: [
      'return { headersTimeout: timeoutMs,',
      'return { maxHeaderSize: 1024 * 1024, headersTimeout: timeoutMs,',
    ],
    test: [BODIES, 'of more than 16 KiB are refused with a code'],
    gain: 'memory for each connection',
  },
  {
    attack: 'headers that come a byte at a time (slow loris)',
    defence: '30 seconds for the headers',
    file: `${SERVER}/ground/http/connections.ts`,
    without: ['return { headersTimeout: timeoutMs,', 'return { headersTimeout: 0,'],
    test: [`${SERVER}/ground/http/connections.test.ts`, 'that never end their headers are cut off'],
    gain: 'connections held for nothing',
  },
  {
    attack: 'a body that comes a byte at a time',
    defence: 'a body moves by 1 KiB a second',
    file: HTTP,
    without: ['endSlowBodies(app, options.bodyWindowMs ?? BODY_WINDOW_MS);', ''],
    test: [`${SERVER}/ground/http/connections.test.ts`, 'that trickle a body to /parsed are cut off'],
    gain: 'requests held for nothing',
  },
  {
    attack: 'ten thousand connections that say nothing',
    defence: 'at the limit the one that idles longest makes room',
    file: `${SERVER}/ground/http/connections.ts`,
    without: ['if (open.size > max)', 'if (open.size < 0)'],
    test: [
      `${TESTS}/connections.test.ts`,
      'leave the server ready, with no more of them open than it allows',
    ],
    gain: 'the descriptors that uploads and the database need',
  },
  {
    attack: 'idle connections against those that work',
    defence: 'none with a request on it makes room',
    file: `${SERVER}/ground/http/connections.ts`,
    without: ['    idle.delete(key);\n    response.once', '    response.once'],
    test: [
      `${SERVER}/ground/http/connections.test.ts`,
      'push out those that idle longest, and none with a request on it',
    ],
    gain: "other people's uploads cut off",
  },
  {
    attack: 'a flood from one address',
    defence: 'a rate for each address',
    file: `${SERVER}/main.ts`,
    without: ['  limitAddresses(app, limits.addressPerSecond);\n', ''],
    test: [LIMITS, 'are served up to its rate by every route but the one that says the process lives'],
    gain: 'the whole server',
  },
  {
    attack: 'a flood with one token',
    defence: 'a rate for each token, also through the tokens derived from it',
    file: `${SERVER}/identity/sign-ins.ts`,
    without: ['        use(signedIn);\n', ''],
    test: [LIMITS, 'are served up to its rate, through every door that it opens'],
    gain: 'the whole server, for one leaked token of a small project',
  },
  {
    attack: 'guessing tokens',
    defence: 'a low rate of failed sign-ins for each address',
    file: `${SERVER}/identity/sign-ins.ts`,
    without: ['if (isRefusal(error)) failures.take(from);', ''],
    test: [LIMITS, 'of one address end in 429 for every way to sign in, and not for who works there already'],
    gain: 'a look into the database for each guess',
  },
  {
    attack: 'failed sign-ins to lock out the neighbours behind one address',
    defence: 'tokens that were good before go on working',
    file: `${SERVER}/identity/sign-ins.ts`,
    without: [' && !known.has(key)', ''],
    test: [
      `${SERVER}/identity/sign-ins.test.ts`,
      'lets those go on who share the address and were let in before',
    ],
    gain: 'pipelines of others stand still',
  },
  {
    attack: 'X-Forwarded-For, to be somebody else at each request',
    defence: 'read from trusted proxies only',
    file: HTTP,
    without: [
      'trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,',
      'trustProxy: true,',
    ],
    test: [LIMITS, 'are counted by the address that a trusted proxy names, and by no header of anybody else'],
    gain: 'no limit for them, and false addresses in the log',
  },
  {
    attack: 'millions of addresses, to fill the memory of the limits',
    defence: '20,000 are remembered, and an IPv6 network counts as one',
    file: `${SERVER}/ground/http/rate-limit.ts`,
    without: ['if (paidUntil.size > maxKeys) paidUntil', 'if (paidUntil.size < 0) paidUntil'],
    test: [
      `${SERVER}/ground/http/rate-limit.test.ts`,
      'remembers a bounded number of keys, and forgets the one used longest ago',
    ],
    gain: 'the memory of the server',
  },
  {
    attack: 'a DSSE envelope with thousands of verifiers for the public log',
    defence: 'at most 16',
    file: `${SERVER}/tlog/parse-request.ts`,
    without: ['const MAX_VERIFIERS = 16;', 'const MAX_VERIFIERS = 16_000;'],
    test: [
      `${SERVER}/tlog/hostile.test.ts`,
      'tries a handful of verifiers and refuses more, each of which costs a check',
    ],
    gain: 'seconds of computing for each request, without a token',
  },
  {
    attack: 'searches of the public log for pairs of signer and issuer that never were',
    defence:
      'an index for the pair, and the log in the key of every index: a search reads the rows that it shows',
    file: `${SERVER}/tlog/queries.ts`,
    without: ["  ['signer', 'issuer'],", ''],
    test: [
      `${SERVER}/tlog/search.test.ts`,
      'reads what it shows, and passes over nothing of another issuer or another log',
    ],
    gain: 'a third of a second of the database for each request at 10⁶ entries, without a token',
  },
];
