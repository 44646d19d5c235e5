// Style sheets and fonts.
import { resource, chain, attempt, settings, setCrossOrigin, loadedElement, within } from "./lib.js";

export const group = "styles";

const css = { x: "#none { color: red }", t: "text/css" };

async function sheet(url, crossOrigin) {
  const el = document.createElement("link");
  el.rel = "stylesheet";
  setCrossOrigin(el, crossOrigin);
  const outcome = await loadedElement(el, () => { el.href = url; }, document.head);
  return { el, outcome };
}

export async function run(id) {
  const [kind, ...rest] = id.split("/");
  const what = rest.join("/");
  if (kind === "css") return cssCheck(what);
  const font = /^(.*)\/ACAO ([^/]*)\/FontFace.load$/.exec(what) ?? (/^(.*>.*) no ACAO$/.exec(what)?.concat("none"));
  if (kind === "font" && font) return face(chain(font[1], font[2], { b: "ttf", t: "font/ttf" }));
  if (kind === "font" && what === "data:") return face("data:font/ttf;base64," + await fontText());
  return undefined;
}

const face = url => within(6000, attempt(async () => {
  await new FontFace("f", `url(${JSON.stringify(url)})`).load();
  return "loaded";
}));

async function fontText() {
  const bytes = new Uint8Array(await (await fetch(resource("self", { b: "ttf" }))).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}

async function cssCheck(what) {
  const s = settings(what);
  if (s || what.startsWith("redirect ")) {
    const url = s ? chain(s.chain, s.acao, css) : chain(what.slice(9), "none", css);
    const { el, outcome } = await sheet(url, s?.crossOrigin ?? "none");
    const result = outcome === "load" ? await attempt(() => "rules " + el.sheet.cssRules.length) : outcome;
    el.remove();
    return result;
  }
  if (what.startsWith("cross-site text/")) {
    const { el, outcome } = await sheet(resource("cross", { ...css, t: what.slice(11) }), "none");
    el.remove();
    return outcome;
  }
  if (!what.startsWith("opaque sheet/")) return undefined;
  const { el, outcome } = await sheet(resource("cross", css), "none");
  if (outcome !== "load") return outcome;
  const result = await attempt(() => {
    switch (what.slice(13)) {
      case "cssRules": return "rules " + el.sheet.cssRules.length;
      case "sheet.rules": return "rules " + el.sheet.rules.length;
      case "insertRule": return el.sheet.insertRule("b{}");
      case "deleteRule": return el.sheet.deleteRule(0);
      case "href": return typeof el.sheet.href;
      case "ownerNode": return el.sheet.ownerNode === el;
      case "in document.styleSheets": return [...document.styleSheets].includes(el.sheet);
      case "disabled=": el.sheet.disabled = true; return "ok";
    }
    return undefined;
  });
  el.remove();
  return result;
}
