// The view of one experiment: guess, run, and see both sides beside the prediction.
import { predict, thisBrowser, browsers, joinClass } from './api.js';
import { h, put, say, copy, drawing } from './dom.js';
import { run, compare, verdict, needsPopup } from './runner.js';
import { note, shares, share, participant } from './progress.js';

export const outcomes = (rows, prediction) => h('div', { class: 'scroll' }, h('table', { class: 'outcomes' },
  h('caption', {}, 'What the page saw, beside the prediction for ' + prediction.browser + (prediction.version ? ' ' + prediction.version : '')),
  h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Looked at'), h('th', { scope: 'col' }, 'The page saw'), h('th', { scope: 'col' }, 'Predicted'), h('th', { scope: 'col' }, ''))),
  h('tbody', {}, rows.map((row) => h('tr', { class: row.agrees === false ? 'bad' : '' },
    h('th', { scope: 'row' }, row.name), h('td', {}, h('code', {}, row.saw || '—')),
    h('td', {}, row.known ? h('code', {}, row.predicted) : 'not known'),
    h('td', {}, row.agrees === null ? 'not compared' : row.agrees ? h('span', { class: 'good' }, '✓ agrees') : h('span', { class: 'bad' }, '≠ differs')))))));

export const requests = (server) => (server.length
  ? h('ol', { class: 'wire' }, server.map((request) => h('li', {},
    h('p', {}, h('code', {}, request.method + ' ' + request.url), ' → ', h('strong', {}, request.status || 'no response')),
    h('details', {}, h('summary', {}, 'Headers'),
      h('pre', {}, [...(request.header || [])].join('\n') + '\n\n' + [...(request.responseHeader || [])].join('\n'))))))
  : h('p', {}, 'No request arrived.'));

// reasons shows why: the rule behind each prediction, with its place in the standard.
export function reasons(prediction) {
  const rows = (prediction.sights || []).filter((sight) => sight.explanation || (sight.steps || []).length);
  if (!rows.length) return null;
  return h('section', {}, h('h3', {}, 'Why'), rows.map((sight) => h('div', { class: 'why' },
    h('p', {}, h('strong', {}, sight.name + ': '), sight.explanation || 'Nothing stopped it.',
      sight.anchor ? [' ', h('a', { href: sight.anchor, rel: 'noreferrer' }, sight.reason ? sight.reason + ' in the standard' : 'In the standard')] : null),
    (sight.steps || []).length ? h('details', {}, h('summary', {}, `${sight.steps.length} steps of the standards`),
      h('ol', {}, sight.steps.map((step) => h('li', {}, h('a', { href: step.anchor, rel: 'noreferrer' }, step.algorithm), ': ', step.outcome,
        step.deviation ? h('em', {}, ' (' + step.deviation + ')') : null)))) : null)));
}

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
  return h('section', { class: 'box' }, h('h2', {}, 'Did you get it?'),
    h('fieldset', {}, h('legend', {}, q.question), q.answers.map((text, i) => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: 'quiz', onchange: () => put(answer, h('strong', { class: i === q.right ? 'good' : 'bad' }, i === q.right ? 'Right. ' : 'Not so. '), q.because) }), text))),
    answer);
}

function guess(sights) {
  const box = h('input', { type: 'text', id: 'guess', autocomplete: 'off', spellcheck: 'false' });
  return { box, view: h('p', { class: 'guess' }, h('label', { for: 'guess' }, 'Your guess first: what will the page see?'), box,
    h('span', { class: 'quiet' }, ' It will look at: ' + sights.join(', ') + '.')) };
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
    if (!rule.response) return { rule, view: h('p', {}, 'A reverse proxy: ' + serverText(rule)) };
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
  if (index < 0) throw new Error('there is no experiment called ' + name);
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
  const servers = serverEditor(e);
  const guessed = guess(sights);
  const stage = h('div', { class: 'stage-place' });
  const result = h('div', { class: 'result', 'aria-live': 'polite' });
  const button = h('button', { class: 'run' }, onlyPredicted ? 'Show the prediction' : 'Run');

  // asEdited is the experiment's name, or the experiment with the reader's changes.
  function asEdited() {
    const rules = servers.rules();
    const changed = JSON.stringify(rules) !== JSON.stringify(e.servers || []) || (e.script && code.value.trim() !== codeOf(e));
    if (!changed) return e.name;
    return { ...e, servers: rules, ...(e.script ? { script: { ...e.script, code: code.value } } : {}) };
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
        put(result, h('p', { class: 'box' }, cannot),
          outcomes(compare([], prediction), prediction), reasons(prediction), drawing(prediction.drawings), h('p', {}, e.lesson));
        return;
      }
      // The run begins before the prediction is there: a popup needs the click.
      const finished = await run(what, { defence: defended, place: stage, inPopup: needsPopup(e) });
      const prediction = await asked;
      const rows = compare(finished.saw, prediction);
      const all = verdict(rows);
      note(e.name, { ran: true, agrees: all !== 'differs' });
      if (course.classOpen && shares()) joinClass(entry(e.name, defended, guessed.box.value, rows, browser)).catch(() => {});
      say(all === 'agrees' ? 'What the page saw agrees with the prediction.' : 'The result: ' + all + '.');
      put(result,
        h('p', { class: 'verdict ' + (all === 'agrees' ? 'good' : all === 'differs' ? 'bad' : '') },
          all === 'agrees' ? '✓ Your browser did what Concors predicted.' : all === 'differs' ? '≠ Your browser did something else than Concors predicted.' : 'Not known: nothing could be compared.'),
        guessed.box.value ? h('p', {}, 'Your guess was: ', h('q', {}, guessed.box.value)) : null,
        h('h3', {}, 'What the page saw'), outcomes(rows, prediction),
        h('h3', {}, 'What the server saw'), requests(finished.server || []),
        h('h3', {}, 'What there is to learn'), h('p', {}, defended && e.defence.lesson ? e.defence.lesson : e.lesson),
        e.change ? [h('h3', {}, 'What would change it'), h('p', {}, e.change)] : null,
        reasons(prediction),
        prediction.drawings && prediction.drawings.wide ? [h('h3', {}, 'The sequence'), drawing(prediction.drawings)] : null,
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
    h('h1', {}, e.title[0].toUpperCase() + e.title.slice(1)),
    e.myth ? h('p', { class: 'quote' }, 'Often taught: “' + e.myth + '”') : null,
    needsPopup(e) && !cannot ? h('p', { class: 'quiet' }, 'It opens a small window, which closes by itself.') : null,
    needs.includes('https') ? h('p', { class: 'quiet' }, 'It needs https: open ', h('a', { href: (course.origins || {}).https || '#', target: '_blank', rel: 'noopener' }, 'the lab’s https address'), ' once and accept its certificate, which is made for this run alone.') : null,
    cannot ? h('p', { class: 'box' }, cannot) : null,
    h('div', { class: 'columns' },
      h('section', {}, h('h2', {}, 'The page'), h('p', { class: 'quiet' }, 'Its origin: ', h('code', {}, e.page.origin)), h('label', { for: 'code' }, e.script ? 'Its code (you can change it)' : 'Its code'), code),
      h('section', {}, h('h2', {}, 'The servers'), servers.view,
        defence ? h('p', { class: 'switch' }, defence, h('label', { for: 'defence' }, 'Defence: ' + e.defence.title)) : null,
        h('p', {}, h('label', { for: 'browser' }, 'Prediction for '), chooser))),
    course.classOpen ? h('p', { class: 'switch' }, h('input', { type: 'checkbox', id: 'share', checked: shares(), onchange: (event) => share(event.target.checked) }), h('label', { for: 'share' }, 'Show the class what this browser does (without a name)')) : null,
    guessed.view, h('p', { class: 'actions' }, button), stage, result,
    e.quiz ? quiz(e.quiz) : null,
    recorded ? h('section', {}, h('h2', {}, 'Last seen'), h('p', {}, Object.entries(recorded).map(([who, r]) => `${who} ${r.version}: ${r.outcomes.join(', ')}`).join(' · '))) : null,
    h('p', { class: 'actions' }, h('a', { class: 'button plain', href: '#/bench/' + encodeURIComponent(e.name) }, 'Open in the free bench'),
      next ? h('a', { class: 'button plain', href: '#/x/' + next.name }, 'Next: ' + next.title) : null));
}
