// Runs an experiment in this browser: asks the server for a run, opens its page, and waits for what it saw.
import { startRun, runState } from './api.js';

const PATIENCE = 30000; // milliseconds for a whole run

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// run resolves to { id, code, saw: [{ name, outcome }], server: […] }. Call it from a click: an
// experiment may need a popup. Frames are put into place, an element of the page.
export async function run(experiment, { defence = false, place = document.body, inPopup = false } = {}) {
  const popup = inPopup ? window.open('about:blank', '_blank', 'width=480,height=360') : null;
  if (inPopup && !popup) throw new Error('this experiment needs a popup: allow popups for this page, and run it again');
  let frame;
  try {
    const started = await startRun(experiment, defence);
    const finished = new Promise((resolve) => {
      addEventListener('message', function listen(event) {
        if (!event.data || event.data.concors !== started.id) return;
        removeEventListener('message', listen);
        resolve();
      });
    });
    if (popup) {
      popup.location.href = started.url;
    } else {
      frame = document.createElement('iframe');
      frame.className = 'stage';
      frame.title = 'The page of the experiment';
      if (started.how === 'sandbox') frame.setAttribute('sandbox', 'allow-scripts');
      frame.src = started.url;
      place.append(frame);
    }
    const end = Date.now() + PATIENCE;
    for (let pause = 200; Date.now() < end; pause = Math.min(pause * 1.5, 1000)) {
      await Promise.race([finished, wait(pause)]);
      const state = await runState(started.id);
      if (state.done) return { ...state, id: started.id, code: started.code };
    }
    throw new Error('the page of the experiment did not finish within ' + PATIENCE / 1000 + ' seconds');
  } finally {
    if (popup) popup.close();
    if (frame) frame.remove();
  }
}

// needsPopup reports whether the page of an experiment is a window of its own: it opens windows itself, or sets
// cookies first as an earlier visit would have done.
export const needsPopup = (e) => (e.needs || []).includes('popup') || (!e.script && (e.page.cookies || []).length > 0);

// compare joins what was seen with what was predicted: [{ name, saw, predicted, known, agrees }]. A sight
// without a prediction is not known, and counts neither way.
export function compare(saw, prediction) {
  const predicted = new Map((prediction.sights || []).map((sight) => [sight.name, sight]));
  return saw.map(({ name, outcome }) => {
    const sight = predicted.get(name);
    predicted.delete(name);
    const known = !!sight && sight.known;
    return { name, saw: outcome, predicted: known ? sight.outcome : '', known, agrees: known ? sight.outcome === outcome : null, sight };
  }).concat([...predicted.values()].map((sight) => ({
    name: sight.name, saw: null, predicted: sight.outcome, known: sight.known, agrees: null, sight,
  })));
}

// verdict says in a word whether all known sights agree.
export function verdict(rows) {
  if (rows.some((row) => row.agrees === false)) return 'differs';
  return rows.some((row) => row.agrees) ? 'agrees' : 'not known';
}
