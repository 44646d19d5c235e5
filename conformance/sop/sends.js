// What each element and function sends.
import { resource, newKey, arrived, sleep, seen, origins } from "./lib.js";

export const group = "sends";

const field = (r, name) => r.header[name]?.[0];

export async function run(id) {
  const m = /^request\/(.*)\/(\w+)$/.exec(id);
  if (!m) return undefined;
  const key = newKey();
  const granted = m[1].includes("granted");
  const params = { k: key };
  if (m[1].includes("json")) params.p = "no";
  const url = resource(m[2], granted ? { k: key, a: "origin+creds" } : params);
  const undo = start(m[1], url, m[2]);
  if (!undo) return undefined;
  await arrived(key, granted && m[2] !== "self" ? 2 : 1, 2000);
  await sleep(100);
  const list = await seen(key);
  undo();
  if (!list.length) return "no request";
  const once = [...new Set(list.map(r => `${r.method} mode=${field(r, "Sec-Fetch-Mode") ?? "-"} dest=${field(r, "Sec-Fetch-Dest") ?? "-"} ` +
    `site=${field(r, "Sec-Fetch-Site") ?? "-"} origin=${field(r, "Origin") ? "yes" : "no"}`))];
  return once.join(" | ");
}

// start makes the request, and returns how to undo it.
function start(kind, url, relation) {
  const add = (name, set, where = document.body) => {
    const el = document.createElement(name);
    set(el);
    where.append(el);
    return () => el.remove();
  };
  const link = (rel, as) => add("link", el => { el.rel = rel; if (as) el.as = as; el.href = url; }, document.head);
  const styled = (property, tag = "div") => add(tag, el => {
    el.style.cssText = `width: 20px; height: 20px; border: 5px solid; display: ${tag === "li" ? "list-item" : "block"}`;
    el.style.setProperty(property, `url("${url}")`);
  });
  switch (kind) {
    case "img": case "iframe": case "embed": case "script": return add(kind, el => { el.src = url; });
    case "object": return add("object", el => { el.data = url; });
    case "audio": case "video": return add(kind, el => { el.preload = "auto"; el.muted = true; el.src = url; });
    case "module script": return add("script", el => { el.type = "module"; el.src = url; });
    case "mask-image": return styled("mask-image");
    case "border-image": return styled("border-image-source");
    case "list-style-image": return styled("list-style-image", "li");
    case "background-image": return styled("background-image");
    case "stylesheet": return link("stylesheet");
    case "modulepreload": return link("modulepreload");
    case "preload as=fetch": return link("preload", "fetch");
    case "preload as=image": return link("preload", "image");
    case "preload as=font": return link("preload", "font");
    case "prefetch": return link("prefetch");
    case "icon": return link("icon");
    case "dns/preconnect": return link("preconnect");
    case "EventSource": { const s = new EventSource(url); s.onerror = () => s.close(); return () => s.close(); }
    case "WebSocket": { const s = new WebSocket(url.replace(/^http/, "ws").replace("/sop/res", "/sop/ws")); return () => s.close(); }
    case "sendBeacon string": navigator.sendBeacon(url, "x"); return () => {};
    case "sendBeacon json Blob": case "sendBeacon json Blob, preflight granted":
      navigator.sendBeacon(url, new Blob(["{}"], { type: "application/json" }));
      return () => {};
    case "fetch cors": fetch(url).catch(() => {}); return () => {};
    case "fetch no-cors": fetch(url, { mode: "no-cors" }).catch(() => {}); return () => {};
    case "fetch same-origin": fetch(url, { mode: "same-origin" }).catch(() => {}); return () => {};
    case "xhr": { const x = new XMLHttpRequest(); x.open("GET", url); x.send(); return () => {}; }
    case "a ping": return add("a", el => { el.href = "#"; el.ping = url; el.onclick = () => {}; setTimeout(() => el.click()); });
  }
  return undefined;
}
