// Run all: this page becomes a conformance run of this very browser.
import { predict, thisBrowser, sendResults, joinClass } from './api.js';
import { h, put, say, save } from './dom.js';
import { run, compare, verdict } from './runner.js';
import { note } from './progress.js';

// inOrder puts experiments that draw on the screen first and those with popups last, because a popup covers the page.
const rank = (e) => ((e.needs || []).includes('visible') ? 0 : (e.needs || []).includes('popup') ? 2 : 1);
const inOrder = (experiments) => [...experiments].sort((a, b) => rank(a) - rank(b));

// canRun says why an experiment can't run here, or returns "".
function cannotRun(e, course) {
  const needs = e.needs || [];
  if (needs.includes('prediction')) return 'prediction only';
  if (course.listening && needs.includes('names')) return 'needs this computer';
  if (course.noHTTPS && needs.includes('https')) return 'needs https';
  return '';
}

export async function all(main, course, argument) {
  const browser = thisBrowser();
  const rows = new Map();
  const body = h('tbody');
  for (const e of inOrder(course.experiments)) {
    const cells = { saw: h('td'), predicted: h('td'), state: h('td', {}, cannotRun(e, course) || 'not run') };
    rows.set(e.name, cells);
    body.append(h('tr', {}, h('th', { scope: 'row' }, h('a', { href: '#/x/' + e.name }, e.title)), cells.saw, cells.predicted, cells.state));
  }
  const progress = h('progress', { max: course.experiments.length, value: 0, 'aria-label': 'Experiments run' });
  const summary = h('p', { role: 'status' }, 'Nothing has run yet.');
  const button = h('button', { class: 'run' }, 'Run all in this browser');
  const download = h('button', { disabled: true }, 'Download the results');
  const share = course.classroom ? h('button', { disabled: true }, 'Show my results to the class (without a name)') : null;
  const stage = h('div', { class: 'stage-place' });
  let stopped = false;
  let results;

  async function one(e, popups) {
    const cells = rows.get(e.name);
    const why = cannotRun(e, course);
    if (why) return { name: e.name, why, sights: [] };
    const needsPopup = (e.needs || []).includes('popup');
    if (needsPopup && !popups) return { name: e.name, why: 'popups were not allowed', sights: [] };
    cells.state.textContent = 'running…';
    try {
      const asked = predict(e.name, browser.name);
      const finished = await run(e.name, { place: stage, needsPopup });
      const prediction = await asked;
      const compared = compare(finished.saw, prediction);
      const all = verdict(compared);
      note(e.name, { ran: true, agrees: all !== 'differs' });
      put(cells.saw, compared.map((row) => h('div', {}, h('code', {}, row.saw || '—'))));
      put(cells.predicted, compared.map((row) => h('div', {}, h('code', {}, row.known ? row.predicted : 'not known'))));
      put(cells.state, h('span', { class: all === 'agrees' ? 'good' : all === 'differs' ? 'bad' : '' }, all === 'agrees' ? '✓ agrees' : all === 'differs' ? '≠ differs' : 'not known'));
      return { name: e.name, verdict: all, failure: finished.failure || undefined,
        sights: compared.map((row) => ({ name: row.name, outcome: row.saw, predicted: row.known ? row.predicted : null, agrees: row.agrees })),
        server: (finished.server || []).map((request) => request.method + ' ' + request.url) };
    } catch (error) {
      cells.state.textContent = error.message;
      return { name: e.name, why: error.message, sights: [] };
    }
  }

  async function start() {
    button.disabled = true;
    results = { browser: browser.name, title: browser.title, version: browser.version, userAgent: navigator.userAgent, done: false, experiments: [] };
    let n = 0;
    for (const e of inOrder(course.experiments)) {
      if (stopped) return;
      results.experiments.push(await one(e, true));
      progress.value = ++n;
      const count = (state) => results.experiments.filter((x) => x.verdict === state).length;
      summary.textContent = `${n} of ${course.experiments.length}: ${count('agrees')} agree, ${count('differs')} differ, ${n - count('agrees') - count('differs')} not compared.`;
    }
    results.done = true;
    say(summary.textContent);
    await sendResults(results).catch(() => {});
    download.disabled = false;
    if (share) share.disabled = false;
    button.disabled = false;
  }

  button.addEventListener('click', start);
  download.addEventListener('click', () => save(`concors-lab-${browser.name}.json`, JSON.stringify(results, null, 2)));
  if (share) share.addEventListener('click', async () => { await joinClass(results); share.textContent = 'Shown'; share.disabled = true; });
  put(main, h('h1', {}, 'Run all in this browser'),
    h('p', { class: 'lead' }, `Every experiment runs here, in ${browser.title} ${browser.version}, and is compared with the prediction. Keep this page in front; small windows open at the end, so allow popups.`),
    h('p', { class: 'actions' }, button, download, share), progress, summary, stage,
    h('div', { class: 'scroll' }, h('table', { class: 'outcomes wide' }, h('caption', { class: 'hidden' }, 'Experiments and outcomes'),
      h('thead', {}, h('tr', {}, ['Experiment', 'The page saw', 'Predicted', 'Verdict'].map((text) => h('th', { scope: 'col' }, text)))), body)));
  if (argument === 'start') start();
  return () => { stopped = true; };
}
