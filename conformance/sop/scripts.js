// Scripts and their errors, modules and workers.
import { resource, chain, attempt, settings, setCrossOrigin, loadedElement, within, withPortNames, sleep, newKey, origins } from "./lib.js";

export const group = "scripts";

// Errors arrive at the window, so such checks run one after the other.
export const serial = id => /error|unhandledrejection|type/.test(id);

const bodies = {
  throw: '\n\nthrow new TypeError("secret")', "throw string": '\nthrow "s"', timer: '\nsetTimeout(() => { throw new Error("late") })',
  syntax: "\n\n}", ref: "\nsecretName", eval: 'eval("throw new Error(1)")',
};

function script(url, crossOrigin, type) {
  const el = document.createElement("script");
  setCrossOrigin(el, crossOrigin);
  if (type) el.type = type;
  return loadedElement(el, () => { el.src = url; }).finally(() => el.remove());
}

// errorOf is the error event that arrives while an operation runs, as JSON.
async function errorOf(operation) {
  let event;
  const listener = e => { event ??= e; e.preventDefault(); };
  addEventListener("error", listener);
  const outcome = await operation();
  for (let i = 0; i < 12 && outcome === "load" && !event; i++) await sleep(25);
  removeEventListener("error", listener);
  if (outcome !== "load") return { outcome };
  if (!event) return { outcome: "no error" };
  const src = !event.filename ? "" : event.filename.startsWith(location.origin + "/") ? "self" : "other";
  const e = event.error === null ? "null" : event.error === undefined ? "undefined" : "!" + (event.error.name ?? event.error);
  return { event, outcome: JSON.stringify({ m: event.message.slice(0, 60), src, l: event.lineno, c: event.colno ? "n" : 0, e }) };
}

export async function run(id) {
  const [kind, ...rest] = id.split("/");
  const what = rest.join("/");
  switch (kind) {
    case "script": {
      const redirect = /^error redirect (.*)$/.exec(what);
      if (redirect) return (await errorOf(() => script(chain(redirect[1], "none", { x: "throw 1", t: "text/javascript" }), "none"))).outcome;
      const rejection = /^unhandledrejection (\S+), crossorigin (.*)$/.exec(what);
      if (rejection) return unhandled(rejection[1], rejection[2]);
      const m = /^error ([^/]*)\/(.*)$/.exec(what);
      const s = m && settings(m[2]);
      if (!s || !bodies[m[1]]) return undefined;
      const url = chain(s.chain, s.acao, { x: bodies[m[1]], t: "text/javascript" });
      return (await errorOf(() => script(url, s.crossOrigin))).outcome;
    }
    case "script type": {
      const at = what.lastIndexOf("/");
      return scriptType(what.slice(0, at), what.slice(at + 1));
    }
    case "module": {
      const m = /^(script|import\(\)|json) (\S+)\/ACAO (.*)$/.exec(what);
      if (!m) return what === "import data:" ? attempt(async () => (await import("data:text/javascript,export default 5")).default) : undefined;
      if (m[1] === "script") return script(chain(m[2], m[3], { x: "1", t: "text/javascript" }), "none", "module");
      if (m[1] === "json") {
        return attempt(async () => "ok " + (await import(chain(m[2], m[3], { x: "1", t: "application/json" }), { with: { type: "json" } })).default);
      }
      return attempt(async () => { await import(chain(m[2], m[3], { x: "1", t: "text/javascript" })); return "ok"; });
    }
    case "worker": return worker(rest[0], rest.slice(1).join("/"));
    case "SharedWorker": return worker("shared", what);
  }
  const sri = /^SRI (right|wrong) hash\/(\S+)\/crossorigin (\S+)\/ACAO (.*)$/.exec(id);
  if (sri) {
    const x = "1";
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sri[1] === "right" ? x : "2")));
    const el = document.createElement("script");
    setCrossOrigin(el, sri[3]);
    el.integrity = "sha256-" + btoa(String.fromCharCode(...digest));
    return loadedElement(el, () => { el.src = chain(sri[2], sri[4], { x, t: "text/javascript" }); });
  }
  return undefined;
}

async function unhandled(relation, crossOrigin) {
  let reason;
  const listener = e => { reason ??= e; e.preventDefault(); };
  addEventListener("unhandledrejection", listener);
  const x = 'Promise.reject(new Error("secret"))';
  const outcome = await script(resource(relation, { x, t: "text/javascript", a: "*" }), crossOrigin);
  await sleep(300);
  removeEventListener("unhandledrejection", listener);
  if (outcome !== "load") return outcome;
  return reason ? "event, reason !" + reason.reason.name : "none";
}

async function scriptType(what, relation) {
  const ran = "ran" + newKey();
  const real = { JSON: ["application/json", '{"a":1}'], XML: ["text/xml", "<a/>"], "text/html real": ["text/html", "<!DOCTYPE html><p>"],
    "JSON with JS body": ["application/json", ""], protobuf: ["application/x-protobuf", ""], "no type": [undefined, ""] };
  let [t, x] = real[what] ?? [what.replace(/ (type )?JS$/, ""), ""];
  x ||= `self.${ran} = 1`;
  const seen = await errorOf(() => script(resource(relation, { x, t }), "none"));
  if (seen.outcome === "!error event" || seen.outcome === "!timeout") return seen.outcome;
  const text = `load ran=${self[ran] ?? 0}`;
  return seen.event ? text + " error:" + seen.event.message.slice(0, 14) : text;
}

async function worker(kind, what) {
  const [relation, acao] = what.split("/ACAO ");
  const x = kind === "shared"
    ? 'onconnect = e => e.ports[0].postMessage(self.origin + " " + location.protocol)'
    : 'postMessage(self.origin + " " + location.protocol)';
  const url = relation === "data:" ? "data:text/javascript," + encodeURIComponent(x)
    : relation === "blob:" ? URL.createObjectURL(new Blob([x], { type: "text/javascript" }))
    : relation === "text/plain" ? resource("self", { x, t: "text/plain" })
    : resource(relation, { x, t: "text/javascript", a: acao });
  return attempt(() => within(5000, new Promise(done => {
    const w = kind === "shared" ? new SharedWorker(url) : new Worker(url, { type: kind });
    const heard = e => { done("runs: " + withPortNames(e.data)); w.terminate?.(); };
    w.onerror = e => { e.preventDefault?.(); done("!error event"); };
    if (kind === "shared") w.port.onmessage = heard;
    else w.onmessage = heard;
  })));
}
