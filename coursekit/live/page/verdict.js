// What a check says, and under it the next hint and the solution.

const verdict = (model, el) => {
  const said = make('div', {role: 'status'}), help = make('div', {class: 'coursekit-help'});
  const hint = button('', '', () => model.send({press: 'hint'})), solution = button('Show solution', '', () => model.send({press: 'solution'}));
  follow(model, ['html', 'hints', 'left', 'solution'], () => {
    said.innerHTML = model.get('html');  // made and escaped by the kernel
    const left = model.get('left');
    hint.hidden = !model.get('help');
    solution.hidden = hint.hidden || Boolean(model.get('solution'));
    hint.disabled = !left;
    put(hint, left ? `Hint (${left} left)` : 'No more hints');
    help.replaceChildren(...model.get('hints').map((text) => make('p', {}, text)), ...(model.get('solution') ? [make('pre', {tabindex: 0}, model.get('solution'))] : []));
  });
  el.classList.add('coursekit-panel', 'coursekit-verdict');
  el.append(said, make('div', {class: 'coursekit-actions'}, hint, solution), help);
  return watchKernel(model, el);
};
