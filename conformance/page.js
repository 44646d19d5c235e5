// Runs the page's CASES, posts back what was seen, and goes to the next page.
//
// The page may be sandboxed, so everything it needs from its own server works
// across origins as well: plain scripts, and posts of text/plain.
"use strict";

const PARALLEL = 4; // cases at a time; browsers open six connections per host
const BATCH = 12;   // observations per post

const pause = ms => new Promise(done => setTimeout(done, ms));

async function post(path, body) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const res = await fetch(path, { method: "POST", body, cache: "no-store", credentials: "omit" });
      if (res.ok) return;
    } catch { /* try again */ }
    await pause(200);
  }
}

// --- one step -------------------------------------------------------------

function bodyOf(q) {
  switch (q.bodyKind) {
    case "string": return q.body ?? "";
    case "bytes": return new TextEncoder().encode(q.body ?? "");
    case "urlencoded": return new URLSearchParams(q.body ?? "");
    case "blob": return new Blob([q.body ?? ""], { type: q.bodyType ?? "" });
    case "stream": return new ReadableStream({
      start(c) { c.enqueue(new TextEncoder().encode(q.body ?? "")); c.close(); },
    });
  }
  return undefined;
}

const uninteresting = new Set(["connection", "date", "keep-alive"]);

function names(list) {
  return [...new Set(list.map(n => n.toLowerCase()))].filter(n => n && !uninteresting.has(n)).sort();
}

async function viaFetch(q) {
  const init = {};
  for (const k of ["method", "headers", "mode", "credentials", "redirect", "cache", "referrer", "referrerPolicy"]) {
    if (q[k] !== undefined) init[k] = q[k];
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  init.signal = controller.signal;
  try {
    if (q.bodyKind) init.body = bodyOf(q);
    if (q.bodyKind === "stream") init.duplex = "half";
    const res = await fetch(q.url, init);
    const seen = { r: "ok", t: res.type, s: res.status, d: res.redirected, u: res.url, h: names([...res.headers.keys()]) };
    try {
      seen.b = (await res.text()).slice(0, 200);
    } catch (e) {
      seen.b = "!" + e.name;
    }
    return seen;
  } catch (e) {
    return { r: controller.signal.aborted ? "timeout" : e.name };
  } finally {
    clearTimeout(timer);
  }
}

function viaXHR(q) {
  return new Promise(done => {
    try {
      const x = new XMLHttpRequest();
      x.open(q.method ?? "GET", q.url);
      x.timeout = TIMEOUT;
      x.withCredentials = q.credentials === "include";
      for (const [name, value] of q.headers ?? []) x.setRequestHeader(name, value);
      if (q.uploadListener) x.upload.onprogress = () => {};
      x.onload = () => done({
        r: "ok", s: x.status, u: x.responseURL,
        h: names(x.getAllResponseHeaders().split("\r\n").map(l => l.split(":")[0])),
        b: x.responseText.slice(0, 200),
      });
      x.onerror = () => done({ r: "error" });
      x.onabort = () => done({ r: "abort" });
      x.ontimeout = () => done({ r: "timeout" });
      x.send(bodyOf(q) ?? null);
    } catch (e) {
      done({ r: e.name });
    }
  });
}

function viaFont(q) {
  return new FontFace("f", `url(${JSON.stringify(q.url)})`).load()
    .then(() => ({ r: "load" }), e => ({ r: "error", b: e.name }));
}

function viaElement(q, id) {
  return new Promise(done => {
    const tag = { module: "script", style: "link" }[q.via] ?? q.via;
    const el = document.createElement(tag);
    if (q.crossOrigin !== undefined) el.setAttribute("crossorigin", q.crossOrigin);
    if (q.referrerPolicy !== undefined) el.setAttribute("referrerpolicy", q.referrerPolicy);
    if (q.via === "module") el.type = "module";
    const end = r => {
      const seen = { r };
      if (tag === "script" && self.ran?.[id]) {
        seen.b = "ran";
        delete self.ran[id];
      }
      el.onload = el.onloadedmetadata = el.onerror = null;
      el.remove();
      if (q.via === "audio" || q.via === "video") { el.removeAttribute("src"); el.load(); }
      done(seen);
    };
    el.onerror = () => end("error");
    if (q.via === "audio" || q.via === "video") {
      el.preload = "auto";
      el.muted = true;
      el.onloadedmetadata = () => end("load");
      el.src = q.url;
    } else if (q.via === "style") {
      el.rel = "stylesheet";
      el.onload = () => end("load");
      el.href = q.url;
    } else {
      el.onload = () => end("load");
      el.src = q.url;
    }
    if (q.via !== "img") document.body.append(el);
  });
}

function runStep(q, id) {
  const limit = pause(TIMEOUT + 1000).then(() => ({ r: "timeout" }));
  let seen;
  try {
    switch (q.via) {
      case "fetch": seen = viaFetch(q); break;
      case "xhr": seen = viaXHR(q); break;
      case "font": seen = viaFont(q); break;
      default: seen = viaElement(q, id);
    }
  } catch (e) {
    seen = { r: e.name };
  }
  return Promise.race([seen, limit]);
}

// --- all cases of the page ------------------------------------------------

async function runCase(c) {
  const outcomes = [];
  for (let i = 0; i < c.steps.length; i++) {
    if (i > 0) await post(`/_/begin/${c.id}/${i}`, "");
    if (c.steps[i].wait) await pause(c.steps[i].wait);
    outcomes.push(await runStep(c.steps[i].request, c.id));
  }
  return { id: c.id, o: outcomes };
}

async function main() {
  const todo = CASES.slice();
  let seen = [];
  const flush = async () => {
    const batch = seen;
    seen = [];
    if (batch.length) await post(`/_/seen/${CHUNK}`, JSON.stringify(batch));
  };
  const worker = async () => {
    for (let c; (c = todo.shift());) {
      const one = await runCase(c);
      seen.push(one);
      if (seen.length >= BATCH) await flush();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  await flush();
  location.replace(`/_/next/${CHUNK + 1}`);
}

main();
