// The runner of an experiment's page. It does what the experiment says (one request, or a script's code), notes
// what the page saw, and posts that to the page's own server. It is a classic script, because a sandboxed frame
// has an opaque origin, for which a module would need CORS.
(async () => {
  'use strict';
  const run = JSON.parse(document.getElementById('run').textContent);
  const PATIENCE = 5000; // milliseconds that a sight may take
  const saw = [];

  // describe returns a value as the predictions write it.
  function describe(value) {
    if (value === undefined) return 'undefined';
    if (value === null) return 'null';
    switch (typeof value) {
      case 'string': return value;
      case 'function': return 'function';
      case 'object': break;
      default: return String(value);
    }
    try {
      if (value instanceof Response) return value.type + ' ' + value.status;
    } catch { /* a window of another origin */ }
    return Object.prototype.toString.call(value);
  }

  // name returns how an exception, a rejection or an event is written.
  function nameOf(failure) {
    try {
      return '!' + (failure && (failure.name || failure.type) || 'Error');
    } catch {
      return '!Error';
    }
  }

  const late = Symbol('late');
  const within = (promise, milliseconds) =>
    Promise.race([promise, new Promise((resolve) => setTimeout(resolve, milliseconds, late))]);

  // see notes the outcome of a function, a promise or a value under the name of a sight.
  async function see(name, what) {
    let outcome;
    try {
      const value = await within(typeof what === 'function' ? what() : what, PATIENCE);
      outcome = value === late ? '!timeout' : describe(value);
    } catch (failure) {
      outcome = nameOf(failure);
    }
    saw.push({ name, outcome: outcome.slice(0, 1000) });
    return outcome;
  }

  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  // load appends an element to the page. It resolves to "load", and is rejected with an "error event".
  function load(element, attributes) {
    if (typeof element === 'string') element = document.createElement(element);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    return new Promise((resolve, reject) => {
      element.addEventListener('load', () => resolve('load'));
      element.addEventListener('loadeddata', () => resolve('load'));
      element.addEventListener('error', () => reject({ name: 'error event' }));
      if (!element.isConnected) document.body.append(element);
    });
  }

  // frame appends an iframe and resolves to it when it has loaded.
  async function frame(url, attributes) {
    const element = document.createElement('iframe');
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    if (url !== undefined) element.setAttribute('src', url);
    const loaded = new Promise((resolve) => element.addEventListener('load', resolve));
    document.body.append(element);
    await within(loaded, PATIENCE);
    return element;
  }

  // popup opens a window. It resolves to it when it has had time to load.
  const opened = [];
  async function popup(url, features) {
    const ready = message((data) => data === 'ready');
    const w = window.open(url, '_blank', features || 'width=400,height=300');
    if (w) opened.push(w);
    await within(ready, 1500);
    return w;
  }

  // message resolves to the data of the next message that a test accepts; event makes it the event.
  function message(accept, event) {
    return new Promise((resolve) => {
      addEventListener('message', function listen(e) {
        if (accept && !accept(e.data, e)) return;
        removeEventListener('message', listen);
        resolve(event ? e : e.data);
      });
    });
  }

  // The actions: one request, as fetch(), XMLHttpRequest or an element makes it.

  function headersOf(lines) {
    return (lines || []).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
  }

  // start is the first 200 characters of a text.
  const start = (text) => [...text].slice(0, 200).join('');

  const visible = (headers) => [...new Set([...headers.keys()].map((name) => name.toLowerCase()))].sort().join(', ');

  async function byFetch(action) {
    const init = {};
    if (action.method) init.method = action.method;
    if (action.header) init.headers = headersOf(action.header);
    if (action.body !== undefined && action.body !== null) {
      init.body = action.body;
      init.method ||= 'POST';
    }
    for (const option of ['mode', 'credentials', 'redirect']) if (action[option]) init[option] = action[option];
    let response;
    await see('response', async () => (response = await fetch(action.url, init)));
    await see('body', async () => (response && response.type !== 'opaque' && response.type !== 'opaqueredirect'
      ? start(await response.text()) : ''));
    await see('headers', () => (response ? visible(response.headers) : ''));
  }

  async function byXHR(action) {
    const xhr = new XMLHttpRequest();
    if (action.uploadListener) xhr.upload.addEventListener('progress', () => {});
    await see('response', () => new Promise((resolve) => {
      xhr.onload = () => resolve('status ' + xhr.status);
      xhr.onerror = () => resolve('!error');
      xhr.open(action.method || (action.body != null ? 'POST' : 'GET'), action.url);
      xhr.withCredentials = action.credentials === 'include';
      for (const [name, value] of headersOf(action.header)) xhr.setRequestHeader(name, value);
      xhr.send(action.body ?? null);
    }));
    await see('body', () => start(xhr.responseText));
    await see('headers', () => xhr.getAllResponseHeaders().split('\r\n').filter(Boolean)
      .map((line) => line.split(':')[0].toLowerCase()).sort().join(', '));
  }

  const elements = {
    img: ['img', 'src'], script: ['script', 'src'], video: ['video', 'src'], audio: ['audio', 'src'],
    iframe: ['iframe', 'src'], link: ['link', 'href', { rel: 'stylesheet' }],
    module: ['script', 'src', { type: 'module' }], object: ['object', 'data'], embed: ['embed', 'src'],
  };

  // A track is loaded only for a video whose text is shown.
  function byTrack(action) {
    const video = document.createElement('video');
    if (action.crossOrigin) video.setAttribute('crossorigin', action.crossOrigin);
    const track = document.createElement('track');
    track.default = true;
    track.src = action.url;
    document.body.append(video);
    const loaded = new Promise((resolve) => {
      track.addEventListener('load', () => resolve('load'));
      track.addEventListener('error', () => resolve('error'));
    });
    video.append(track);
    track.track.mode = 'hidden';
    return loaded;
  }

  async function byElement(action) {
    await see('response', () => {
      if (action.element === 'font') {
        return new FontFace('experiment', `url(${JSON.stringify(action.url)})`).load()
          .then(() => 'load', () => 'error');
      }
      if (action.element === 'track') return byTrack(action);
      const [tag, attribute, others] = elements[action.element] || elements.img;
      const element = document.createElement(tag);
      if (action.crossOrigin) element.setAttribute('crossorigin', action.crossOrigin);
      return load(element, { ...others, [attribute]: action.url }).catch(() => 'error');
    });
  }

  // The experiment.

  let failure = '';
  try {
    if (run.code) {
      const AsyncFunction = (async () => {}).constructor;
      const helpers = { see, load, frame, popup, message, wait, origins: run.origins };
      await within(new AsyncFunction(...Object.keys(helpers), run.code)(...Object.values(helpers)), 4 * PATIENCE);
    } else if (run.action.element) {
      await byElement(run.action);
    } else if (run.action.xhr) {
      await byXHR(run.action);
    } else {
      await byFetch(run.action);
    }
  } catch (error) {
    failure = String(error).slice(0, 500); // the code itself, such as a mistake of the reader's
  }
  for (const w of opened) {
    try { w.close(); } catch { /* it is gone */ }
  }
  for (const name of run.sights || []) {
    if (!saw.some((sight) => sight.name === name)) saw.push({ name, outcome: '!timeout' });
  }
  if (failure) saw.push({ name: 'the code', outcome: failure });
  const body = JSON.stringify({ saw, done: true });
  try {
    await fetch(run.saw, { method: 'POST', body, mode: 'no-cors', headers: { 'Content-Type': 'text/plain' } });
  } catch { /* the lab has ended */ }
  const lab = window.opener || (window.parent !== window ? window.parent : null);
  if (lab) lab.postMessage({ concors: run.id }, '*');
})();
