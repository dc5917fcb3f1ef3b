// Small things that panel, quiz and verdict are made of.

// A tag with attributes, listeners ("onclick") and children; true is an attribute without value, false is none.
const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
};
const button = (label, title, onclick, more = {}) => make('button', {type: 'button', title, onclick, ...more}, label);
const put = (element, text) => element.textContent === text || (element.textContent = text);

// Lays an element over a part of an image: left, top, width and height in shares of it.
const cover = (element, [left, top, width, height], {clientWidth: w, clientHeight: h}) =>
  Object.assign(element.style, {left: `${left * w}px`, top: `${top * h}px`, width: `${width * w}px`, height: `${height * h}px`});

// Calls `then` now and whenever one of the model's fields changes.
const follow = (model, fields, then) => {
  for (const field of fields) model.on(`change:${field}`, then);
  then();
};

// In JupyterLab an arrow on a dropdown would go to the next cell, and d d would delete this one: plain keys are the
// panel's. Those with Ctrl, Alt or Cmd, and Shift-Enter, stay JupyterLab's, and Escape goes back to the cell.
const keys = (event) => {
  if (!event.target.closest?.('.coursekit-panel')) return;
  const jupyters = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === 'Enter');
  event.target.toggleAttribute('data-lm-suppress-shortcuts', !jupyters);
};
// Heard last: an Escape that takes back what was typed is not for the cell.
const leave = (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented) event.target.closest?.('.coursekit-panel')?.closest('.jp-Cell')?.focus();
};
if (!window.coursekitKeys) {
  window.addEventListener('keydown', (window.coursekitKeys = keys), true);
  window.addEventListener('keydown', leave);
}

// Says in one sentence that the kernel has gone; the picture stays. ipywidgets learns of it at the first touch after a
// restart. JupyterLab's kernel says it at once, where its widget manager lets us ask.
const watchKernel = (model, el) => {
  const gone = make('p', {class: 'coursekit-gone', role: 'alert', hidden: true}, 'The kernel has gone. Run the first code cell again, then this one.');
  el.prepend(gone);
  const lose = () => {
    gone.hidden = false;
    el.toggleAttribute('data-gone', true);
    for (const one of el.querySelectorAll('button, input, select')) one.disabled = true;
    for (const one of el.querySelectorAll('.coursekit-pad, .coursekit-field')) one.inert = true;
  };
  const look = () => requestAnimationFrame(() => el.closest('.jupyter-widgets-disconnected') && lose());
  model.on('comm_live_update', look);
  const manager = model.widget_manager, kernel = manager?.kernel;
  const heard = (_, status) => ['restarting', 'autorestarting', 'terminating', 'dead'].includes(status) && lose();
  kernel?.statusChanged?.connect(heard);
  look();
  return () => kernel?.statusChanged?.disconnect(heard);
};
