// Group window: operations on another window and on its location.
import { attempt, nameOf, origin, show } from "./lib.js";
import { call, frame } from "./agents.js";

export const group = "window";

const keyOf = key => key.startsWith("@@") ? Symbol[key.slice(2)] : key;
const types = d => d && JSON.stringify("get" in d
  ? { get: typeof d.get, set: typeof d.set, enumerable: d.enumerable, configurable: d.configurable }
  : { value: typeof d.value, get: "undefined", set: "undefined", writable: d.writable,
    enumerable: d.enumerable, configurable: d.configurable });
const forIn = o => { const keys = []; for (const k in o) keys.push(k); return keys; };

const scripts = {
  "getPrototypeOf": o => Object.getPrototypeOf(o),
  "isExtensible": o => Object.isExtensible(o),
  "setPrototypeOf-{}": o => Reflect.setPrototypeOf(o, {}),
  "Object.setPrototypeOf-{}": o => void Object.setPrototypeOf(o, {}),
  "Reflect.preventExtensions": o => Reflect.preventExtensions(o),
  "Object.preventExtensions": o => void Object.preventExtensions(o),
  "Object.freeze": o => void Object.freeze(o),
  "Object.seal": o => void Object.seal(o),
  "String(w)": o => String(o),
  "String": o => typeof String(o),
  "JSON.stringify": o => JSON.stringify(o),
  "toString.call": o => Object.prototype.toString.call(o),
  "ownKeys": o => Reflect.ownKeys(o).map(String).join(),
  "ownNames": o => Object.getOwnPropertyNames(o).join(),
  "getOwnPropertyNames": o => Object.getOwnPropertyNames(o).join(),
  "for-in": o => forIn(o).join(),
  "Object.keys": o => Object.keys(o).join(),
  "typeof": o => typeof o,
  "structuredClone": o => structuredClone(o),
  "[].concat(w).length": o => [].concat(o).length,
  "identity/self===window": o => o.self === o.window,
  "identity/parent===this": o => o.parent === self,
  "w==null": o => o == null,
  "after close(): closed": o => { o.close(); return o.closed; },
};

// operate runs an operation on a window or a location.
function operate(object, id) {
  if (scripts[id]) return scripts[id](object);
  const at = id.indexOf("/"), op = id.slice(0, at);
  const name = id.slice(at + 1).replace("()", ""), key = keyOf(name);
  switch (op) {
    case "get": return object[key];
    case "in": return key in object;
    case "hasOwn": return Object.hasOwn(object, key);
    case "desc": return types(Object.getOwnPropertyDescriptor(object, key));
    case "define": return Object.defineProperty(object, key, { value: 1, configurable: true });
    case "delete": return delete object[key];
    case "set":
      if (name === "href-syntax-error") object.href = "http://a:b";
      else object[key] = "/elsewhere";
      return "ok";
    case "call":
      if (name === "replace-syntax-error") object.replace("http://a:b");
      else object[key]("/elsewhere");
      return "ok";
    case "fn":
      return name === "close.name,length" ? object.close.name + "," + object.close.length : object[key]();
  }
}

const shared = new Map(); // frames that no check changes, by relation

async function ready(relation) {
  const el = frame(relation, { child: origin(relation === "sandbox" ? "self" : relation) + "/frame", childName: "kid" });
  await call(el.contentWindow, "while (!frames[0]) await new Promise(done => setTimeout(done, 5))");
  return el;
}

export async function run(id) {
  const at = id.indexOf("/"), relation = id.slice(0, at), what = id.slice(at + 1);
  const changes = /^(location\/)?(set|call|fn|define|delete)\/|^nav\/|close|Prototype|freeze|seal|Extensions|inside\/.*(=|\()/.test(what);
  if (!changes && !shared.has(relation)) shared.set(relation, ready(relation));
  const el = await (changes ? ready(relation) : shared.get(relation));
  const w = el.contentWindow;
  try {
    if (what === "await w") return show(await w.then === undefined && (await Promise.resolve(w)) === w);
    if (what.startsWith("inside/")) return await inside(w, what.slice(7));
    if (what.startsWith("nav/")) return await navigate(w, el, what.slice(4));
    if (what.startsWith("location/")) return await seenAs(() => operate(w.location, what.slice(9)), what);
    try {
      return show(operate(w, what)); // not awaited: a window is not a promise, but has a then
    } catch (e) {
      return "!" + nameOf(e);
    }
  } finally {
    if (changes) el.remove();
  }
}

async function seenAs(operation, what) {
  let value;
  try { value = operation(); } catch (e) { return "!" + nameOf(e); }
  if (typeof value === "string" && /^location\/get\/[^@]/.test(what)) return "string";
  return show(value);
}

async function inside(w, code) {
  if (!/^[\w.\[\]()=' &,]+$/.test(code)) return undefined;
  const show = "const show = v => v === null ? 'null' : typeof v === 'object' ? Object.prototype.toString.call(v)"
    + " : typeof v === 'function' ? 'function' : String(v);";
  return call(w, show + "return show(" + code + ")");
}

async function navigate(w, el, what) {
  const url = location.origin + "/frame";
  const loaded = new Promise(done => { el.onload = () => done("yes"); });
  const outcome = await attempt(() => {
    if (what === "location=") w.location = url;
    else if (what === "location.replace()") w.location.replace(url);
    else w.location.href = url;
    return "ok";
  });
  return what.endsWith("arrives") && outcome === "ok" ? loaded : outcome;
}
