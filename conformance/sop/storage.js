// Storage of first-party windows and of frames, by partition.
import { attempt, newKey, origin, sleep } from "./lib.js";
import { call, frame, popup } from "./agents.js";

export const group = "storage";
export const opensPopups = true;

// Each API writes an item under a name, and lists which of two names it has.
const apis = {
  localStorage: { write: n => `localStorage.setItem("${n}", "1")`, read: n => `return localStorage.getItem("${n}")` },
  sessionStorage: { write: n => `sessionStorage.setItem("${n}", "1")`, read: n => `return sessionStorage.getItem("${n}")` },
  indexedDB: {
    write: n => `await new Promise((done, failed) => { const r = indexedDB.open("${n}");
      r.onsuccess = () => { r.result.close(); done(); }; r.onerror = () => failed(r.error); })`,
    read: () => "return (await indexedDB.databases()).map(d => d.name)", texts: ["db1", "db12"],
  },
  caches: { write: n => `await caches.open("${n}")`, read: () => "return caches.keys()", texts: ["ca", "ca2"] },
  OPFS: {
    write: n => `await (await navigator.storage.getDirectory()).getFileHandle("${n}", { create: true })`,
    read: () => "const out = []; for await (const n of (await navigator.storage.getDirectory()).keys()) out.push(n); return out",
    texts: ["f", "f2"],
  },
  locks: {
    write: n => `await new Promise((done, failed) => navigator.locks.request("${n}", () => { done(); return new Promise(end => setTimeout(end, 9000)); }).catch(failed))`,
    read: () => "return (await navigator.locks.query()).held.map(l => l.name)", texts: ["lk", "lk2"],
  },
  cookie: { write: n => `document.cookie = "${n}=1; Path=/"`,
    read: n => `return document.cookie.split("; ").includes("${n}=1") ? "1" : "none"` },
};

async function write(agent, api, name) {
  const outcome = await call(agent, apis[api].write(name));
  if (api === "cookie") setTimeout(() => call(agent, `document.cookie = "${name}=; Path=/; Max-Age=0"`), 3000);
  return outcome ?? "ok";
}

// read is which of the names a window has, in the words of the API.
async function read(agent, api, names) {
  const seen = await call(agent, apis[api].read(names[0]));
  if (!Array.isArray(seen)) return String(seen);
  return names.map((n, i) => seen.includes(n) ? apis[api].texts[i] : "").filter(Boolean).join() || "none";
}

export async function run(id) {
  const nested = /^(\w+) in (\w+) in A\/(\w+)\/seen$/.exec(id);
  if (nested) return inNested(nested[1] === "A" ? "self" : nested[1], nested[2], nested[3], nested[1] === "A" ? 2 : 1);
  const without = /^seen here without frames\/(\w+)$/.exec(id);
  if (without) return undefined;
  const m = /^(\w+)\/(.*)$/.exec(id);
  if (!m) return undefined;
  const el = frame(m[1]);
  try {
    return await inFrame(m[1] === "sandbox" ? "self" : m[1], el.contentWindow, m[2]);
  } finally {
    el.remove();
  }
}

// inNested is what a frame of a relation, in a frame of another, sees of its first-party window.
async function inNested(relation, between, api, count) {
  if (!apis[api]) return undefined;
  const names = [newKey(), newKey()].slice(0, count);
  const writer = popup(relation);
  for (const n of names) {
    const outcome = await write(writer, api, n);
    if (outcome !== "ok") return outcome;
  }
  const el = frame(between, { child: origin(relation) + "/frame" });
  try {
    const outer = el.contentWindow;
    for (let i = 0; i < 100 && !outer.length; i++) await sleep(30);
    return await read(outer[0], api, names);
  } finally {
    el.remove();
  }
}

async function inFrame(relation, agent, what) {
  const name = newKey(), second = newKey();
  // A window begins with a copy of its opener's sessionStorage, so it must be there before the frame
  // writes. Its cookie is what hasStorageAccess asks for.
  await call(popup(relation), 'document.cookie = "has=1; Path=/"');
  switch (what) {
    case "frame hasStorageAccess": return String(await call(agent, "return document.hasStorageAccess()"));
    case "frame requestStorageAccess without gesture":
      return (await call(agent, "await document.requestStorageAccess()")) ?? "granted";
    case "storage event from top to frame":
      await call(agent, `self.seen = "none"; addEventListener("storage", e => { if (e.key === "${name}") self.seen = "evk"; })`);
      await call(popup(relation), `localStorage.setItem("${name}", "1")`);
      await sleep(700);
      return call(agent, "return self.seen");
    case "storage event of the top: value seen by frame, then getItem":
      await call(agent, `self.seen = "undefined"; addEventListener("storage", e => { if (e.key === "${name}") self.seen = e.newValue; })`);
      await call(popup(relation), `localStorage.setItem("${name}", "secret")`);
      await sleep(700);
      return call(agent, `return self.seen + " " + localStorage.getItem("${name}")`);
    case "BroadcastChannel top to frame":
      await call(agent, `self.seen = "not received"; self.b = new BroadcastChannel("${name}"); b.onmessage = () => { self.seen = "received"; }`);
      await call(popup(relation), `new BroadcastChannel("${name}").postMessage(1)`);
      await sleep(500);
      return call(agent, "return self.seen");
    case "SharedWorker shared between top and frame": {
      const code = `return new Promise(done => { const w = new SharedWorker("/res?t=text/javascript&x=" +
        encodeURIComponent("let n = 0; onconnect = e => e.ports[0].postMessage(++n)"), "${name}"); w.port.onmessage = e => done(e.data); })`;
      return await call(popup(relation), code) + " then " + await call(agent, code);
    }
  }
  const m = /^(\w+)\/(.*)$/.exec(what);
  if (!m || !apis[m[1]]) return undefined;
  const api = m[1];
  switch (m[2]) {
    case "first-party write": return write(popup(relation), api, name);
    case "frame write": return write(agent, api, name);
    case "seen in frame here": {
      const outcome = await write(popup(relation), api, name);
      return outcome === "ok" ? read(agent, api, [name]) : outcome;
    }
    case "frame write seen first-party": {
      if (apis[api].texts) await write(popup(relation), api, name);
      const outcome = await write(agent, api, second);
      if (outcome !== "ok") return outcome;
      return read(popup(relation), api, apis[api].texts ? [name, second] : [second]);
    }
  }
  return undefined;
}
