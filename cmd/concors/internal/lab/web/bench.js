// The free bench: compose a page, a request and an answer; predict, run, compare. The state is in the address.
import { predict, thisBrowser, browsers } from './api.js';
import { h, put, say, copy } from './dom.js';
import { run, compare, verdict } from './runner.js';
import { sides, reasons, sequence } from './experiment.js';

const blank = {
  page: { origin: 'http://app.localhost' },
  action: { url: 'http://api.localhost/notes' },
  servers: [{ response: { status: 200, header: ['Access-Control-Allow-Origin: http://app.localhost', 'Vary: Origin'], body: '{"notes":["milk"]}' } }],
};

function fromAddress(course, argument) {
  const named = course.experiments.find((e) => e.name === argument && e.action && e.action.url);
  if (named) return named;
  try {
    const state = JSON.parse(argument);
    if (state && state.action && state.page && Array.isArray(state.servers)) return state;
  } catch { /* not a state */ }
  return blank;
}

// origins are those that a page can have: every name below localhost leads to this computer.
const origins = (own) => [...new Set([own, 'http://app.localhost', 'http://www.app.localhost', 'http://api.app.localhost', 'http://app.localhost:8080',
  'http://other.localhost', 'https://www.app.localhost'])].filter((o) => o !== 'null').map((o) => [o, o]).concat([['null', 'null (a sandboxed frame)']]);

const choice = (id, values, value) => {
  const select = h('select', { id }, values.map(([v, title]) => h('option', { value: v }, title)));
  select.value = value || '';
  return select;
};

export async function bench(main, course, argument) {
  const start = fromAddress(course, argument);
  const preflight = start.servers.find((rule) => rule.method === 'OPTIONS');
  const rest = start.servers.find((rule) => rule.method !== 'OPTIONS') || blank.servers[0];
  const lines = (list) => (list || []).join('\n');
  const field = {
    origin: choice('origin', origins(start.page.origin), start.page.origin),
    coep: choice('coep', [['', 'none'], ['require-corp', 'require-corp'], ['credentialless', 'credentialless']], start.page.embedderPolicy),
    url: h('input', { id: 'url', type: 'text', value: start.action.url, spellcheck: 'false' }),
    element: choice('element', [['', 'fetch()'], ['img', '<img>'], ['script', '<script>'], ['font', 'a font'], ['link', '<link rel=stylesheet>'], ['module', '<script type=module>'], ['iframe', '<iframe>']], start.action.element),
    crossOrigin: choice('crossorigin', [['', 'none'], ['anonymous', 'anonymous'], ['use-credentials', 'use-credentials']], start.action.crossOrigin),
    method: h('input', { id: 'method', type: 'text', value: start.action.method || '', placeholder: 'GET', spellcheck: 'false' }),
    header: h('textarea', { id: 'header', rows: 2, value: lines(start.action.header), spellcheck: 'false' }),
    body: h('textarea', { id: 'body', rows: 2, value: start.action.body || '', spellcheck: 'false' }),
    mode: choice('mode', [['', 'cors'], ['no-cors', 'no-cors'], ['same-origin', 'same-origin']], start.action.mode),
    credentials: choice('credentials', [['', 'same-origin'], ['omit', 'omit'], ['include', 'include']], start.action.credentials),
    redirect: choice('redirect', [['', 'follow'], ['error', 'error'], ['manual', 'manual']], start.action.redirect),
    preflightStatus: h('input', { id: 'preflight-status', type: 'number', min: 100, max: 599, value: preflight ? preflight.response.status : 204 }),
    preflightHeader: h('textarea', { id: 'preflight-header', rows: 4, spellcheck: 'false', value: lines(preflight ? preflight.response.header : rest.response && rest.response.header) }),
    status: h('input', { id: 'status', type: 'number', min: 100, max: 599, value: rest.response ? rest.response.status : 200 }),
    answer: h('textarea', { id: 'answer', rows: 4, spellcheck: 'false', value: lines(rest.response && rest.response.header) }),
    answerBody: h('textarea', { id: 'answer-body', rows: 2, spellcheck: 'false', value: rest.response ? rest.response.body : '' }),
    browser: choice('for', browsers, thisBrowser().name),
  };
  const split = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);
  const filled = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== '' && value !== undefined && !(Array.isArray(value) && !value.length)));

  function state() {
    const response = (status, header, body) => ({ status: Number(status.value), header: split(header.value), body });
    return {
      page: filled({ origin: field.origin.value, embedderPolicy: field.coep.value }),
      action: filled({ url: field.url.value.trim(), element: field.element.value, crossOrigin: field.crossOrigin.value, method: field.method.value.trim(),
        header: split(field.header.value), body: field.body.value, mode: field.mode.value, credentials: field.credentials.value, redirect: field.redirect.value }),
      servers: [{ method: 'OPTIONS', response: response(field.preflightStatus, field.preflightHeader, '') }, { response: response(field.status, field.answer, field.answerBody.value) }],
    };
  }
  const composed = () => ({ name: 'bench', title: 'what you composed', ...state() });

  const result = h('div');
  const stage = h('div', { class: 'stage-place' });
  const remember = () => history.replaceState(null, '', '#/bench/' + encodeURIComponent(JSON.stringify(state())));
  let asking = 0;
  async function show(finished) {
    const number = ++asking;
    try {
      const prediction = await predict(composed(), field.browser.value);
      if (number !== asking) return;
      const rows = compare(finished ? finished.saw : [], prediction);
      const all = finished ? verdict(rows) : '';
      if (all) say('The result: ' + all);
      put(result, h('h2', {}, all ? 'What happened' : 'The prediction'),
        all ? h('p', { class: 'verdict ' + (all === 'agrees' ? 'good' : all === 'differs' ? 'bad' : '') }, all === 'agrees' ? '✓ Your browser did what was predicted.' : all === 'differs' ? '≠ Your browser did something else.' : 'Not known.') : h('p', { class: 'quiet' }, 'This is the prediction. Run it to compare.'),
        h('div', { class: 'columns' }, sides(rows, prediction, finished ? finished.server || [] : null)), reasons(prediction), sequence(prediction));
    } catch (error) {
      put(result, h('p', { class: 'box bad' }, error.message));
    }
  }
  let timer;
  const changed = () => { clearTimeout(timer); timer = setTimeout(() => { remember(); show(); }, 250); };
  const button = h('button', { class: 'run', onclick: async () => {
    button.disabled = true;
    try {
      remember();
      await show(await run(composed(), { place: stage }));
    } catch (error) {
      put(result, h('p', { class: 'box bad' }, error.message));
    } finally {
      button.disabled = false;
    }
  } }, 'Run in this browser');

  const labelled = (id, text, input) => h('p', { class: 'field' }, h('label', { for: id }, text), input);
  put(main, h('h1', {}, 'Free bench'), h('p', { class: 'lead' }, 'Compose a page, its request and the servers’ responses. The prediction follows as you type; Run shows what this browser does. The address of this page holds the whole state.'),
    h('form', { class: 'columns three', oninput: changed, onsubmit: (event) => event.preventDefault() },
      h('fieldset', {}, h('legend', {}, 'The page'), labelled('origin', 'Origin', field.origin), labelled('coep', 'Cross-Origin-Embedder-Policy', field.coep), labelled('for', 'Prediction for', field.browser)),
      h('fieldset', {}, h('legend', {}, 'The request'), labelled('url', 'URL', field.url), labelled('element', 'Made by', field.element), labelled('crossorigin', 'crossorigin attribute', field.crossOrigin),
        labelled('method', 'Method', field.method), labelled('header', 'Headers, one on each line', field.header), labelled('body', 'Body', field.body),
        labelled('mode', 'mode', field.mode), labelled('credentials', 'credentials', field.credentials), labelled('redirect', 'redirect', field.redirect)),
      h('fieldset', {}, h('legend', {}, 'The servers'), labelled('preflight-status', 'Status for OPTIONS', field.preflightStatus), labelled('preflight-header', 'Headers for OPTIONS, one on each line', field.preflightHeader),
        labelled('status', 'Status for the rest', field.status), labelled('answer', 'Headers for the rest, one on each line', field.answer), labelled('answer-body', 'Body', field.answerBody))),
    h('p', { class: 'actions' }, button, h('button', { onclick: (event) => { remember(); copy(event.target, location.href); } }, 'Copy the address')), stage, result);
  await show();
  return () => clearTimeout(timer);
}
