// Images, audio and video, and what a canvas remembers of them.
import { resource, chain, attempt, settings, setCrossOrigin, loadedElement, within } from "./lib.js";

export const group = "canvas";

const png = { b: "redpng", t: "image/png" };

async function image(url, crossOrigin) {
  const el = new Image();
  setCrossOrigin(el, crossOrigin);
  const outcome = await loadedElement(el, () => { el.src = url; }, null);
  return { el, outcome };
}

function newCanvas() {
  const el = document.createElement("canvas");
  el.width = el.height = 4;
  return el;
}

const readable = context => "readable " + context.getImageData(0, 0, 1, 1).data[0];

function drawAndRead(source) {
  return attempt(() => {
    const context = newCanvas().getContext("2d");
    context.drawImage(source, 0, 0, 4, 4);
    return readable(context);
  });
}

function media(kind, url, crossOrigin) {
  const el = document.createElement(kind);
  setCrossOrigin(el, crossOrigin);
  el.preload = "auto";
  el.muted = true;
  return within(6000, new Promise(done => {
    el.onloadeddata = () => done("loaded duration " + Math.round(el.duration));
    el.onerror = () => done("!error event");
    el.src = url;
  })).finally(() => { el.removeAttribute("src"); el.load(); });
}

export async function run(id) {
  if (id.startsWith("img/")) {
    const s = settings(id.slice(4));
    const { el, outcome } = await image(chain(s.chain, s.acao, png), s.crossOrigin);
    return outcome === "load" ? drawAndRead(el) : outcome;
  }
  if (id.startsWith("audio/")) {
    const s = settings(id.slice(6));
    return s && media("audio", chain(s.chain, s.acao, { b: "second", t: "audio/wav" }), s.crossOrigin);
  }
  const m = /^canvas\/(cors|tainted)\/(.*)$/.exec(id);
  if (m) return operation(m[1] === "cors", m[2]);
  return ownImages(id.replace("canvas/", ""));
}

// operation is one operation on a canvas, or an image, of another origin.
async function operation(cors, what) {
  const { el, outcome } = await image(resource("cross", { ...png, a: "*" }), cors ? "anonymous" : "none");
  if (outcome !== "load") return outcome;
  const canvas = newCanvas();
  const context = canvas.getContext("2d");
  if (!/^(naturalWidth|web|createImageBitmap\(img\)|bitmaprenderer|Offscreen|drawn|createPattern|VideoFrame)/.test(what) ||
      what.includes("(canvas)")) {
    context.drawImage(el, 0, 0);
  }
  const off = () => {
    const o = new OffscreenCanvas(4, 4);
    const c = o.getContext("2d");
    c.drawImage(el, 0, 0);
    return [o, c];
  };
  const transfer = (value, list) => new Promise((done, failed) => {
    const channel = new MessageChannel();
    channel.port2.onmessage = () => done("ok");
    try { channel.port1.postMessage(value, list); } catch (e) { failed(e); }
  });
  return attempt(async () => {
    switch (what) {
      case "getImageData": return readable(context);
      case "toDataURL": return canvas.toDataURL().slice(0, 14);
      case "toBlob": return new Promise(done => canvas.toBlob(b => done(b.type)));
      case "captureStream": return canvas.captureStream();
      case "createPattern+fill then read":
        context.fillStyle = context.createPattern(el, "repeat");
        context.fillRect(0, 0, 4, 4);
        return readable(context);
      case "createPattern set, not drawn, then read":
        context.fillStyle = context.createPattern(el, "repeat");
        return readable(context);
      case "canvas drawn onto canvas": {
        const second = newCanvas().getContext("2d");
        second.drawImage(canvas, 0, 0);
        return readable(second);
      }
      case "drawn outside canvas": context.drawImage(el, 100, 100); return readable(context);
      case "drawn with globalAlpha=0": context.globalAlpha = 0; context.drawImage(el, 0, 0); return readable(context);
      case "createImageBitmap(img) then draw": context.drawImage(await createImageBitmap(el), 0, 0); return readable(context);
      case "createImageBitmap(canvas) then draw": {
        const second = newCanvas().getContext("2d");
        second.drawImage(await createImageBitmap(canvas), 0, 0);
        return readable(second);
      }
      case "clearRect clears taint": context.clearRect(0, 0, 4, 4); return readable(context);
      case "reset() clears taint": context.reset(); return readable(context);
      case "width reset clears taint": canvas.width = 4; return readable(context);
      case "bitmaprenderer toDataURL": {
        const second = newCanvas();
        second.getContext("bitmaprenderer").transferFromImageBitmap(await createImageBitmap(el));
        return second.toDataURL().slice(0, 14);
      }
      case "OffscreenCanvas getImageData": return readable(off()[1]);
      case "OffscreenCanvas convertToBlob": return (await off()[0].convertToBlob()).type;
      case "OffscreenCanvas transferToImageBitmap": {
        context.drawImage(off()[0].transferToImageBitmap(), 0, 0);
        return readable(context);
      }
      case "VideoFrame": new VideoFrame(el, { timestamp: 0 }).close(); return "ok";
      case "postMessage ImageBitmap": return transfer(await createImageBitmap(el), []);
      case "transfer ImageBitmap": {
        const bitmap = await createImageBitmap(el);
        return transfer(bitmap, [bitmap]);
      }
      case "putImageData on it": context.putImageData(new ImageData(1, 1), 0, 0); return "ok";
      case "isPointInPath": return context.isPointInPath(1, 1);
      case "naturalWidth": return el.naturalWidth;
      case "webgl texImage2D": case "webgl2 texImage2D": {
        const gl = document.createElement("canvas").getContext(what.split(" ")[0]);
        if (!gl) return "no context";
        gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, el);
        return "ok error " + gl.getError();
      }
      case "webgl texImage2D(canvas)": {
        const gl = document.createElement("canvas").getContext("webgl");
        if (!gl) return "no context";
        gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
        return "ok";
      }
    }
    return undefined;
  });
}

const svg = inner => `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="red"/>${inner}</svg>`;
const foreign = '<foreignObject width="1" height="1"><p xmlns="http://www.w3.org/1999/xhtml"></p></foreignObject>';

async function ownImages(what) {
  let url, crossOrigin = "none";
  switch (what) {
    case "data svg": url = "data:image/svg+xml," + encodeURIComponent(svg("")); break;
    case "data svg foreignObject": url = "data:image/svg+xml," + encodeURIComponent(svg(foreign)); break;
    case "blob svg foreignObject": case "blob svg foreignObject crossorigin":
      url = URL.createObjectURL(new Blob([svg(foreign)], { type: "image/svg+xml" }));
      if (what.endsWith("crossorigin")) crossOrigin = "anonymous";
      break;
    case "data png crossorigin": {
      const canvas = newCanvas();
      const context = canvas.getContext("2d");
      context.fillStyle = "red";
      context.fillRect(0, 0, 4, 4);
      url = canvas.toDataURL();
      crossOrigin = "anonymous";
      break;
    }
    default: return undefined;
  }
  const { el, outcome } = await image(url, crossOrigin);
  return outcome === "load" ? drawAndRead(el) : outcome;
}
