// Opaque responses, and scripts of other origins that run with the page's.
import { resource, chain, attempt, newKey, seen, loadedElement } from "./lib.js";

export const group = "opaque";

const noCORS = { mode: "no-cors", cache: "no-store" };

export async function run(id) {
  const url = resource("cross", { x: "secret", t: "text/plain" });
  const typed = /^no-cors (\S+) type$/.exec(id) ?? /^no-cors (\S+>\S+)$/.exec(id);
  if (typed) return attempt(async () => (await fetch(chain(typed[1].replace("same-origin", "self"), "none", { x: "s", t: "text/plain" }), noCORS)).type);
  return attempt(async () => {
    switch (id) {
      case "no-cors fetch fields": {
        const r = await fetch(url, noCORS);
        return `type=${r.type} status=${r.status} ok=${r.ok} url="${r.url}" redirected=${r.redirected} ` +
          `statusText="${r.statusText}" headers=${[...r.headers].length} body=${r.body}`;
      }
      case "no-cors body text": return `"${await (await fetch(url, noCORS)).text()}"`;
      case "no-cors blob": { const b = await (await fetch(url, noCORS)).blob(); return `${b.size} "${b.type}"`; }
      case "no-cors json": return (await fetch(url, noCORS)).json();
      case "createImageBitmap(opaque blob)": return createImageBitmap(await (await fetch(url, noCORS)).blob());
      case "img from opaque blob URL": {
        const el = new Image();
        const blob = URL.createObjectURL(await (await fetch(url, noCORS)).blob());
        return loadedElement(el, () => { el.src = blob; }, null);
      }
      case "caches.put opaque": {
        const cache = await caches.open("opaque");
        await cache.put(url, await fetch(url, noCORS));
        const r = await cache.match(url);
        return `${r.type} ${r.status} ${(await r.text()).length}`;
      }
      case "cache.add cross-site": return (await caches.open("opaque")).add(url);
      case "cache.add Request no-cors": return (await caches.open("opaque")).add(new Request(url, { mode: "no-cors" }));
      case "opaque unreachable rejects?": return fetch("http://127.0.0.1:1/", noCORS);
      case "opaque 404 rejects?": { const r = await fetch(resource("cross", { s: 404 }), noCORS); return `${r.type} ${r.status}`; }
      case "mode same-origin cross": return fetch(url, { mode: "same-origin" });
      case "mode same-origin redirect to cross": return fetch(chain("self>cross", "*", { x: "s" }), { mode: "same-origin" });
      case "mode navigate": return fetch(url, { mode: "navigate" });
      case "no-cors with integrity": return fetch(url, { mode: "no-cors", integrity: "sha256-AAAA" });
      case "no-cors + custom header": {
        const key = newKey();
        await fetch(resource("cross", { k: key }), { ...noCORS, headers: { "X-Custom": "1" } });
        return (await seen(key)).map(r => r.method + (r.header["X-Custom"] ? " with header" : "")).join(" ");
      }
      case "no-cors + Authorization": {
        const key = newKey();
        await fetch(resource("cross", { k: key }), { ...noCORS, headers: { Authorization: "x" } });
        return (await seen(key)).some(r => r.header.Authorization);
      }
    }
    return undefined;
  }).then(text => text === "undefined" ? undefined : text);
}
