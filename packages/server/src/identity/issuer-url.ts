/** True for a URL in the one spelling in which tokens state their issuer: they are compared letter by letter. */
export function isIssuerUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && [url.username, url.password, url.search, url.hash].every((part) => part === '');
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  // "https://h" and "https://h/" are two issuers; either is right as long as the rest is as URLs are written.
  return isPlain && isWeb && (url.href === text || url.href === `${text}/`) && !text.includes('*');
}
