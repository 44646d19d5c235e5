(async () => {
  // Paste this into the console of the failing page. It finds out why the page cannot read this URL.
  const url = 'https://api.example/notes';
  const method = 'GET';
  const headers = []; // such as [['Authorization', 'Bearer ...']]
  const credentials = 'same-origin';
  const mode = 'cors';
  const body = null;
  const sendUnsafe = false; // true: also send a POST, PUT, PATCH or DELETE, which has its effect again

  // It sends GET and HEAD requests; the browser adds preflights. What it finds:
  const verdicts = {};

  const page = self.origin, limit = 10000;
  const say = (text) => console.log(text);
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const agent = navigator.userAgent;
  const browser = /firefox/i.test(agent) ? 'firefox' : /chrom/i.test(agent) ? 'chromium' : /applewebkit/i.test(agent) ? 'webkit' : '';
  const secret = /assert|auth|bearer|code|cred|csrf|hmac|jwt|key|nonce|otp|pass|pwd|saml|secret|sess|sid|sig|state|ticket|token|xsrf/i;
  const mask = (address) => { // what is printed may be shared
    const u = new URL(address);
    u.username = u.password = u.hash = '';
    u.search = u.search && u.search.slice(1).split('&').map((pair) => {
      const name = pair.split('=')[0], value = pair.slice(name.length + 1);
      return value && (secret.test(name) || value.length > 31) ? name + '=***' : pair;
    }).join('&');
    return u.href.replace(/eyJ[\w-]{8,}\.[\w.-]+/g, '***');
  };

  const target = new URL(url, document.baseURI);
  target.hash = '';
  const upper = method.toUpperCase(), isSafe = upper === 'GET' || upper === 'HEAD', isSent = isSafe || sendUnsafe;
  const safe = upper === 'HEAD' ? 'HEAD' : 'GET', wanted = credentials === 'include' ? 'include' : 'omit';
  const shown = mask(target.href), tests = {}, notes = [];
  const loopback = /^(.*\.)?localhost$|^127\.[\d.]+$|^\[::1\]$/.test(target.hostname);

  // attempt makes a request and returns its response, or null if the browser blocked it or it failed.
  const attempt = async (name, label, init) => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), limit), begin = performance.now();
    let response = null, outcome = 'failed';
    try {
      response = await fetch(init.url || target.href, Object.assign({ cache: 'no-store', signal: stop.signal }, init));
      outcome = /^opaque/.test(response.type) ? response.type : String(response.status);
    } catch (problem) {
      if (stop.signal.aborted) outcome = 'no response in ' + limit / 1000 + ' s';
    }
    clearTimeout(timer);
    if (response) stop.abort(); // its body is not needed
    tests[name] = outcome;
    say('  ' + label + ' ' + '.'.repeat(Math.max(3, 58 - label.length)) + ' ' + outcome);
    return { ok: !!response, response, begin, end: performance.now() };
  };
  const plain = (more) => Object.assign({ method: safe, credentials: wanted }, more);

  // responded reports whether a response arrived for a failed request. Only Firefox shows it.
  const responded = async (test) => {
    await pause(100);
    return browser === 'firefox' && performance.getEntriesByName(target.href).some((entry) =>
      entry.startTime >= test.begin - 1 && entry.responseEnd <= test.end + 1 && entry.responseEnd > entry.startTime);
  };

  // errorStatus reports whether the response has a status of 400 or more: "yes", "no", or "" if that
  // cannot be known. A link that only loads fires an error event then: Chromium's prefetch, WebKit's preload.
  const errorStatus = async () => {
    if (browser !== 'chromium' && browser !== 'webkit' || !document.head) return '';
    const link = document.createElement('link');
    const event = await new Promise((done) => {
      Object.assign(link, { onload: () => done('no'), onerror: () => done('yes') },
        browser === 'chromium' ? { rel: 'prefetch', href: target.href } : { rel: 'preload', as: 'style', href: target.href });
      document.head.appendChild(link);
      setTimeout(() => done(''), 3000);
    });
    link.remove();
    await pause(50);
    return linkRefused ? '' : event;
  };

  // A violation of the page's Content Security Policy is an event.
  let connectRefused = false, linkRefused = false;
  const violation = (event) => {
    if (event.disposition !== 'enforce' || !event.blockedURI.startsWith(target.origin)) return;
    if (event.effectiveDirective.startsWith('connect')) connectRefused = true; else linkRefused = true;
  };

  // preflightWorks reports whether a preflight is allowed that names no method or header of the request:
  // "yes", "no", or "" if that cannot be known. An upload listener makes one, but not in Chromium.
  const preflightWorks = async () => {
    if (browser === 'chromium' || !browser) {
      for (const [name, value] of [['Content-Type', 'application/json'], ['X-Requested-With', 'XMLHttpRequest']]) {
        if (custom.some((header) => header[0].toLowerCase() === name.toLowerCase())) continue;
        const test = await attempt('with ' + name.toLowerCase(), safe + ' with ' + name + ' alone', plain({ headers: [[name, value]] }));
        if (test.ok) return 'yes';
      }
      return '';
    }
    const result = await new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open(safe, target.href);
      request.withCredentials = wanted === 'include';
      request.timeout = limit;
      request.upload.onprogress = () => {};
      request.onload = () => done('yes');
      request.onerror = () => done('no');
      request.ontimeout = () => done('');
      request.send();
    });
    tests.preflight = result;
    say('  ' + safe + ' with a preflight for nothing but itself ............. ' + (result === 'yes' ? 'allowed' : 'failed'));
    return result;
  };

  // What follows returns a verdict, and others that the tests cannot tell from it.
  const unreachable = async (reach, first) => {
    await pause(50);
    if (connectRefused) return ['csp'];
    if (!navigator.onLine) return ['offline'];
    if (location.protocol === 'https:' && target.protocol === 'http:' && !loopback) return ['mixed-content'];
    if (mode === 'cors' && await responded(first)) return ['allow-origin'];
    const neighbor = await attempt('neighbor', 'GET /favicon.ico of the same server, mode no-cors',
      { url: target.origin + '/favicon.ico', mode: 'no-cors', credentials: 'omit' });
    const others = ['extension'];
    if (self.crossOriginIsolated && mode === 'cors') others.push('allow-origin');
    if (neighbor.ok) return ['resource-policy'].concat(others, 'unreachable');
    if (browser === 'webkit' && location.protocol === 'https:' && target.protocol === 'http:') others.push('mixed-content');
    for (const name of ['local-network-access', 'loopback-network', 'local-network']) {
      try {
        if ((await navigator.permissions.query({ name })).state === 'denied') others.push('local-network');
      } catch (unknownName) { continue; }
    }
    return ['unreachable', 'resource-policy'].concat(others);
  };

  const allowOrigin = async (own, needsPreflight) => {
    const manual = await attempt('redirect', safe + ' alone, not following redirects', plain({ redirect: 'manual' }));
    if (manual.ok) return ['redirect'];
    const status = await errorStatus();
    if (status) {
      tests.errorStatus = status;
      say('  Is its status 400 or more? ' + '.'.repeat(32) + ' ' + status);
      if (status === 'yes') notes.push('The response to a plain ' + safe + ' has an error status (400 or more). Find its cause first, in the server\'s log: error responses often lack the CORS headers.');
    }
    if (!isSent) notes.push('The response to a ' + upper + ' may be another one than that to a ' + safe + ', which was tested.');
    const others = !isSent ? ['response'] : [];
    if (!needsPreflight || await responded(own)) return ['allow-origin'].concat(others);
    return ['allow-origin', 'preflight'].concat(custom.length > 0 ? ['header'] : [], others);
  };

  const headerTests = async (own) => {
    const failed = [], names = [];
    for (const header of custom.slice(0, 8)) {
      const name = header[0].toLowerCase();
      if (names.includes(name)) continue;
      names.push(name);
      const test = await attempt('with ' + name, safe + ' with ' + header[0] + ' alone', plain({ headers: [header] }));
      if (!test.ok) failed.push(name);
    }
    return { failed, some: failed.length < names.length };
  };

  const decide = async () => {
    const label = isSent ? 'the request itself' : safe + ' with its headers and credentials';
    const exact = { method, headers, credentials, mode, body, cache: 'default' };
    const own = await attempt('own', label, isSent ? exact : { method: safe, headers, credentials, mode });
    if (own.ok && own.response.type === 'opaque') {
      const readable = await attempt('plain', safe + ' alone, mode cors', plain());
      notes.push(readable.ok ? 'With mode cors the page can read the response to a ' + safe + '.' : 'With mode cors the browser blocks it: see the red line above.');
      return ['opaque'];
    }
    if (own.ok && isSent) {
      notes.push('Its status is ' + own.response.status + '.');
      return ['allowed'];
    }
    const needsPreflight = custom.length > 0 || !/^(GET|HEAD|POST)$/.test(upper);
    if (own.ok) { // only the method remains, and the response to it
      if (upper === 'POST') return ['response'];
      const works = custom.length > 0 ? 'yes' : await preflightWorks();
      return works === 'no' ? ['preflight'] : works ? ['method', 'response'] : ['method', 'preflight', 'response'];
    }
    const reach = await attempt('reach', 'GET alone, mode no-cors', { mode: 'no-cors', credentials: wanted });
    if (mode !== 'cors') {
      const readable = await attempt('plain', safe + ' alone, mode cors', plain());
      return readable.ok ? ['resource-policy'] : unreachable(reach, readable);
    }
    const first = await attempt('plain', safe + ' alone', plain());
    if (!first.ok && !reach.ok) return unreachable(reach, first);
    if (!first.ok && wanted === 'include') {
      const omitted = await attempt('omitted', safe + ' alone, without credentials', plain({ credentials: 'omit' }));
      if (omitted.ok) return ['credentials'];
    }
    if (first.ok && isSafe && custom.length === 0) return ['cache'];
    const { failed, some } = await headerTests(own);
    if (!first.ok && !some) return allowOrigin(own, needsPreflight);
    blocked = failed;
    if (failed.length > 0 && some) return ['header'];
    if (failed.length > 0) {
      const works = await preflightWorks();
      return works === 'yes' ? ['header'] : works === 'no' ? ['preflight'] : ['header', 'preflight'];
    }
    if (custom.length > 0) {
      const together = await attempt('together', safe + ' with all its headers', plain({ headers }));
      if (!together.ok) { blocked = custom.map((header) => header[0].toLowerCase()); return ['header']; }
    }
    if (isSafe) return ['cache'];
    if (upper === 'POST' || await responded(own)) return ['response'];
    const works = custom.length > 0 ? 'yes' : await preflightWorks();
    if (works === 'no') return ['preflight'];
    return browser === 'firefox' ? ['method'] : works ? ['method', 'response'] : ['method', 'preflight', 'response'];
  };

  let verdict = ['unknown'], custom = [], blocked = [];
  say('concors: a page on ' + page + ' requests ' + upper + ' ' + shown);
  document.addEventListener('securitypolicyviolation', violation);
  try {
    // The browser drops headers that a script must not set, and in mode no-cors all that need a preflight.
    const kept = new Request(target.href, { method, headers, credentials, mode, body }).headers;
    custom = headers.filter((header) => kept.has(header[0]) &&
      !new Request(target.href, { mode: 'no-cors', headers: [header] }).headers.has(header[0]));
    const normalized = new Request(target.href, { method }).method;
    if (normalized !== upper) notes.push('fetch() sends the method ' + normalized + ' as it is written: write it in upper case.');
    for (const header of headers) {
      if (!kept.has(header[0])) notes.push('The browser ignores the header ' + header[0] + ', which a script may not set.');
    }
    if (!/\[native code\]/.test(Function.prototype.toString.call(fetch))) notes.push('The page has replaced fetch(): its replacement may change requests.');
    if (navigator.serviceWorker && navigator.serviceWorker.controller) notes.push('A service worker controls this page and may respond in place of the server.');
    verdict = target.origin === page ? ['same-origin'] : await decide();
  } catch (problem) {
    verdict = ['invalid'];
    notes.push(target.username || target.password ? 'The URL has a user name or a password in it.' :
      String(problem.message).split(target.href).join(shown).split(url).join(shown));
  }
  document.removeEventListener('securitypolicyviolation', violation);

  const line = { v: 1, verdict: verdict[0], or: verdict.slice(1), page, url: shown, method: upper, mode, credentials, browser,
    headers: headers.map((header) => header[0].toLowerCase()), blocked, sent: isSent, tests };
  say('\nVERDICT: ' + verdict[0] + (blocked.length > 0 ? ' (' + blocked.join(', ') + ')' : '') + '\n' + verdicts[verdict[0]] +
    verdict.slice(1).map((other) => '\nOr ' + other + ': ' + verdicts[other]).join('') +
    notes.map((note) => '\nNote: ' + note).join('') +
    '\nThe Network panel (F12) shows what a script may not see: the status and the headers of each request.' +
    '\nNext: send the red lines and the line below to the people who run the server, or give them to concors explain.\n');
  say('concors-snippet: ' + JSON.stringify(line));
})();
