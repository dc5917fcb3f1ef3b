// The panel of a demo: question, cases, controls, picture, readout, notice; laid out for the room that the page has.

const LEGIBLE = 84;  // pixels an inch at which the smallest letters are 11 high; figures/canvas.py has the same
const LEAST = 303;   // the least height of a picture

const panel = (model, el) => {
  const content = model.get('content');
  const get = (name) => model.get(name);
  let awaited = 0;

  const press = (what, more = {}) => model.send({press: what, ...more});
  const my = {
    waiting: () => awaited && performance.now() - awaited < 3000,
    move: (name, value) => {
      awaited = performance.now();
      model.set('values', {...get('values'), [name]: value});
      model.save_changes();
    },
  };

  // ---- question and cases
  const skip = button('Skip', 'Show what the figure says without an answer', () => {
    press('skip');
    box.focus({preventScroll: true});  // the button goes, and the focus must not
  }, {class: 'coursekit-quiet'});
  const asked = ask(content.question, 'Predict, then move.', (i) => press('answer', {option: i}), skip);
  follow(model, ['answered', 'veiled'], () => {
    asked.show(get('answered'));
    skip.style.visibility = get('veiled') ? '' : 'hidden';
  });
  const toCase = (index) => press('preset', {index});
  const cases = make('div', {class: 'coursekit-cases', role: 'group', 'aria-label': 'Show me'}, make('span', {}, 'Show me:'),
    ...content.presets.map(({label, tip}, i) => button(label, tip, () => toCase(i))));
  const narrow = make('select', {class: 'coursekit-narrow', 'aria-label': 'Show me', onchange: () => narrow.selectedIndex && toCase(narrow.selectedIndex - 1)},
    make('option', {}, 'Show me …'), ...content.presets.map(({label}) => make('option', {}, label)));
  const nextCase = (by) => {
    const count = content.presets.length, at = get('at_case');
    if (count) toCase(at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count);
  };
  follow(model, ['at_case'], () => {
    narrow.selectedIndex = get('at_case') + 1;
    [...cases.querySelectorAll('button')].forEach((one, i) => one.setAttribute('aria-pressed', i === get('at_case')));
  });

  // ---- controls and actions
  const controls = content.controls.map((control) => [control.name, controlOf(control, my)]);
  const show = () => controls.forEach(([name, control]) => control.show(get('values')[name], {ends: get('ends'), off: get('off')}));
  follow(model, ['values', 'ends', 'off'], show);
  const of = (main) => controls.filter(([, control]) => control.main === main).map(([, control]) => control.element);
  const main = make('div', {class: 'coursekit-controls coursekit-main'}, ...of(true));
  const note = make('span', {class: 'coursekit-note', role: 'status'});
  const say = (text) => {
    note.textContent = text;
    clearTimeout(note.timer);
    note.timer = setTimeout(() => (note.textContent = ''), 4000);
  };
  const code = make('input', {type: 'text', readonly: true, class: 'coursekit-code', 'aria-label': 'settings as code', hidden: true});
  const copyCode = async () => {
    try {
      await navigator.clipboard.writeText(get('code'));
      say('Copied: ' + get('code'));
    } catch {  // a page that may not write to the clipboard: the learner can
      code.value = get('code');
      code.hidden = false;
      code.select();
    }
  };
  const copyPicture = async () => {
    try {
      await navigator.clipboard.write([new ClipboardItem({'image/png': new Blob([get('picture')], {type: 'image/png'})})]);
      say('The picture is in the clipboard.');
    } catch {
      say('This page may not use the clipboard. Right-click the picture to save it.');
    }
  };
  const pin = button('Pin', 'Keep this picture as a ghost and compare (again: take it away)', () => press('pin'));
  const reset = button('Reset', 'Back to the first settings and the question', () => press('reset'));
  const draw = content.seed && button('New draw', 'Draw new random numbers', () => press('draw'));
  const actions = make('div', {class: 'coursekit-actions'}, reset, draw || null, pin);
  const more = make('details', {class: 'coursekit-more'}, make('summary', {}, 'More'),
    make('div', {class: 'coursekit-controls'}, ...of(false)),
    make('div', {class: 'coursekit-actions'},
      button('Copy settings', 'Copy the line of code that shows this figure', copyCode),
      button('Copy picture', 'Copy the picture to the clipboard', copyPicture), code));
  if (content.run) actions.prepend(...runButtons(model, press));
  const ghost = make('span', {class: 'coursekit-ghost'});
  follow(model, ['ghost'], () => {
    put(pin, get('ghost') ? 'Unpin' : 'Pin');
    put(ghost, get('ghost'));
  });

  // ---- picture and words
  const img = make('img', {alt: content.title, draggable: 'false'});
  const box = make('div', {class: 'coursekit-figure', tabindex: 0, role: 'group', 'aria-label': `${content.title}: the picture. Page Down shows the next case.`}, img);
  follow(model, ['picture'], () => {
    awaited = 0;
    const old = img.src;
    img.src = URL.createObjectURL(new Blob([get('picture')], {type: 'image/png'}));
    if (old) img.decode().catch(() => {}).then(() => URL.revokeObjectURL(old));
  });
  box.addEventListener('keydown', (event) => {
    const by = {PageDown: 1, PageUp: -1}[event.key];
    if (!by) return;
    event.preventDefault();
    nextCase(by);
  });
  const readout = make('div', {class: 'coursekit-readout'}, make('div', {role: 'status'}), make('div', {'aria-hidden': 'true', 'data-unseen': ''}));
  const error = make('div', {class: 'coursekit-error'});
  const notice = make('details', {class: 'coursekit-notice'}, make('summary', {}, 'What to notice'), make('p', {}, content.notice));
  follow(model, ['readout', 'veiled'], () => {
    const veiled = get('veiled');
    put(readout.firstChild, veiled ? 'What does it show? Answer the question, press Skip, or move a control.' : get('readout'));
    const unseen = readout.lastChild, text = `${get('readout')} and 1,234,567`;  // the longest so far, and longer numbers, so that the next has room
    if (text.length > unseen.textContent.length) put(unseen, text);
    readout.toggleAttribute('data-veiled', veiled);
    notice.toggleAttribute('data-veiled', veiled);  // its room stays
    img.alt = veiled ? content.title : `${content.title}. ${get('readout')}`;
  });
  follow(model, ['error'], () => {
    error.replaceChildren(...(get('error') ? [make('div', {role: 'alert'}, make('b', {}, get('error').split(': ')[0] + '. '),
      get('error').split(': ').slice(1).join(': '), make('br'), 'The controls still work: move one, or press Reset.')] : []));
  });

  const bar = make('div', {class: 'coursekit-bar'}, cases, narrow, actions);
  const side = make('div', {class: 'coursekit-side'}, main, more, bar);
  el.classList.add('coursekit-panel');
  el.setAttribute('role', 'group');
  el.setAttribute('aria-label', content.title);
  el.toggleAttribute('data-lecture', content.smallest > 1);
  el.append(asked.element, side, make('div', {class: 'coursekit-stage'}, box, make('div', {class: 'coursekit-words'}, readout, ghost, note, error, notice)));
  const leave = [watchKernel(model, el), fitted(model, el, content, {box, img, side, more, main, notice, bar})];
  return () => leave.forEach((one) => one());
};

const runButtons = (model, press) => {
  const start = button('Start', 'Run from the beginning, or go on after Stop', () => press('start'));
  const stop = button('Stop', 'Stop after the step that is being computed', () => press('stop'));
  const bar = make('progress', {max: 1, 'aria-label': 'progress'});
  follow(model, ['progress'], () => { bar.value = model.get('progress'); });
  return [start, stop, bar];
};

// How high the part of the page is in which the panel scrolls.
const visibleHeight = (el) => el.closest('.jp-WindowedPanel-outer')?.clientHeight ?? window.innerHeight;

// Lays the panel out for its width and the height that is visible, and asks for a picture that fits.
const fitted = (model, el, content, {box, img, side, more, main, notice, bar}) => {
  const [wide, high] = content.natural, small = content.smallest;
  let opened = false, unfolded = false, sent = '', timer;
  more.addEventListener('click', () => { unfolded = true; });
  notice.addEventListener('click', () => { unfolded = true; });

  const fit = () => {
    const width = el.clientWidth;
    if (!width) return;
    const beside = width >= 1000;
    el.dataset.layout = beside ? 'beside' : width >= 640 ? 'stacked' : 'phone';
    const seen = visibleHeight(el) - 2;
    box.style.height = '0';
    bar.toggleAttribute('data-narrow', false);
    bar.toggleAttribute('data-narrow', !beside && bar.offsetHeight > 2 * bar.lastChild.lastChild.offsetHeight);
    if (!unfolded) {  // what has room need not be folded
      more.open = notice.open = true;
      more.open = beside && el.offsetHeight <= seen;
      if (seen - rest() < Math.min(LEAST + 40, high * LEGIBLE) * small) notice.open = false;
    }
    const room = [box.clientWidth, Math.max(seen - rest(), Math.min(LEAST * small, seen - main.offsetHeight))];
    const dpi = Math.max(LEGIBLE * small, Math.min(room[0] / wide, room[1] / high));
    const taken = [wide, high].map((inches, i) => Math.round(Math.min(inches * dpi, room[i])));
    box.style.height = `${taken[1]}px`;
    img.style.width = `${taken[0]}px`;
    img.style.height = `${taken[1]}px`;
    request([...taken, window.devicePixelRatio || 1]);
  };
  // The height of all but the picture, which is now 0.
  const rest = () => {
    const stage = box.parentElement;
    return el.dataset.layout === 'beside' ? el.offsetHeight - Math.max(side.offsetHeight, stage.offsetHeight) + stage.offsetHeight : el.offsetHeight;
  };
  const request = (room) => {
    clearTimeout(timer);  // also one that waits with another size, if it has become again what was sent last
    if (String(room) === sent) return;
    timer = setTimeout(() => {
      sent = String(room);
      model.set('room', room);
      model.save_changes();
    }, opened ? 150 : 0);
    if (!opened) requestAnimationFrame(() => bringIntoView(el));
    opened = true;
  };
  let last = '';
  const observer = new ResizeObserver(() => {
    const now = [el.clientWidth, visibleHeight(el), devicePixelRatio].join();
    if (now === last) return;
    last = now;
    fit();
  });
  observer.observe(el);
  const scroller = el.closest('.jp-WindowedPanel-outer');
  if (scroller) observer.observe(scroller);
  return () => observer.disconnect();
};

// After Shift+Enter JupyterLab shows the next cell, but the figure is what was asked for. Run All is left alone.
const bringIntoView = (el) => {
  const cell = el.closest('.jp-Cell'), notebook = el.closest('.jp-Notebook');
  if (!notebook) return;
  const look = () => {
    const cells = [...notebook.querySelectorAll('.jp-Cell')];
    const at = cells.indexOf(cell), active = cells.findIndex((one) => one.classList.contains('jp-mod-active'));
    const others = cells.some((one) => one !== cell && one.querySelector('.jp-InputPrompt')?.textContent.includes('*'));
    if (at >= 0 && (active === at || active === at + 1) && !others) el.scrollIntoView({block: 'nearest'});
  };
  look();
  setTimeout(look, 300);
};
