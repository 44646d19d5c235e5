// Run all: this page becomes a conformance run of this very browser.
import { predict, thisBrowser, sendResults } from './api.js';
import { h, put, say, save, sentence } from './dom.js';
import { run, compare, verdict, needsPopup } from './runner.js';
import { note } from './progress.js';

// inOrder puts experiments that draw on the screen first and those with popups last, because a popup covers the page.
const rank = (e) => ((e.needs || []).includes('visible') ? 0 : needsPopup(e) ? 2 : 1);
const inOrder = (experiments) => [...experiments].sort((a, b) => rank(a) - rank(b));

const words = { agrees: '✓ agrees', differs: '≠ differs', 'not known': 'not known' };

export async function all(main, course, argument) {
  const browser = thisBrowser();
  const rows = new Map();
  const body = h('tbody');
  // Each experiment runs once, and once more for its defence.
  const steps = inOrder(course.experiments).flatMap((e) => (e.defence ? [{ e, defence: false }, { e, defence: true }] : [{ e, defence: false }]));
  const key = ({ e, defence }) => e.name + (defence ? ' +' : '');
  for (const step of steps) {
    const cells = { saw: h('td', { 'data-label': 'The page saw' }), predicted: h('td', { 'data-label': 'Predicted' }), state: h('td', {}, course.cannotRun[step.e.name] ? 'prediction only' : 'not run') };
    rows.set(key(step), cells);
    body.append(h('tr', {}, h('th', { scope: 'row' }, h('a', { href: '#/x/' + step.e.name }, sentence(step.e.title)), step.defence ? ' (with the defence)' : ''), cells.saw, cells.predicted, cells.state));
  }
  const progress = h('progress', { max: steps.length, value: 0, 'aria-label': 'Experiments run' });
  const summary = h('p', { role: 'status' }, 'Nothing has run yet.');
  const button = h('button', { class: 'run' }, 'Run all in this browser');
  const download = h('button', { disabled: true }, 'Download the results');
  const stage = h('div', { class: 'stage-place' });
  let stopped = false;
  let results;

  async function one(step) {
    const { e, defence } = step;
    const cells = rows.get(key(step));
    const result = { name: e.name, defence, notRun: course.cannotRun[e.name] || '', sights: [] };
    if (result.notRun) return [result, ''];
    cells.state.textContent = 'running…';
    try {
      const asked = predict(e.name, browser.name, defence);
      const finished = await run(e.name, { place: stage, inPopup: needsPopup(e), defence });
      const compared = compare(finished.saw, await asked);
      const word = verdict(compared);
      note(e.name, { ran: true, agrees: word !== 'differs' });
      put(cells.saw, compared.map((row) => h('div', {}, h('code', {}, row.saw ?? '—'))));
      put(cells.predicted, compared.map((row) => h('div', {}, h('code', {}, row.known ? row.predicted : 'not known'))));
      put(cells.state, h('span', { class: word === 'agrees' ? 'good' : word === 'differs' ? 'bad' : '' }, words[word]));
      result.sights = compared.map((row) => ({ name: row.name, outcome: row.saw ?? '', predicted: row.known ? row.predicted : null, agrees: row.agrees === true }));
      return [result, word];
    } catch (error) {
      cells.state.textContent = error.message;
      return [{ ...result, notRun: error.message }, ''];
    }
  }

  async function start() {
    button.disabled = true;
    results = { browser: browser.name, version: browser.version, userAgent: navigator.userAgent, experiments: [] };
    const count = { agrees: 0, differs: 0, '': 0, 'not known': 0 };
    for (const [i, step] of steps.entries()) {
      if (stopped) return;
      const [result, word] = await one(step);
      results.experiments.push(result);
      count[word]++;
      progress.value = i + 1;
      summary.textContent = `${i + 1} of ${steps.length}: ${count.agrees} agree, ${count.differs} differ, ${count[''] + count['not known']} not compared.`;
    }
    say(summary.textContent);
    await sendResults(results).catch((error) => say(error.message));
    download.disabled = false;
    button.disabled = false;
  }

  button.addEventListener('click', start);
  download.addEventListener('click', () => save(`concors-lab-${browser.name}.json`, JSON.stringify(results, null, 2)));
  put(main, h('h1', {}, 'Run all in this browser'),
    h('p', { class: 'lead' }, `Every experiment runs here, in ${browser.title} ${browser.version}, and is compared with the prediction. Keep this page in front; small windows open at the end, so allow popups.`),
    h('p', { class: 'actions' }, button, download), progress, summary, stage,
    h('div', { class: 'scroll' }, h('table', { class: 'outcomes wide' }, h('caption', { class: 'hidden' }, 'Experiments and outcomes'),
      h('thead', {}, h('tr', {}, ['Experiment', 'The page saw', 'Predicted', 'Verdict'].map((text) => h('th', { scope: 'col' }, text)))), body)));
  if (argument === 'start') start();
  return () => { stopped = true; };
}
