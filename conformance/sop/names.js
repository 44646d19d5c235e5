// Group names: named frames, popups and what an element gives of its document.
import { newKey, nameOf, origin, resource, show, sleep, loadedElement } from "./lib.js";
import { call, frame, popup } from "./agents.js";

export const group = "names";
export const serial = id => id.startsWith("popup/") || id.startsWith("open-features/") || id.startsWith("link-opener/");

const attempt = operation => { try { return show(operation()); } catch (e) { return "!" + nameOf(e); } };

export async function run(id) {
  if (id.startsWith("named/")) return named(id.slice(6));
  if (id.startsWith("popup/")) {
    const [, relation] = id.split("/"), what = id.slice(7 + relation.length);
    return opened(relation, what);
  }
  if (id.startsWith("element/")) return element(id.slice(8));
  const m = /^open-features\/(.*)-([a-z]+)\/returns$/.exec(id);
  if (m) {
    const w = open(origin(m[2]) + "/popup", "", m[1] === "none" ? "" : m[1]);
    w?.close();
    return w === null ? "null" : typeof w;
  }
}

async function named(id) {
  const at = id.lastIndexOf(" "), what = id.slice(0, at), relation = id.slice(at + 1);
  const name = newKey();
  const inner = /^child with frame called (.*)$/.exec(what)?.[1];
  const grandchild = what.startsWith("grandchild");
  const child = inner || grandchild ? origin(relation) + "/frame" : undefined;
  const el = frame(relation, { name, child, childName: inner });
  const w = el.contentWindow;
  await call(w, inner === "document" ? "document.body.append(document.createElement('iframe'))" : "");
  try {
    switch (what) {
      case "frames[name]": return String(frames[name] === w);
      case "child window.name seen by open()": return String(open("", name) === w);
      case "document.name": return typeof document.getElementsByName(name)[0];
      case "child renames itself": {
        const renamed = newKey();
        await call(w, `window.name = "${renamed}"`);
        await sleep(200);
        return typeof self[renamed] + "," + typeof self[name];
      }
      case "grandchild-by-index": return attempt(() => typeof w[0]);
      case "grandchild.parent===child": return attempt(() => w[0].parent === w);
      case "grandchild.document": {
        await call(w, "while (!frames[0]?.length && Date.now() % 50) await new Promise(done => setTimeout(done, 5))");
        return attempt(() => w[0].document);
      }
    }
    if (inner) return attempt(() => w[inner]) + (inner === "document" ? "; length " + w.length : "");
  } finally {
    el.remove();
  }
}

async function opened(relation, what) {
  const w = popup(relation);
  await call(w, "");
  switch (what) {
    case "opened": return String(!!w);
    case "w.opener": return attempt(() => w.opener === self);
    case "w.outerWidth": return attempt(() => typeof w.outerWidth);
  }
  if (what.startsWith("w.") && /^\w+$/.test(what.slice(2))) return attempt(() => w[what.slice(2)]);
  if (what === "inside/opener === null") return String(await call(w, "return opener === null"));
  if (/^inside\/opener\.(name|CFG|document|localStorage|history|origin|closed)$/.test(what)) {
    return call(w, `const v = ${what.slice(7)}; return typeof v === "object" ? Object.prototype.toString.call(v) : String(v)`);
  }
}

async function element(id) {
  const [what, property] = id.split("/"), [tag, kind, relation] = what.split("-");
  const el = document.createElement(tag);
  const svg = "<svg xmlns='http://www.w3.org/2000/svg'/>";
  const url = resource(relation, kind === "svg" ? { t: "image/svg+xml", x: svg } : { t: "text/html", x: "x" });
  await loadedElement(el, el => {
    if (kind === "svg" && tag !== "iframe") el.type = "image/svg+xml";
    el[tag === "object" ? "data" : "src"] = url;
  });
  try {
    if (property === "getSVGDocument") return attempt(() => el.getSVGDocument());
    if (property === "contentWindow") return attempt(() => el.contentWindow && typeof el.contentWindow);
    return attempt(() => el[property]);
  } finally {
    el.remove();
  }
}
