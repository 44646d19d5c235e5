// The instructor's view: what a group's browsers did, for those who chose to show it. It has no names.
import { course, classResults } from './api.js';
import { h, put } from './dom.js';

const main = document.getElementById('main');
const titles = new Map((await course()).experiments.map((e) => [e.name, e.title]));

async function show() {
  let view;
  try {
    view = await classResults();
  } catch (error) {
    put(main, h('h1', {}, 'What the class’s browsers did'), h('p', { class: 'box' }, error.message),
      h('p', {}, 'Start the lab with ', h('code', {}, 'concors lab --class'), ' to see here what the browsers of a group did. Each learner decides whether to show it. There are no names, and it stays on this computer.'));
    return;
  }
  put(main, h('h1', {}, 'What the class’s browsers did'),
    h('p', { role: 'status' }, view.participants === 1 ? 'One browser takes part.' : `${view.participants} browsers take part.`),
    view.experiments.map((x) => h('section', {}, h('h2', {}, titles.get(x.name) || x.name, x.defence ? ' (with the defence)' : ''),
      h('p', { class: 'quiet' }, x.runs === 1 ? 'One run.' : `${x.runs} runs.`),
      x.guesses.length ? h('p', {}, 'Guesses: ', x.guesses.map((g) => `“${g.guess}” (${g.count})`).join(', ')) : null,
      h('div', { class: 'scroll' }, h('table', { class: 'outcomes' },
        h('thead', {}, h('tr', {}, ['Looked at', 'Seen', 'Predicted', 'By'].map((text) => h('th', { scope: 'col' }, text)))),
        h('tbody', {}, x.sights.flatMap((sight) => sight.outcomes.map((o) => h('tr', { class: o.predicted && o.predicted !== o.outcome ? 'bad' : '' },
          h('th', { scope: 'row' }, sight.name), h('td', {}, h('code', {}, o.outcome)), h('td', {}, h('code', {}, o.predicted || 'not known')),
          h('td', {}, Object.entries(o.browsers).map(([who, n]) => `${who} ${n}`).join(', ')))))))))));
  setTimeout(show, 3000);
}

show();
