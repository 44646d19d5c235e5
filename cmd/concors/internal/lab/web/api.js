// The lab's server. Every answer is JSON; an error has the text that people read.

async function answer(response) {
  const text = await response.text();
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error(text.trim() || 'the lab answered with status ' + response.status);
  }
  if (!response.ok) {
    const problems = (data.problems || []).map((p) => `line ${p.line}: ${p.text || p.message || p.problem}`);
    throw new Error([data.error || 'the lab answered with status ' + response.status, ...problems].join('\n') + (data.hint ? ' (' + data.hint + ')' : ''));
  }
  return data;
}

const get = async (path) => answer(await fetch(path));

const post = async (path, data) => answer(await fetch(path, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(data),
}));

let loaded;

// course returns the course: units, experiments, glossary, what was recorded, and how the lab was started.
export const course = () => (loaded ||= get('/api/course'));

// predict returns what a browser's engine predicts for an experiment, which is a name or an object.
export const predict = (experiment, browser, defence) => post('/api/predict', { experiment, browser, defence: !!defence });

export const startRun = (experiment, defence) => post('/api/runs', { experiment, defence: !!defence });
export const runState = (id) => get('/api/runs/' + id);
export const sendResults = (results) => post('/api/results', results);
export const results = () => get('/api/results');
export const joinClass = (entry) => post('/api/class', entry);
export const classResults = () => get('/api/class');

// thisBrowser returns the profile that fits this browser, and its version.
export function thisBrowser() {
  const agent = navigator.userAgent;
  const version = (pattern) => (agent.match(pattern) || [])[1] || '';
  if (/Firefox\//.test(agent)) return { name: 'firefox', title: 'Firefox', version: version(/Firefox\/([\d.]+)/) };
  if (/Chrome\//.test(agent)) return { name: 'chromium', title: /Edg\//.test(agent) ? 'Edge' : 'Chromium', version: version(/Chrome\/([\d.]+)/) };
  return { name: 'webkit', title: 'WebKit', version: version(/Version\/([\d.]+)/) };
}

export const browsers = [['chromium', 'Chromium'], ['firefox', 'Firefox'], ['webkit', 'WebKit'], ['standard', 'The standard']];
