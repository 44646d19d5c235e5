// What the checks of all groups use. A check's origins are named by their relation to the page.

export const origins = self.ORIGINS; // self, port, sub, parent, cross, cross2, https

let nextKey = Math.floor(Math.random() * 1e9);
export const newKey = () => "k" + nextKey++;

export const sleep = ms => new Promise(done => setTimeout(done, ms));

// within gives up on a promise after some time.
export const within = (ms, promise, otherwise = "!timeout") =>
  Promise.race([promise, sleep(ms).then(() => otherwise)]);

// origin is that of a relation; "same" is the page's own too.
export function origin(relation) {
  const found = origins[relation === "same" ? "self" : relation];
  if (!found) throw new Error("no such origin: " + relation);
  return found;
}

// resource is a URL at a relation whose answer is described by the parameters of the server.
export function resource(relation, params = {}, path = "/sop/res") {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    for (const v of Array.isArray(value) ? value : [value]) q.append(name, v);
  }
  return origin(relation) + path + "?" + q;
}

// chain is a resource behind redirects: "same>cross", "cross(no ACAO)>same".
export function chain(hops, acao, params) {
  const all = hops.split(">").map(hop => {
    const relation = hop.replace("(no ACAO)", "");
    return { relation, acao: relation === hop ? acao : "none" };
  });
  let url = "";
  for (const [i, hop] of all.reverse().entries()) {
    url = resource(hop.relation, i === 0 ? { ...params, a: hop.acao } : { n: url, a: hop.acao });
  }
  return url;
}

// seen is the requests that arrived with a key.
export async function seen(key) {
  return (await fetch("/sop/seen?k=" + key, { cache: "no-store" })).json();
}

// arrived waits until the server has seen some requests with the key.
export async function arrived(key, count = 1, ms = 2500) {
  for (const end = Date.now() + ms; ;) {
    const list = await seen(key);
    if (list.length >= count || Date.now() > end) return list;
    await sleep(50);
  }
}

// attempt is an operation's value as text, or the name of its exception.
export async function attempt(operation) {
  try { return show(await operation()); } catch (e) { return "!" + nameOf(e); }
}
export const nameOf = e => e?.name ?? (e instanceof Event ? "error event" : typeof e === "string" ? e : "Error");

export function show(value) {
  if (value === null) return "null";
  if (typeof value === "object") return Object.prototype.toString.call(value);
  if (typeof value === "function") return "function";
  return String(value);
}

// withPortNames replaces the ports by P1, P2 and P3.
export function withPortNames(text) {
  const port = o => new URL(o).port;
  text = text.replaceAll(":" + port(origins.self), ":P1").replaceAll(":" + port(origins.port), ":P2");
  return text.replaceAll(":" + port(origins.https), ":P3");
}

// settings cuts "cross/crossorigin anonymous/ACAO */rest" into its parts.
export function settings(id) {
  const m = /^(.*?)\/crossorigin ([^/]*)\/ACAO ([^/]*)(?:\/(.*))?$/.exec(id);
  return m && { chain: m[1], crossOrigin: m[2], acao: m[3], rest: m[4] ?? "" };
}

export function setCrossOrigin(el, value) {
  if (value !== "none") el.setAttribute("crossorigin", value);
}

// loadedElement adds an element, and waits for its load or error event.
export function loadedElement(el, set, parent = document.body) {
  return within(6000, new Promise(done => {
    el.onload = () => done("load");
    el.onerror = () => done("!error event");
    set?.(el);
    if (parent) parent.append(el);
  }));
}
