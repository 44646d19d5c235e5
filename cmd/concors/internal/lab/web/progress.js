// What this reader has done, in this browser's storage. Without storage it lasts as long as the page.
const key = 'concors-lab';
let memory = {};
try {
  memory = JSON.parse(localStorage.getItem(key)) || {};
} catch { /* no storage, or not ours */ }

export const done = (name) => memory[name];

export function note(name, what) {
  memory[name] = { ...memory[name], ...what };
  try {
    localStorage.setItem(key, JSON.stringify(memory));
  } catch { /* no storage */ }
}

// shares reports whether this reader shows a class what this browser does; share changes it.
export const shares = () => memory[' class'] === true;

export function share(yes) {
  memory[' class'] = yes;
  note(' class-changed', {});
}

// participant is a random number that stands for this browser in a class.
export function participant() {
  if (!memory[' participant']) {
    memory[' participant'] = crypto.getRandomValues(new Uint32Array(4)).join('-');
    note(' class-changed', {});
  }
  return memory[' participant'];
}
