// *As code*: the figure's network and run as a program, in a dialog over the page, so that nothing moves.

const LIBRARIES = {coursekit: 'coursekit', pytorch: 'PyTorch'};

const programsOf = (model, press) => {
  let programs = {}, shown = '';
  const text = make('pre', {tabindex: 0, role: 'group', 'aria-label': 'program'});
  const note = make('span', {class: 'coursekit-copied', role: 'status'});
  const show = (library) => {
    shown = library;
    put(text, programs[library]);
    put(note, '');
    tabs.querySelectorAll('button').forEach((one) => one.setAttribute('aria-pressed', one.value === library));
  };
  const tabs = make('div', {class: 'coursekit-actions', role: 'group', 'aria-label': 'Written with'});
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      put(note, 'Copied: paste it into a cell, and run it.');
    } catch {  // a page that may not write to the clipboard: the learner can
      text.focus();
      getSelection().selectAllChildren(text);
      put(note, 'This page may not use the clipboard: it is selected, copy it with Ctrl+C.');
    }
  };
  const close = button('Close', 'Back to the figure (Escape)', () => element.close());
  const element = make('dialog', {class: 'coursekit-programs', 'aria-label': 'This figure as code'},
    make('p', {}, 'The network and the run of this figure, with its numbers. Paste it into a cell, run it, and change what you like.'),
    tabs, text, make('div', {class: 'coursekit-actions'}, button('Copy', 'Copy the program', copy), close, note));
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();  // it closes the dialog, and does not go on to the cell
    element.close();
  });
  model.on('msg:custom', (message) => {
    if (!message.programs || !element.open) return;
    programs = message.programs;
    const libraries = Object.keys(programs);
    tabs.replaceChildren(...libraries.map((one) => button(LIBRARIES[one], `Written with ${LIBRARIES[one]}`, () => show(one), {value: one})));
    show(libraries.includes(shown) ? shown : libraries[0]);
  });
  const opener = button('As code', 'Show the network and the run of this figure as a few lines of code', () => {
    put(text, '…');
    element.showModal();
    text.focus();
    press('programs');
  }, {'aria-haspopup': 'dialog'});
  return {element, opener};
};
