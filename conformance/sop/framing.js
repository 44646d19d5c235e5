// Who may frame a page, resource policies, opaque response blocking, and Timing-Allow-Origin.
import { resource, chain, attempt, loadedElement, sleep, newKey, origins, within } from "./lib.js";

export const group = "framing";

const png = { b: "redpng", t: "image/png" };
const css = { x: "b{}", t: "text/css" };

export async function run(id) {
  const [kind, ...rest] = id.split("/");
  if (kind === "framing") return framing(rest.join("/"));
  if (kind.startsWith("CORP ")) return resourcePolicy(kind.slice(5), rest.join("/"));
  if (id.startsWith("ORB ")) {
    const at = id.lastIndexOf("/");
    return opaqueBlocking(id.slice(4, at), id.slice(at + 1));
  }
  if (kind === "timing") return timing(rest.join("/"));
  return undefined;
}

const headers = {
  "XFO DENY": "X-Frame-Options: DENY",
  "XFO SAMEORIGIN": "X-Frame-Options: SAMEORIGIN",
  "XFO deny lowercase": "X-Frame-Options: deny",
  "XFO two different": ["X-Frame-Options: SAMEORIGIN", "X-Frame-Options: DENY"],
  "XFO SAMEORIGIN, SAMEORIGIN": "X-Frame-Options: SAMEORIGIN, SAMEORIGIN",
  "XFO bogus": "X-Frame-Options: bogus",
  "XFO ALLOW-FROM self": () => "X-Frame-Options: ALLOW-FROM " + origins.self,
  "frame-ancestors none": "Content-Security-Policy: frame-ancestors 'none'",
  "frame-ancestors self": "Content-Security-Policy: frame-ancestors 'self'",
  "frame-ancestors *": "Content-Security-Policy: frame-ancestors *",
  "frame-ancestors embedder": () => "Content-Security-Policy: frame-ancestors " + origins.self,
  "frame-ancestors host without port": () => "Content-Security-Policy: frame-ancestors " + new URL(origins.self).hostname,
  "frame-ancestors report-only none": "Content-Security-Policy-Report-Only: frame-ancestors 'none'",
};

// headersOf is the headers of a name, or any lines: "XFO [DENY|x]" has two.
function headersOf(what) {
  const custom = /^(XFO|CSP) \[(.*)\]$/.exec(what);
  if (!custom) return typeof headers[what] === "function" ? headers[what]() : headers[what];
  return custom[2].split("|").map(v => (custom[1] === "XFO" ? "X-Frame-Options: " : "Content-Security-Policy: ") + withOrigins(v));
}

// shows is an element that shows a document at a URL, and whether its script ran.
async function shows(el, url, key) {
  let shown = false;
  const listener = e => { if (e.data === key) shown = true; };
  addEventListener("message", listener);
  el[el.localName === "object" ? "data" : "src"] = url;
  document.body.append(el);
  for (let i = 0; i < 30 && !shown; i++) await sleep(50);
  removeEventListener("message", listener);
  return shown;
}

function reporting(relation, key, params) {
  return resource(relation, { t: "text/html", x: `<!DOCTYPE html><script>top.postMessage("${key}", "*")</script>`, ...params });
}

async function framing(what) {
  const key = newKey();
  const nested = /^(.*), self in (\w+) in self$/.exec(what);
  const el = document.createElement("iframe");
  if (nested) {
    const inner = reporting("self", key, { h: headersOf(nested[1]) });
    const outer = resource(nested[2], { t: "text/html", x: `<!DOCTYPE html><iframe src="${inner.replaceAll("&", "&amp;")}"></iframe>` });
    const shown = await shows(el, outer, key);
    el.remove();
    return shown ? "shown" : "blocked";
  }
  const m = /^(?:(object|embed) )?(.*)\/(\w+)$/.exec(what);
  const element = document.createElement(m[1] ?? "iframe");
  const header = headersOf(m[2]);
  if (!header) return undefined;
  const shown = await shows(element, reporting(m[3], key, { h: header }), key);
  let outcome = shown ? "shown" : "blocked";
  if (!m[1]) outcome += " contentDocument " + await attempt(() => element.contentDocument);
  element.remove();
  return outcome;
}

const withOrigins = text => text.replace(/\{(\w+)\}/g, (_, name) => origins[name]);

async function loads(kind, url, crossOrigin) {
  if (kind === "no-cors fetch") {
    return attempt(async () => {
      const r = await fetch(url, { mode: "no-cors", cache: "no-store" });
      return r.type + " " + (await r.text()).length;
    });
  }
  const el = document.createElement({ css: "link" }[kind] ?? kind);
  if (crossOrigin) el.crossOrigin = "";
  if (kind === "audio" || kind === "video") {
    return within(6000, new Promise(done => {
      el.preload = "auto";
      el.muted = true;
      el.onloadeddata = () => done("load");
      el.onerror = () => done("error code " + el.error.code);
      el.src = url;
    }));
  }
  if (kind === "css") {
    el.rel = "stylesheet";
    const outcome = await loadedElement(el, () => { el.href = url; }, document.head);
    el.remove();
    return outcome;
  }
  const outcome = await loadedElement(el, () => { el.src = url; }, kind === "img" ? null : document.body);
  el.remove();
  return outcome;
}

async function resourcePolicy(value, check) {
  const m = /^(img crossorigin|img|css|script|fetch cors ACAO \*|no-cors fetch) (\S+)$/.exec(check);
  if (!m) return undefined;
  const h = "Cross-Origin-Resource-Policy: " + value;
  switch (m[1]) {
    case "img": return loads("img", chain(m[2], "none", { ...png, h }));
    case "img crossorigin": return loads("img", resource(m[2], { ...png, h, a: "*" }), true);
    case "css": return loads("css", chain(m[2], "none", { ...css, h }));
    case "script": return loads("script", chain(m[2], "none", { x: "1", t: "text/javascript", h }));
    case "no-cors fetch": return loads("no-cors fetch", chain(m[2], "none", { x: "1", t: "text/plain", h }));
    default: return attempt(async () => (await fetch(resource(m[2], { x: "1", h, a: "*" }))).type);
  }
}

const contents = {
  HTML: ["text/html", "<!DOCTYPE html><p>secret"], JSON: ["application/json", '{"secret":1}'],
  "text/plain": ["text/plain", "secret"], "octet-stream": ["application/octet-stream", "secret"],
  CSV: ["text/csv", "a,b"], PDF: ["application/pdf", "%PDF-1.7"],
  "JSON security prefix": ["application/json", ")]}'\n{}"],
};

async function opaqueBlocking(content, kind) {
  const name = content.replace(/ nosniff$/, "");
  const h = name === content ? undefined : "X-Content-Type-Options: nosniff";
  if (name.startsWith("png as ")) return loads(kind, resource("cross", { b: "redpng", t: name.slice(7), h }));
  if (!contents[name]) return undefined;
  const [t, x] = contents[name];
  return loads(kind, resource("cross", { t, x, h }));
}

// timing is what Resource Timing shows of a fetch.
async function timing(what) {
  performance.setResourceTimingBufferSize(100000);
  const m = /^(\w+)\/TAO (.*)$/.exec(what);
  if (!m) return undefined;
  const values = { none: undefined, "*": "*", origin: origins.self, null: "null", wrong: "http://wrong.example",
    list: "http://wrong.example, " + origins.self };
  if (!(m[2] in values)) return undefined;
  const value = values[m[2]];
  const url = resource(m[1], { ...png, k: newKey(), h: value && "Timing-Allow-Origin: " + value });
  await loads("img", url);
  await sleep(30);
  const entry = performance.getEntriesByName(url)[0];
  if (!entry) return "no entry";
  const names = ["requestStart", "domainLookupStart", "transferSize", "encodedBodySize", "decodedBodySize",
    "responseStatus", "nextHopProtocol", "contentType", "duration"];
  return names.map(n => n + "=" + (n in entry ? (entry[n] ? "yes" : "0") : "no such")).join(" ");
}
