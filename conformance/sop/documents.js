// Group origins: what documents of each kind of URL and sandbox are, and what they can do.
import { origins, resource, show, nameOf, newKey, within } from "./lib.js";
import { call } from "./agents.js";

export const group = "origins";
export const serial = id => id.endsWith("/window.open");

const agent = await (await fetch("/sop/js/agent.js")).text();
const html = "<script>" + agent + "<" + "/script>";

// load adds a frame with a document of a kind.
function load(kind) {
  const el = document.createElement("iframe");
  let what = kind;
  for (const [prefix, flags] of [["sandbox+same-origin ", "allow-scripts allow-same-origin"], ["sandbox ", "allow-scripts"]]) {
    if (what.startsWith(prefix)) {
      el.setAttribute("sandbox", flags);
      what = what.slice(prefix.length);
      break;
    }
  }
  const header = flags => resource("self", { t: "text/html", x: html, h: "Content-Security-Policy: sandbox " + flags });
  const sources = {
    "url": origins.self + "/frame", "cross-site url": origins.cross + "/frame", "cross-site": origins.cross + "/frame",
    "port url": origins.port + "/frame", "sub url": origins.sub + "/frame", "parent url": origins.parent + "/frame",
    "data": "data:text/html," + encodeURIComponent(html), "CSP sandbox header": header("allow-scripts"),
    "CSP sandbox+same-origin header": header("allow-scripts allow-same-origin"), "credentialless": origins.cross + "/frame",
  };
  if (what === "credentialless") el.credentialless = true;
  if (what === "srcdoc") el.srcdoc = html;
  else if (what === "blob") el.src = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  else if (what === "javascript") {
    self.javascriptText = html;
    el.src = "javascript:parent.javascriptText";
  } else if (what !== "about:blank written") {
    if (!sources[what]) return undefined;
    el.src = sources[what];
  }
  document.body.append(el);
  if (what === "about:blank written") {
    el.contentDocument.write(html);
    el.contentDocument.close();
  }
  return el;
}

const yes = code => `${code}; return "ok"`;
const codes = {
  "self.origin": "return self.origin", "location.origin": "return location.origin",
  "frameElement": "return show(frameElement)", "parent.document": "return show(parent.document)",
  "top global": "return show(top.CFG)", "document.domain": "return document.domain",
  "isSecureContext": "return show(isSecureContext)", "crossOriginIsolated": "return show(crossOriginIsolated)",
  "originAgentCluster": "return show(originAgentCluster)",
  "location.href prefix": "return location.href.slice(0, 14)", "document.URL prefix": "return document.URL.slice(0, 14)",
  "document.baseURI prefix": "return document.baseURI.slice(0, 22)",
  "localStorage": "return show(localStorage.length >= 0)", "sessionStorage": "return show(sessionStorage.length >= 0)",
  "indexedDB.open": `await new Promise((done, failed) => { const r = indexedDB.open("x"); r.onsuccess = () => { r.result.close(); done(); };
    r.onerror = () => failed(r.error) }); return "ok"`,
  "storage.estimate": yes("await navigator.storage.estimate()"), "storage.getDirectory": "return show(await navigator.storage.getDirectory())",
  "storage.persisted": "return show(await navigator.storage.persisted())",
  "crypto.subtle": `return crypto.subtle ? "subtle" : "no subtle"`,
  "alert===undefined": "return show(self.alert === undefined)", "new BroadcastChannel": yes(`new BroadcastChannel("x").close()`),
  "document.cookie get": "return show(document.cookie !== undefined)", "document.cookie set": yes(`document.cookie = "q=1"`),
  "createObjectURL prefix": `return URL.createObjectURL(new Blob(["x"])).slice(0, 12)`,
  "pushState #p": yes(`history.pushState(null, "", "#p")`), "pushState ?p": yes(`history.pushState(null, "", "?p")`),
  "window.open": `const w = open("about:blank"); w?.close(); return w ? "window" : "null"`,
  "new Worker(data:)": yes(`new Worker("data:text/javascript,1").terminate()`),
  "new Worker(blob:)": yes(`new Worker(URL.createObjectURL(new Blob(["1"], { type: "text/javascript" }))).terminate()`),
  "new SharedWorker(data:)": yes(`new SharedWorker("data:text/javascript,1")`),
};

const shared = new Map();

export async function run(id) {
  const at = id.indexOf("/"), kind = id.slice(0, at), what = id.slice(at + 1);
  const changes = what.startsWith("pushState");
  if (!changes && !shared.has(kind)) shared.set(kind, load(kind));
  const el = changes ? load(kind) : shared.get(kind);
  if (!el) return undefined;
  const w = el.contentWindow;
  const start = await call(w, "");
  if (start === "!timeout") return undefined;
  try {
    if (what === "contentDocument") {
      try { return show(el.contentDocument); } catch (e) { return "!" + nameOf(e); }
    }
    if (what === "event.origin") {
      const key = newKey();
      const came = new Promise(done => addEventListener("message", e => e.data?.mine === key && done(e.origin)));
      await call(w, `parent.postMessage({ mine: "${key}" }, "*")`);
      return within(3000, came);
    }
    if (!codes[what]) return undefined;
    const show1 = `const show = v => v === null ? "null" : typeof v === "object" ? Object.prototype.toString.call(v) : String(v);`;
    const outcome = await call(w, show1 + codes[what]);
    return what === "createObjectURL prefix" && /^blob:null/.test(outcome) ? "blob:null/uuid" : outcome;
  } finally {
    if (changes) el.remove();
  }
}
