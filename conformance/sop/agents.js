// Windows and frames of any origin that run code for the page; see agent.js.
import { origin, within } from "./lib.js";

const ready = new Set(), waiting = new Map(), replies = new Map();
let calls = 0;

addEventListener("message", e => {
  if (e.data?.ready) {
    ready.add(e.source);
    for (const done of waiting.get(e.source) ?? []) done("ready");
    waiting.delete(e.source);
  } else if (e.data?.reply) {
    replies.get(e.data.reply)?.(e.data.outcome);
    replies.delete(e.data.reply);
  }
});

// call runs code, the body of an async function, in an agent's window.
export async function call(agent, code) {
  if (!ready.has(agent)) {
    const came = await within(6000, new Promise(done => {
      waiting.set(agent, [...waiting.get(agent) ?? [], done]);
    }));
    if (came !== "ready") return came;
  }
  const id = ++calls;
  const outcome = new Promise(done => replies.set(id, done));
  agent.postMessage({ call: id, code }, "*");
  return within(6000, outcome);
}

// A frame is added to the page; remove its element when done.
export function frame(relation, { child, sandbox, name, childName } = {}) {
  const el = document.createElement("iframe");
  if (relation === "sandbox") { relation = "self"; sandbox = "allow-scripts"; }
  if (sandbox !== undefined) el.setAttribute("sandbox", sandbox);
  if (name !== undefined) el.name = name;
  const query = new URLSearchParams();
  if (child) query.set("child", child);
  if (childName) query.set("name", childName);
  el.src = origin(relation) + "/frame?" + query;
  document.body.append(el);
  return el;
}

const popups = new Map();

// popup is the first-party window of a relation. There is one of each.
export function popup(relation) {
  if (!popups.has(relation)) popups.set(relation, open(origin(relation) + "/popup"));
  return popups.get(relation);
}

export function closePopups() {
  for (const w of popups.values()) w.close();
  popups.clear();
}
