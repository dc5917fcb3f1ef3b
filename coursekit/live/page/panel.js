// The panel of a demo: question, cases, controls, picture, readout, notice. Each part is {element, …} and follows the model.

const panel = (model, el) => {
  const content = model.get('content');
  const press = (what, more = {}) => {
    if (what !== 'skip') el.dispatchEvent(new Event('coursekit-press'));  // what plays ends
    model.send({press: what, ...more});
  };
  const figure = pictureOf(model);
  const cases = casesOf(model, press);
  const controls = controlsOf(model, el, figure);
  const programs = content.programs ? programsOf(model, press) : null;
  const more = make('details', {class: 'coursekit-more'}, make('summary', {}, 'More'), controls.others, copyButtons(model, programs));
  const words = wordsOf(model);
  const bar = make('div', {class: 'coursekit-bar'}, ...cases.elements, actionsOf(model, press));
  const side = make('div', {class: 'coursekit-side'}, controls.main, more, bar);
  figure.element.addEventListener('keydown', (event) => {
    const by = {PageDown: 1, PageUp: -1}[event.key];
    const step = content.step && event.key === '.' && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!by && !step) return;
    event.preventDefault();
    step ? press('step') : cases.go(by);
  });
  more.firstChild.addEventListener('click', () => requestAnimationFrame(() => more.open && more.scrollIntoView({block: 'nearest'})));
  el.classList.add('coursekit-panel');
  el.setAttribute('role', 'group');
  el.setAttribute('aria-label', content.title);
  el.toggleAttribute('data-lecture', content.smallest > 1);
  if (content.question) el.append(questionOf(model, press, figure.element));
  el.append(side, make('div', {class: 'coursekit-stage'}, figure.element, words.element));
  if (programs) el.append(programs.element);
  const leave = [watchKernel(model, el), fitted(model, el, {box: figure.element, img: figure.img, side, more, main: controls.main, notice: words.notice, bar})];
  return () => leave.forEach((one) => one());
};

const questionOf = (model, press, figure) => {
  const skip = button('Skip', 'Show what the figure says without an answer', () => {
    press('skip');
    figure.focus({preventScroll: true});  // the button goes, and the focus must not
  }, {class: 'coursekit-quiet'});
  const asked = ask(model.get('content').question, 'Predict, then move.', (i) => press('answer', {option: i, after: model.get('moves')}), skip);
  follow(model, ['answered', 'veiled'], () => {
    asked.show(model.get('answered'));
    skip.style.visibility = model.get('veiled') ? '' : 'hidden';
  });
  return asked.element;
};

// *Show me*: buttons, or a dropdown where they have no room; `go(1)` is the next case, `go(-1)` the last one.
const casesOf = (model, press) => {
  const presets = model.get('content').presets, at = () => model.get('at_case');
  const to = (index) => press('preset', {index, after: model.get('moves')});
  const wide = make('div', {class: 'coursekit-cases', role: 'group', 'aria-label': 'Show me'}, make('span', {}, 'Show me:'),
    ...presets.map(({label, tip}, i) => button(label, tip, () => to(i))));
  const narrow = make('select', {class: 'coursekit-narrow', 'aria-label': 'Show me', onchange: () => narrow.selectedIndex && to(narrow.selectedIndex - 1)},
    make('option', {}, 'Show me …'), ...presets.map(({label}) => make('option', {}, label)));
  follow(model, ['at_case'], () => {
    narrow.selectedIndex = at() + 1;
    [...wide.querySelectorAll('button')].forEach((one, i) => one.setAttribute('aria-pressed', i === at()));
  });
  const go = (by) => {
    const count = presets.length;
    if (count) to(at() < 0 ? (by > 0 ? 0 : count - 1) : (at() + by + count) % count);
  };
  return {elements: [wide, narrow], go};
};

// `main` and `others` hold the controls. The kernel is told while the pointer holds a slider, or draws: that is no rest.
const controlsOf = (model, el, figure) => {
  const get = (name) => model.get(name);
  const set = (field, value) => {
    model.set(field, value);
    model.save_changes();
  };
  const hold = (on) => set('held', on);
  const my = {
    figure, hold,
    place: () => get('pad'),
    waiting: figure.waiting,
    whenPressed: (then) => el.addEventListener('coursekit-press', then),
    move: (changes) => {
      figure.wait();
      model.set('moves', get('moves') + 1);
      set('values', {...get('values'), ...changes});
    },
  };
  const controls = get('content').controls.map((control) => [control.name, controlOf(control, my)]);
  const of = (main) => controls.filter(([, control]) => control.main === main).map(([, control]) => control.element);
  follow(model, ['options', 'values', 'ends', 'off'], () => {
    const state = Object.fromEntries(['options', 'ends', 'off', 'stops'].map((field) => [field, get(field)]));
    controls.forEach(([name, control]) => control.show(get('values')[name], state));
  });
  handlesOn(model, new Map(controls), my);
  const holder = (name, main) => {
    const made = make('div', {class: name}, ...of(main));
    made.addEventListener('pointerdown', (event) => {
      if (event.target.type !== 'range') return;
      hold(true);
      const release = new AbortController();
      for (const kind of ['pointerup', 'pointercancel'])
        window.addEventListener(kind, () => { release.abort(); hold(false); }, {capture: true, signal: release.signal});
    });
    return made;
  };
  return {main: holder('coursekit-controls coursekit-main', true), others: holder('coursekit-controls', false)};
};

const actionsOf = (model, press) => {
  const content = model.get('content');
  const pin = button('Pin', 'Keep this picture as a ghost and compare (again: take it away)', () => press('pin'));
  follow(model, ['ghost'], () => put(pin, model.get('ghost') ? 'Unpin' : 'Pin'));
  return make('div', {class: 'coursekit-actions'}, ...(content.run ? runButtons(model, press) : []),
    button('Reset', 'Back to the first settings and the question', () => press('reset', {after: model.get('moves')})),
    content.seed ? button('New draw', 'Draw new random numbers', () => press('draw')) : null, content.still ? null : pin);
};

const runButtons = (model, press) => {
  const start = button('Start', 'Run from the beginning, or go on after Stop', () => press('start'));
  const stop = button('Stop', 'Stop after the step that is being computed', () => press('stop'));
  const step = model.get('content').step ? button('One step', 'One training step (on the picture: the key .)', () => press('step'), {'aria-keyshortcuts': '.'}) : null;
  const bar = make('progress', {max: 1, 'aria-label': 'progress'});
  follow(model, ['progress'], () => { bar.value = model.get('progress'); });
  return [start, stop, step, bar];
};

// Copies the settings as code, or as a link, or the picture. What could not be copied stands in a field until the next press.
const copyButtons = (model, programs) => {
  const note = make('span', {class: 'coursekit-note', role: 'status'});
  const say = (text) => {
    note.textContent = text;
    clearTimeout(note.timer);
    note.timer = setTimeout(() => (note.textContent = ''), 4000);
  };
  const code = make('input', {type: 'text', readonly: true, class: 'coursekit-code', hidden: true});
  const copyText = (field) => async () => {
    const text = model.get(field);
    code.hidden = true;
    try {
      await navigator.clipboard.writeText(text);
      say('Copied: ' + text);
    } catch {  // a page that may not write to the clipboard: the learner can
      code.value = text;
      code.setAttribute('aria-label', field === 'link' ? 'link' : 'settings as code');
      code.hidden = false;
      code.select();
    }
  };
  const copyPicture = async () => {
    code.hidden = true;
    try {
      await navigator.clipboard.write([new ClipboardItem({'image/png': new Blob([model.get('picture')], {type: 'image/png'})})]);
      say('The picture is in the clipboard.');
    } catch {
      say('This page may not use the clipboard. Right-click the picture to save it.');
    }
  };
  model.on('change:code', () => { code.hidden = true; });  // it would show other settings than the picture
  return make('div', {class: 'coursekit-actions'},
    button('Copy settings', 'Copy the line of code that shows this figure', copyText('code')), programs?.opener,
    model.get('content').still ? button('Copy link', 'Copy the address of this figure with these settings', copyText('link'))
      : button('Copy picture', 'Copy the picture to the clipboard', copyPicture), code, note);
};

// The picture, as PNG or by its address; `waiting()` says whether one is still to come after `wait()`.
const pictureOf = (model) => {
  const {title, step} = model.get('content');
  const img = make('img', {alt: title, draggable: 'false'});
  const element = make('div', {class: 'coursekit-figure', tabindex: 0, role: 'group', 'aria-label': `${title}: the picture. Page Down shows the next case${step ? ', a full stop takes one step' : ''}.`}, img);
  let awaited = 0;
  follow(model, ['picture'], () => {
    awaited = 0;
    const old = img.src;
    const picture = model.get('picture');
    img.src = typeof picture === 'string' ? picture : URL.createObjectURL(new Blob([picture], {type: 'image/png'}));
    if (old.startsWith('blob:')) img.decode().catch(() => {}).then(() => URL.revokeObjectURL(old));
  });
  follow(model, ['readout', 'veiled'], () => { img.alt = model.get('veiled') ? title : `${title}. ${model.get('readout')}`; });
  return {element, img, wait: () => { awaited = performance.now(); }, waiting: () => awaited && performance.now() - awaited < 3000};
};

// Readout, ghost, error and notice. The readout has room for the longest text so far and for longer numbers in it.
const wordsOf = (model) => {
  const get = (name) => model.get(name);
  const readout = make('div', {class: 'coursekit-readout'}, make('div', {role: 'status'}), make('div', {'aria-hidden': 'true', 'data-unseen': ''}));
  const ghost = make('span', {class: 'coursekit-ghost'});
  const error = make('div', {class: 'coursekit-error'});
  const notice = make('details', {class: 'coursekit-notice'}, make('summary', {}, 'What to notice'), make('p', {}, get('content').notice));
  follow(model, ['readout', 'veiled'], () => {
    const veiled = get('veiled'), [shown, unseen] = readout.children, longer = `${get('readout')} and 1,234,567`;
    put(shown, veiled ? 'What does it show? Answer the question, press Skip, or move a control.' : get('readout'));
    if (longer.length > unseen.textContent.length) put(unseen, longer);
    readout.toggleAttribute('data-veiled', veiled);
    notice.toggleAttribute('data-veiled', veiled);  // its room stays
  });
  follow(model, ['ghost'], () => put(ghost, get('ghost')));
  follow(model, ['error'], () => {
    const [kind, ...said] = get('error').split(': ');
    error.replaceChildren(...(get('error') ? [make('div', {role: 'alert'}, make('b', {}, kind + '. '), said.join(': '), make('br'),
      'The controls still work: move one, or press Reset.')] : []));
  });
  return {element: make('div', {class: 'coursekit-words'}, readout, ghost, error, notice), notice};
};
