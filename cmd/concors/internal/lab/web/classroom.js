// The instructor's view: what a group's browsers did, for those who chose to show it. It has no names.
import { classResults } from './api.js';
import { h, put } from './dom.js';

export async function classroom(main, course) {
  const body = h('tbody');
  const count = h('p', { role: 'status' });
  let timer;
  async function refresh() {
    const group = (await classResults()).results || [];
    count.textContent = group.length === 1 ? 'One browser has shown its results.' : `${group.length} browsers have shown their results.`;
    put(body, course.experiments.map((e) => {
      const runs = group.map((results) => (results.experiments || []).find((x) => x.name === e.name)).filter(Boolean);
      const differ = runs.filter((x) => x.verdict === 'differs').length;
      return h('tr', {}, h('th', { scope: 'row' }, e.title), h('td', {}, String(runs.filter((x) => x.verdict === 'agrees').length)), h('td', { class: differ ? 'bad' : '' }, String(differ)), h('td', {}, String(runs.filter((x) => !x.verdict || x.verdict === 'not known').length)));
    }));
  }
  put(main, h('h1', {}, 'For a class'));
  if (!course.classroom) {
    main.append(h('p', {}, 'Start the lab with ', h('code', {}, 'concors lab --class'), ' to see here what the browsers of a group did. Each learner decides in “Run all” whether to show it; there are no names, and it stays on this computer.'));
    return undefined;
  }
  main.append(count, h('div', { class: 'scroll' }, h('table', { class: 'outcomes' }, h('thead', {}, h('tr', {}, ['Experiment', 'Agree', 'Differ', 'Not compared'].map((text) => h('th', { scope: 'col' }, text)))), body)));
  await refresh();
  timer = setInterval(() => refresh().catch(() => {}), 3000);
  return () => clearInterval(timer);
}
