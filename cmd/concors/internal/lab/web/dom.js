// h makes an element: h('a', { href: '#/' }, 'text', child …). Properties that begin with "on" are listeners.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'open' || name === 'disabled') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// put replaces what is inside an element.
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// sentence begins a text with a capital letter.
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// say tells people who do not see the screen what happened.
export function say(text) {
  let live = document.getElementById('live');
  if (!live) {
    live = h('p', { id: 'live', class: 'hidden', role: 'status', 'aria-live': 'polite' });
    document.body.append(live);
  }
  live.textContent = text;
}

// drawing shows the SVG elements that the lab's own server made, for wide and for narrow screens. They are parsed as
// XML and belong to the page, so that its colours apply; the page's policy lets nothing in them run.
export function drawing(drawings) {
  if (!drawings || !drawings.wide) return null;
  const parse = (svg) => document.importNode(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, true);
  return h('div', { class: 'drawing' }, h('div', { class: 'at-wide' }, parse(drawings.wide)), h('div', { class: 'at-narrow' }, parse(drawings.narrow || drawings.wide)));
}

// save offers a text as a file.
export function save(name, text, type = 'application/json') {
  const link = h('a', { href: 'data:' + type + ';charset=utf-8,' + encodeURIComponent(text), download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

// copy puts a text on the clipboard, and says so in the button.
export async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Select the text to copy it';
  }
  say(button.textContent);
  setTimeout(() => { button.textContent = before; }, 2000);
}
