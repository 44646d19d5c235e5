// The view of one experiment: guess, run, and see both sides beside the prediction.
import { predict, thisBrowser, browsers, joinClass } from './api.js';
import { h, put, say, copy, drawing, sentence } from './dom.js';
import { reading } from './reading.js';
import { run, compare, verdict, needsPopup } from './runner.js';
import { note, shares, share, participant } from './progress.js';

// outcomes is a table of rows from compare(). who is "page" or "server".
export const outcomes = (rows, prediction, who = 'page') => h('div', { class: 'scroll' }, h('table', { class: 'outcomes' },
  h('caption', {}, `Predicted for ${titleOf(prediction.browser)} ${prediction.version || ''}`.trim()),
  h('thead', {}, h('tr', {}, ['Looked at', `The ${who} saw`, 'Predicted', 'Verdict'].map((text) => h('th', { scope: 'col' }, text)))),
  h('tbody', {}, rows.map((row) => h('tr', { class: row.agrees === false ? 'bad' : '' },
    h('th', { scope: 'row' }, row.name),
    h('td', { 'data-label': `The ${who} saw` }, row.saw === null ? 'not run' : value(row.saw)),
    h('td', { 'data-label': 'Predicted' }, row.known ? value(row.predicted) : ['not known', row.sight && row.sight.note ? h('span', { class: 'quiet' }, ': ' + row.sight.note) : null]),
    h('td', {}, row.agrees === null ? (row.saw === null ? '' : 'not compared') : row.agrees ? h('span', { class: 'good' }, '✓ agrees') : h('span', { class: 'bad' }, '≠ differs')))))));

const value = (text) => (text === '' ? h('span', { class: 'quiet' }, 'empty') : h('code', {}, text));
const titleOf = (name) => (browsers.find(([value]) => value === name) || [name, name])[1];

// sides are what the page saw and what the servers saw, apart.
export function sides(rows, prediction, server) {
  const ofServer = rows.filter((row) => row.sight && row.sight.server);
  const ofPage = rows.filter((row) => !ofServer.includes(row));
  return [h('section', {}, h('h3', {}, 'What the page saw'), outcomes(ofPage, prediction)),
    server || ofServer.length ? h('section', {}, h('h3', {}, 'What the server saw'), ofServer.length ? outcomes(ofServer, prediction, 'server') : null,
      server ? requests(server) : null) : null];
}

// arrived says what the requests did: a preflight only asks, and the others were carried out.
function arrived(server) {
  const real = server.filter((request) => !request.preflight).length;
  if (!real) return 'Only the preflight arrived. The request itself was not sent.';
  return (real === 1 ? 'One request' : `${real} requests`) + (real < server.length ? ' besides preflights' : '')
    + ' reached the server, whether or not the page may read the response.';
}

export const requests = (server) => (server.length
  ? [h('p', {}, arrived(server)),
  h('ol', { class: 'wire' }, server.map((request) => h('li', {},
    h('p', {}, request.preflight ? h('span', { class: 'tag' }, 'preflight') : null, h('code', {}, request.method + ' ' + request.url), ' → ', h('strong', {}, request.status || 'hung up')),
    h('details', {}, h('summary', {}, 'Headers'),
      h('p', { class: 'quiet' }, 'Request'), h('pre', { tabindex: 0 }, (request.header || []).join('\n') || 'none that matter here'),
      h('p', { class: 'quiet' }, 'Response'), h('pre', { tabindex: 0 }, (request.responseHeader || []).join('\n') || 'none')))))]
  : h('p', {}, 'No request arrived.'));

// reasons shows why: the rule behind each prediction, with its place in the standard.
export function reasons(prediction) {
  // Sights with the same reason are explained once.
  const rows = [];
  for (const sight of prediction.sights || []) {
    if (!sight.explanation && !(sight.steps || []).length) continue;
    const same = rows.find((row) => row.explanation === sight.explanation && row.anchor === sight.anchor && row.steps.length === (sight.steps || []).length);
    if (same) same.names.push(sight.name);
    else rows.push({ ...sight, steps: sight.steps || [], names: [sight.name] });
  }
  if (!rows.length) return prediction.why ? h('section', {}, h('h3', {}, 'Why'), h('p', {}, prediction.why)) : null;
  return h('section', {}, h('h3', {}, 'Why'), rows.map((sight) => h('div', { class: 'why' },
    h('p', {}, h('strong', {}, sight.names.join(', ') + ': '), sight.explanation || 'Nothing stopped it.',
      sight.anchor ? [' ', h('a', { href: sight.anchor, rel: 'noreferrer' }, sight.reason ? sight.reason + ' in the standard' : 'In the standard')] : null),
    sight.steps.length ? h('details', {}, h('summary', {}, sight.steps.length === 1 ? 'One step of the standards' : `${sight.steps.length} steps of the standards`),
      h('ol', {}, sight.steps.map((step) => h('li', {}, h('a', { href: step.anchor, rel: 'noreferrer' }, step.algorithm), ': ', step.outcome,
        step.deviation ? h('em', {}, ' (' + step.deviation + ')') : null)))) : null)));
}

// sequence draws who sent what to whom.
export const sequence = (prediction) => (prediction.drawings && prediction.drawings.wide
  ? h('section', {}, h('h3', {}, 'The sequence, as predicted'), drawing(prediction.drawings)) : null);

// report is the text of a disagreement, to send to people who can correct it.
export function report(name, rows, prediction, browser) {
  const lines = rows.filter((row) => row.agrees === false).map((row) => `${row.name}: saw ${row.saw}, predicted ${row.predicted}`);
  return [`Experiment: ${name}`, `Browser: ${browser.title} ${browser.version}`, `User agent: ${navigator.userAgent}`,
    `Prediction for: ${prediction.browser} ${prediction.version || ''}`, ...lines].join('\n');
}

// entry is what a class sees of a run: no name, and a random number in place of one.
const entry = (name, defence, text, rows, browser) => ({ participant: participant(), browser: browser.name, experiment: name, defence, guess: text.slice(0, 200),
  sights: rows.map((row) => ({ name: row.name, outcome: row.saw, predicted: row.known ? row.predicted : '' })) });

function quiz(q) {
  const answer = h('p', { role: 'status' });
  return h('section', { class: 'box' }, h('h2', {}, 'Check your understanding'),
    h('fieldset', {}, h('legend', {}, q.question), q.answers.map((text, i) => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: 'quiz', onchange: () => put(answer, h('strong', { class: i === q.right ? 'good' : 'bad' }, i === q.right ? 'Right. ' : 'Not so. '), q.because) }), text))),
    answer);
}

// The guesses, and the one that a run shows to be right.
const guesses = (e) => (e.script
  ? ['Everything works', 'Some of it fails', 'All of it fails']
  : e.action.element ? ['It loads', 'It does not load'] : ['The page reads the response', 'The page gets a response that it can’t read', 'The page gets an error']);

function outcomeOf(e, rows) {
  const fails = (text) => text === 'error' || text.startsWith('!');
  const saw = rows.filter((row) => row.saw !== null && !(row.sight && row.sight.server)).map((row) => row.saw);
  if (e.script) {
    const failed = saw.filter(fails).length;
    return guesses(e)[failed === 0 ? 0 : failed < saw.length ? 1 : 2];
  }
  if (e.action.element) return guesses(e)[fails(saw[0]) ? 1 : 0];
  return guesses(e)[fails(saw[0]) ? 2 : saw[0].startsWith('opaque') ? 1 : 0];
}

function guess(e, sights) {
  const view = h('fieldset', { class: 'guess' }, h('legend', {}, 'Guess before you run it'),
    guesses(e).map((text) => h('label', { class: 'choice' }, h('input', { type: 'radio', name: 'guess', value: text }), text)),
    h('p', { class: 'quiet' }, 'The experiment looks at: ' + sights.join(', ') + '.'));
  return { view, value: () => (view.querySelector('input:checked') || {}).value || '' };
}

// codeOf is what the page does, as people read it.
export function codeOf(e) {
  if (e.script) return e.script.code.trim();
  const a = e.action;
  if (a.element) {
    const attributes = a.crossOrigin ? ` crossorigin="${a.crossOrigin}"` : '';
    return a.element === 'font' ? `await new FontFace('experiment', 'url(${a.url})').load()` : `<${a.element} src="${a.url}"${attributes}>`;
  }
  if (a.xhr) {
    return ['const xhr = new XMLHttpRequest()', a.uploadListener ? "xhr.upload.addEventListener('progress', show)" : '',
      `xhr.open('${a.method || (a.body != null ? 'POST' : 'GET')}', '${a.url}')`, `xhr.send(${a.body != null ? JSON.stringify(a.body) : ''})`].filter(Boolean).join('\n');
  }
  const options = {};
  if (a.method || a.body != null) options.method = a.method || 'POST';
  if (a.header && a.header.length) options.headers = Object.fromEntries(a.header.map((line) => line.split(/:\s*/, 2)));
  if (a.body != null) options.body = a.body;
  for (const option of ['mode', 'credentials', 'redirect']) if (a[option]) options[option] = a[option];
  const text = Object.keys(options).length ? ', ' + JSON.stringify(options, null, 2).replace(/"(\w+)":/g, '$1:') : '';
  return `const response = await fetch('${a.url}'${text})\nawait response.text()`;
}

// requestEditor lets the reader change the method, headers and credentials of a request.
function requestEditor(e, changed) {
  if (e.script || e.action.element) return { view: null, action: () => e.action };
  const a = e.action;
  const option = (v, text) => h('option', { value: v }, text || v);
  const method = h('input', { type: 'text', id: 'method', value: a.method || '', placeholder: a.body != null ? 'POST' : 'GET', spellcheck: 'false', autocomplete: 'off', oninput: changed });
  const header = h('textarea', { id: 'request-header', rows: Math.max(2, (a.header || []).length), spellcheck: 'false', value: (a.header || []).join('\n'), oninput: changed });
  const credentials = h('select', { id: 'credentials', onchange: changed }, option('', 'same-origin (the default)'), option('omit'), option('include'));
  credentials.value = a.credentials || '';
  const field = (id, text, input) => h('p', { class: 'field' }, h('label', { for: id }, text), input);
  return {
    view: h('details', { class: 'edit' }, h('summary', {}, 'Change the request'), field('method', 'Method', method), field('request-header', 'Headers, one on each line', header), field('credentials', 'Credentials', credentials)),
    action: () => {
      const action = { ...a };
      const set = (name, v, empty) => { if (empty) delete action[name]; else action[name] = v; };
      const lines = header.value.split('\n').map((line) => line.trim()).filter(Boolean);
      set('method', method.value.trim(), !method.value.trim());
      set('header', lines, !lines.length);
      set('credentials', credentials.value, !credentials.value);
      return action;
    },
  };
}

const serverText = (rule) => [
  [rule.method, rule.host, rule.path].filter(Boolean).join(' ') || 'every request',
  rule.cookie ? `with the cookie ${rule.cookie}` : '',
].filter(Boolean).join(' ');

// serverEditor shows what the servers send, as lines that can be changed.
export function serverEditor(e) {
  const fields = (e.servers || []).map((rule, i) => {
    if (rule.policy) {
      const policy = h('textarea', { rows: 10, spellcheck: 'false', id: 'policy-' + i, value: rule.policy });
      return { rule, policy, view: h('div', {}, h('label', { for: 'policy-' + i }, 'The policy of Concors’ own middleware, for ' + serverText(rule)), policy) };
    }
    if (rule.forward) return { rule, view: h('p', {}, 'A reverse proxy for ' + serverText(rule) + ': it forwards to ', h('code', {}, rule.forward)) };
    const status = h('input', { type: 'number', min: 100, max: 599, value: rule.response.status || 200, id: 'status-' + i });
    const header = h('textarea', { rows: Math.max(2, (rule.response.header || []).length), spellcheck: 'false', id: 'header-' + i, value: (rule.response.header || []).join('\n') });
    return { rule, status, header, view: h('div', { class: 'rule' }, h('p', {}, 'For ' + serverText(rule) + (rule.response.hangUp ? ': the server hangs up' : '')),
      h('label', { for: 'status-' + i }, 'Status'), status, h('label', { for: 'header-' + i }, 'Response headers'), header) };
  });
  return {
    view: h('details', { class: 'edit' }, h('summary', {}, 'What the servers send (you can change it)'), fields.map((field) => field.view)),
    rules: () => fields.map(({ rule, status, header, policy }) => {
      if (policy) return { ...rule, policy: policy.value };
      if (!status) return rule;
      return { ...rule, response: { ...rule.response, status: Number(status.value), header: header.value.split('\n').map((line) => line.trim()).filter(Boolean) } };
    }),
  };
}

export async function experiment(main, course, name) {
  const index = course.experiments.findIndex((e) => e.name === name);
  if (index < 0) throw new Error('unknown experiment: ' + name);
  const e = course.experiments[index];
  const next = course.experiments[index + 1];
  const unit = course.units.find((u) => u.name === e.unit);
  const browser = thisBrowser();
  const needs = e.needs || [];
  const sights = e.script ? e.script.sights.map((sight) => sight.name) : ['response', 'body', 'headers'];
  const cannot = (course.cannotRun || {})[e.name];
  const onlyPredicted = !!cannot;

  const chooser = h('select', { id: 'browser' }, browsers.map(([value, title]) => h('option', { value }, title)));
  chooser.value = browser.name;
  const defence = e.defence ? h('input', { type: 'checkbox', id: 'defence', role: 'switch' }) : null;
  const code = h('textarea', { id: 'code', class: 'code', spellcheck: 'false', rows: Math.min(24, codeOf(e).split('\n').length + 1), value: codeOf(e), readonly: !e.script });
  const request = requestEditor(e, () => { code.value = codeOf({ ...e, action: request.action() }); });
  const servers = serverEditor(e);
  const guessed = guess(e, sights);
  const stage = h('div', { class: 'stage-place' });
  const result = h('div', { class: 'result' });
  const button = h('button', { class: 'run' }, onlyPredicted ? 'Show the prediction' : 'Run');

  const lessonOf = (defended) => h('section', {}, h('h3', {}, 'What there is to learn'), h('p', {}, defended && e.defence.lesson ? e.defence.lesson : e.lesson));

  // asEdited is the experiment's name, or the experiment with the reader's changes.
  function asEdited() {
    const rules = servers.rules();
    const action = request.action();
    const changed = JSON.stringify(rules) !== JSON.stringify(e.servers || []) || (e.script ? code.value.trim() !== codeOf(e)
      : JSON.stringify(action) !== JSON.stringify(e.action));
    if (!changed) return e.name;
    return { ...e, servers: rules, ...(e.script ? {} : { action }), ...(e.script ? { script: { ...e.script, code: code.value } } : {}) };
  }

  async function start() {
    button.disabled = true;
    put(result, h('p', {}, onlyPredicted ? 'Asking for the prediction…' : 'Running in this browser…'));
    try {
      const what = asEdited();
      const defended = !!(defence && defence.checked);
      const asked = predict(what, chooser.value, defended);
      if (onlyPredicted) {
        const prediction = await asked;
        put(result, h('h2', {}, 'The prediction'), h('p', { class: 'box' }, cannot),
          h('div', { class: 'columns' }, sides(compare([], prediction), prediction)), lessonOf(defended), reasons(prediction), sequence(prediction));
        return;
      }
      // The run begins before the prediction is there: a popup needs the click.
      const finished = await run(what, { defence: defended, place: stage, inPopup: needsPopup(e) });
      const prediction = await asked;
      const rows = compare(finished.saw, prediction);
      const all = verdict(rows);
      note(e.name, { ran: true, agrees: all !== 'differs' });
      if (course.classOpen && shares()) joinClass(entry(e.name, defended, guessed.value(), rows, browser)).catch(() => {});
      say(all === 'agrees' ? 'What the page saw agrees with the prediction.' : 'The result: ' + all + '.');
      put(result, h('h2', {}, 'What happened'),
        h('p', { class: 'verdict ' + (all === 'agrees' ? 'good' : all === 'differs' ? 'bad' : '') },
          all === 'agrees' ? '✓ Your browser did what Concors predicted.' : all === 'differs' ? '≠ Your browser did something else than Concors predicted.' : 'Not known: nothing could be compared.'),
        guessed.value() ? h('p', {}, guessed.value() === outcomeOf(e, rows) ? 'Your guess was right: ' : 'Your guess was “' + guessed.value() + '”. What happened: ', h('strong', {}, outcomeOf(e, rows) + '.')) : null,
        h('div', { class: 'columns' }, sides(rows, prediction, finished.server || [])),
        lessonOf(defended), reasons(prediction),
        (prediction.console || []).length ? h('section', {}, h('h3', {}, 'What the console shows'), h('pre', { tabindex: 0 }, prediction.console.join('\n'))) : null,
        e.change ? h('section', {}, h('h3', {}, 'What would change it'), h('p', {}, e.change)) : prediction.fix ? h('section', {}, h('h3', {}, 'What would change it'), h('p', {}, prediction.fix)) : null,
        sequence(prediction),
        all === 'differs' ? h('p', {}, h('button', { onclick: (event) => copy(event.target, report(e.name, rows, prediction, browser)) }, 'Copy a report of the difference')) : null);
    } catch (error) {
      put(result, h('p', { class: 'box bad' }, error.message));
      say(error.message);
    } finally {
      button.disabled = false;
    }
  }
  button.addEventListener('click', start);

  const recorded = (course.recorded || {})[e.name];
  put(main,
    h('p', { class: 'crumbs' }, h('a', { href: '#/' }, 'Course'), ' › ', unit ? unit.title : e.unit),
    h('h1', {}, sentence(e.title)),
    e.myth ? h('p', { class: 'quote' }, 'Often taught: “' + e.myth + '”') : null,
    needsPopup(e) && !cannot ? h('p', { class: 'quiet' }, 'It opens a small window, which closes by itself.') : null,
    needs.includes('https') ? h('p', { class: 'quiet' }, 'It needs https: open ', h('a', { href: (course.origins || {}).https || '#', target: '_blank', rel: 'noopener' }, 'the lab’s https address'), ' once and accept its certificate, which is made for this run alone.') : null,
    cannot ? h('p', { class: 'box' }, cannot) : null,
    h('div', { class: 'columns' },
      h('section', {}, h('h2', {}, 'The page'), h('p', { class: 'quiet' }, 'Its origin: ', h('code', {}, e.page.origin)), h('label', { for: 'code' }, e.script ? 'Its code (you can change it)' : 'Its code'), code, request.view),
      h('section', {}, h('h2', {}, 'The servers'), servers.view,
        defence ? h('p', { class: 'switch' }, defence, h('label', { for: 'defence' }, 'Defence: ' + e.defence.title)) : null,
        h('p', {}, h('label', { for: 'browser' }, 'Prediction for '), chooser))),
    course.classOpen ? h('p', { class: 'switch' }, h('input', { type: 'checkbox', id: 'share', checked: shares(), onchange: (event) => share(event.target.checked) }), h('label', { for: 'share' }, 'Show the class what this browser does (without a name)')) : null,
    guessed.view, h('p', { class: 'actions' }, button), stage, result,
    e.quiz ? quiz(e.quiz) : null,
    reading(e),
    recorded ? h('section', {}, h('h2', {}, 'Last seen'), h('p', {}, Object.entries(recorded).map(([who, r]) => `${who} ${r.version}: ${r.outcomes.join(', ')}`).join(' · '))) : null,
    h('p', { class: 'actions' }, e.script ? null : h('a', { class: 'button plain', href: '#/bench/' + encodeURIComponent(e.name) }, 'Open in the free bench'),
      next ? h('a', { class: 'button plain', href: '#/x/' + next.name }, 'Next: ' + sentence(next.title)) : null));
}
