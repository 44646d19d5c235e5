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

// say tells people who do not see the screen what happened.
export function say(text) {
  let live = document.getElementById('live');
  if (!live) {
    live = h('p', { id: 'live', class: 'hidden', role: 'status', 'aria-live': 'polite' });
    document.body.append(live);
  }
  live.textContent = text;
}

// drawing shows an SVG that the lab's own server made. It becomes an image, so that nothing in it can run.
export function drawing(svg, description) {
  const image = h('img', { class: 'drawing', alt: description || 'The sequence of requests and responses' });
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(svg);
  return image;
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
