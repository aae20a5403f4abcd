import type { Attack } from '../attack.ts';
import { HTTP, SERVER, TESTS } from '../places.ts';

const BROWSER = `${TESTS}/browser.test.ts`;

export const BROWSERS: readonly Attack[] = [
  {
    attack: 'a page of another site that uses the cookies of a visitor',
    defence: 'there are none: the token stands in a header that no page can add',
    file: `${SERVER}/identity/routes/sign-in.ts`,
    without: [
      'const { authorization } = request.headers;',
      "const authorization = request.headers.authorization ?? /authorization=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];",
    ],
    test: [BROWSER, 'signs in nowhere with a cookie, and gets none'],
    gain: 'everything that the visitor may do',
  },
  {
    attack: 'a page of another site that reads our answers',
    defence: 'no CORS header, on no route',
    file: HTTP,
    without: [
      "    'x-frame-options': 'DENY',",
      "    'x-frame-options': 'DENY',\n    'access-control-allow-origin': '*',",
    ],
    test: [BROWSER, 'reads no answer, and is allowed no header of its own'],
    gain: 'what is served inside the network of the visitor',
  },
  {
    attack: 'our pages in a frame, our bytes as a script',
    defence: 'CSP, X-Frame-Options, nosniff and CORP on every answer',
    file: HTTP,
    without: ["    'x-frame-options': 'DENY',\n", ''],
    test: [BROWSER, 'shows none of ours in a frame, and makes a browser guess no type'],
    gain: 'clicks of the visitor, or a script on our origin',
  },
  {
    attack: 'a form of another site whose text is JSON',
    defence: 'JSON is read under its own media type only',
    file: HTTP,
    without: [
      "app.addContentTypeParser('application/json', {",
      'app.addContentTypeParser(/^(?!.*[+]json$)/, {',
    ],
    test: [BROWSER, 'makes no form of a browser pass as JSON'],
    gain: 'requests that a browser sends without asking',
  },
  {
    attack: 'a script in the page of the API',
    defence: 'its CSP allows one style by its hash and nothing else',
    file: `${SERVER}/ground/http/meta.ts`,
    without: ["`default-src 'none'; style-src", '`style-src'],
    test: [`${TESTS}/openapi.test.ts`, 'is HTML that names every operation and loads nothing from anywhere'],
    gain: 'code on our origin, should a text of the page ever be foreign',
  },
];
