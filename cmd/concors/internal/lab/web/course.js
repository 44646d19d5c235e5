// The views that only show the course: overview, glossary, "taught, and wrong", challenges, handouts.
import { h, put, sentence } from './dom.js';
import { done } from './progress.js';

const mark = (name) => {
  const state = done(name);
  if (!state || !state.ran) return h('span', { class: 'mark' }, h('span', { class: 'hidden' }, 'not run yet'));
  return state.agrees === false
    ? h('span', { class: 'mark bad' }, '≠', h('span', { class: 'hidden' }, ' it differed from the prediction'))
    : h('span', { class: 'mark good' }, '✓', h('span', { class: 'hidden' }, ' you ran it'));
};

const link = (e) => h('li', {}, mark(e.name), h('a', { href: '#/x/' + e.name }, sentence(e.title)));

export function overview(main, course) {
  const first = course.experiments[0];
  const ran = course.experiments.filter((e) => (done(e.name) || {}).ran).length;
  put(main,
    h('h1', {}, 'What may a page do with another origin?'),
    h('p', { class: 'lead' }, 'Browsers keep the pages of one origin from reading what another origin serves, and servers relax that with CORS. '
      + 'Each experiment here really runs in your browser, beside what Concors predicts.'),
    h('p', { class: 'actions' },
      h('a', { class: 'button', href: '#/x/' + first.name }, ran ? 'Start again from the first' : 'Start with the first experiment'),
      h('a', { class: 'button plain', href: '#/all' }, 'Run all in this browser')),
    h('p', { class: 'quiet' }, `You ran ${ran} of ${course.experiments.length} experiments.`),
    course.units.map((unit, i) => h('section', { class: 'unit', 'aria-labelledby': 'unit-' + unit.name },
      h('h2', { id: 'unit-' + unit.name }, `${i + 1}. ${unit.title}`),
      h('p', {}, unit.objective),
      h('ol', { class: 'list' }, course.experiments.filter((e) => e.unit === unit.name).map(link)))));
}

export function glossary(main, course) {
  put(main, h('h1', {}, 'Glossary'),
    h('dl', { class: 'glossary' }, course.glossary.map((entry) => [h('dt', { id: 'term-' + entry.term }, entry.term), h('dd', {}, entry.text)])));
}

export function myths(main, course) {
  put(main, h('h1', {}, 'Commonly taught, and wrong or incomplete'),
    h('p', { class: 'lead' }, 'Each sentence is in many articles. Each has an experiment that shows what browsers do.'),
    h('ul', { class: 'cards' }, course.experiments.filter((e) => e.myth).map((e) => h('li', {},
      h('p', { class: 'quote' }, '“' + e.myth + '”'), h('p', {}, mark(e.name), h('a', { href: '#/x/' + e.name }, 'See what happens: ' + e.title))))));
}

export function challenges(main, course) {
  put(main, h('h1', {}, 'Challenges'),
    h('p', { class: 'lead' }, 'An attacker’s page, a victim, and a defence that you can switch on. Read the code, guess, then run it with the defence off and on.'),
    h('ul', { class: 'cards' }, course.experiments.filter((e) => e.unit === 'challenges').map((e) => h('li', {},
      h('h2', {}, sentence(e.title)), h('p', {}, e.lesson), h('p', {}, mark(e.name), h('a', { href: '#/x/' + e.name }, 'Open: ' + e.title))))));
}

export function print(main, course) {
  put(main, h('h1', {}, 'Handouts'),
    h('p', { class: 'no-print' }, 'One part for each unit: what to find out, and room for what was seen. ',
      h('button', { onclick: () => window.print() }, 'Print')),
    course.units.map((unit) => h('section', { class: 'handout' }, h('h2', {}, unit.title), h('p', {}, unit.objective),
      h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Experiment'), h('th', { scope: 'col' }, 'Your guess'), h('th', { scope: 'col' }, 'What you saw'))),
        h('tbody', {}, course.experiments.filter((e) => e.unit === unit.name).map((e) => h('tr', {},
          h('th', { scope: 'row' }, sentence(e.title)), h('td', {}), h('td', {}))))))),
    h('section', { class: 'handout' }, h('h2', {}, 'Glossary'),
      h('dl', {}, course.glossary.map((entry) => [h('dt', {}, entry.term), h('dd', {}, entry.text)]))));
}
