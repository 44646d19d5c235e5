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
