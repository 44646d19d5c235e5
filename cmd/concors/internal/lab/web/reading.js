// Links to read on, by title: the standards, and MDN. They are the only addresses elsewhere, and are opened by the reader alone.
import { h } from './dom.js';

const mdn = 'https://developer.mozilla.org/en-US/docs/Web/';
const fetchStandard = ['Fetch: CORS protocol', 'https://fetch.spec.whatwg.org/#http-cors-protocol'];
const sop = ['MDN: Same-origin policy', mdn + 'Security/Same-origin_policy'];
const cors = ['MDN: Cross-Origin Resource Sharing (CORS)', mdn + 'HTTP/Guides/CORS'];

// links has a list for each unit of the course.
const links = {
  origins: [['HTML: origins', 'https://html.spec.whatwg.org/multipage/browsers.html#origin'], ['MDN: Origin', 'https://developer.mozilla.org/en-US/docs/Glossary/Origin'], sop],
  reading: [fetchStandard, sop],
  simple: [fetchStandard, cors],
  credentials: [['Fetch: CORS protocol and credentials', 'https://fetch.spec.whatwg.org/#cors-protocol-and-credentials'], ['MDN: Access-Control-Allow-Credentials', mdn + 'HTTP/Reference/Headers/Access-Control-Allow-Credentials']],
  preflights: [['Fetch: CORS-preflight fetch', 'https://fetch.spec.whatwg.org/#cors-preflight-fetch'], ['MDN: Preflight request', 'https://developer.mozilla.org/en-US/docs/Glossary/Preflight_request']],
  console: [['Fetch: CORS check', 'https://fetch.spec.whatwg.org/#cors-check'], ['MDN: CORS errors', mdn + 'HTTP/Guides/CORS/Errors']],
  redirects: [['Fetch: HTTP-redirect fetch', 'https://fetch.spec.whatwg.org/#http-redirect-fetch'], ['MDN: Response: type property', mdn + 'API/Response/type']],
  windows: [['HTML: cross-origin objects', 'https://html.spec.whatwg.org/multipage/nav-history-apis.html#cross-origin-objects'], sop],
  embeds: [['HTML: canvas security', 'https://html.spec.whatwg.org/multipage/canvas.html#security-with-canvas-elements'], ['MDN: crossorigin attribute', mdn + 'HTML/Reference/Attributes/crossorigin']],
  messages: [['HTML: posting messages', 'https://html.spec.whatwg.org/multipage/web-messaging.html#posting-messages'], ['MDN: Window: postMessage() method', mdn + 'API/Window/postMessage']],
  storage: [['Storage standard', 'https://storage.spec.whatwg.org/'], ['MDN: Web Storage API', mdn + 'API/Web_Storage_API']],
  cookies: [['Cookies: HTTP State Management Mechanism', 'https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis'], ['MDN: Set-Cookie', mdn + 'HTTP/Reference/Headers/Set-Cookie']],
  writes: [['Fetch metadata', 'https://www.w3.org/TR/fetch-metadata/'], ['MDN: Cross-site request forgery (CSRF)', mdn + 'Security/Attacks/CSRF']],
  'side-channels': [['Fetch: Cross-Origin-Resource-Policy', 'https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header'], ['MDN: Cross-Origin-Opener-Policy', mdn + 'HTTP/Reference/Headers/Cross-Origin-Opener-Policy']],
};

export function reading(e) {
  const list = links[e.unit] || [fetchStandard, cors];
  return h('section', {}, h('h2', {}, 'Read on'), h('ul', {}, list.map(([title, href]) => h('li', {}, h('a', { href, rel: 'noreferrer' }, title)))));
}
