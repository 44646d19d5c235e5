// The lab's page: one document, and a view for each #/… address.
import { course } from './api.js';
import { h, put } from './dom.js';
import { overview, glossary, myths, challenges, print } from './course.js';
import { experiment } from './experiment.js';
import { all } from './all.js';
import { bench } from './bench.js';

const views = { '': overview, x: experiment, all, bench, myths, challenges, glossary, print };

let leave; // what the view before wants to be done when it goes

async function show() {
  const address = location.hash.replace(/^#run-all$/, '#/all/start'); // short, for programs that start a browser
  const [, name = '', argument = ''] = address.replace(/^#/, '').split('/');
  const main = document.getElementById('main');
  if (location.hash === '#main') return main.focus();
  if (leave) leave();
  leave = undefined;
  for (const link of document.querySelectorAll('header nav a')) {
    const [, its = ''] = link.hash.slice(1).split('/');
    if (its === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  try {
    const view = views[name.split('?')[0]];
    if (!view) throw new Error('this view is unknown');
    leave = await view(main, await course(), decodeURIComponent(argument));
  } catch (error) {
    put(main, h('h1', {}, 'That did not work'), h('p', { class: 'box bad' }, error.message),
      h('p', {}, h('a', { href: '#/' }, 'To the course')));
  }
  const heading = main.querySelector('h1');
  document.title = (heading && name ? heading.textContent + ' · ' : '') + 'Concors lab';
  if (show.before) {
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  show.before = true;
}

addEventListener('hashchange', show);
show();
