// In the page: what ipywidgets leaves out for people who do not use a mouse or do not see the screen.
//
// Runs once for each panel, with `this` the panel's style element. ipywidgets gives its sliders, number entries, play
// buttons and groups of buttons no name and no state that a screen reader could say; they come and change at any time.
const panel = this.closest('.coursekit-panel');
const set = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes))
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
};
const describe = () => {
  for (const icon of panel.querySelectorAll('i')) set(icon, {'aria-hidden': true});  // a letter of no alphabet
  for (const slider of panel.querySelectorAll('.widget-slider')) {
    const label = slider.querySelector('.widget-label').textContent;
    const number = slider.querySelector('.widget-readout');
    number.id ||= 'coursekit-number-' + Math.random().toString(36).slice(2);
    set(number, {role: 'textbox', 'aria-label': label + ', number'});
    // The number too: a log slider's own value is the exponent.
    set(slider.querySelector('.noUi-handle'), {'aria-label': label, 'aria-describedby': number.id});
  }
  for (const group of panel.querySelectorAll('.widget-toggle-buttons, .widget-radio')) {
    const question = group.parentElement.querySelector('.coursekit-prompt').textContent.trim();
    set(group, {role: group.matches('.widget-radio') ? 'radiogroup' : 'group', 'aria-label': question});
    for (const one of group.querySelectorAll('button')) set(one, {'aria-pressed': one.matches('.mod-active')});
  }
  for (const play of panel.querySelectorAll('.widget-play')) {
    const does = [play.querySelector('.fa-pause') ? 'Pause' : 'Play', 'Back to the start', 'Repeat'];
    play.querySelectorAll('button').forEach((one, i) => set(one, {'aria-label': `${does[i]}: ${play.title}`}));
  }
  for (const bar of panel.querySelectorAll('.widget-hprogress .progress')) {
    const percent = parseInt(bar.firstElementChild.style.width) || 0;
    const label = bar.parentElement.querySelector('.widget-label').textContent;
    set(bar, {role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent});
  }
};
if (panel && !panel.coursekitDescribed) {
  panel.coursekitDescribed = new MutationObserver(describe);
  panel.coursekitDescribed.observe(panel, {childList: true, subtree: true, attributeFilter: ['class', 'style']});
  describe();
}

// In JupyterLab an arrow on a dropdown would go to the next cell, and d d would delete this one: plain keys are the
// panel's. Those with Ctrl, Alt or Cmd, and Shift-Enter, stay JupyterLab's, and Escape goes back to the cell.
const keys = (event) => {
  const inside = event.target.closest?.('.coursekit-panel');
  if (!inside) return;
  const jupyters = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === 'Enter');
  event.target.toggleAttribute('data-lm-suppress-shortcuts', !jupyters);
  if (event.key === 'Escape') inside.closest('.jp-Cell')?.focus();
};
if (!window.coursekitKeys) window.addEventListener('keydown', (window.coursekitKeys = keys), true);
