// What can be taken on the picture: a point that is dragged, and cells of which one is picked. Both only move sliders.

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

// Puts handles on the picture and lets them follow its size, the values of the controls, and what has an effect.
const handlesOn = (model, controls, panel) => {
  const all = () => model.get('handles');
  const value = (name) => model.get('values')[name];
  const made = all().map((first, i) => {
    const told = () => all()[i], movers = () => told().controls.map((name) => controls.get(name));
    const move = (values) => {
      const changes = told().controls.map((name, k) => [name, values[k]]).filter(([name, wanted]) => name && wanted !== value(name));
      if (changes.length) panel.move(Object.fromEntries(changes));
    };
    return HANDLES[first.kind]({told, movers, move, value, hold: panel.hold});
  });
  const place = () => made.forEach((one, i) => {
    const {box, controls: names} = all()[i];
    cover(one.element, box, panel.figure.img);
    one.element.hidden = names.every((name) => !name || model.get('off')[name]);
    one.show();
  });
  panel.figure.element.append(...made.map((one) => one.element));
  panel.figure.img.addEventListener('load', place);
  follow(model, ['values', 'off'], place);
};

// Follows a pointer from where it goes down; `to` is told each place, in shares of the field from its lower left corner.
const followed = (taken, field, hold, to) => {
  const placed = (event) => {
    const box = field.getBoundingClientRect();
    return [(event.clientX - box.left) / (box.width || 1), (box.bottom - event.clientY) / (box.height || 1)];
  };
  const drag = (event) => to(placed(event));
  taken.addEventListener('pointerdown', (event) => {
    if (event.button || !event.isPrimary || (taken === field && event.pointerType === 'touch')) return;  // a finger may scroll
    event.preventDefault();  // or the page's text would be selected
    taken.focus({preventScroll: true});
    taken.setPointerCapture(event.pointerId);
    hold(true);
    to(placed(event), true);
    taken.addEventListener('pointermove', drag);
  });
  taken.addEventListener('lostpointercapture', () => {  // however it ends
    taken.removeEventListener('pointermove', drag);
    hold(false);
  });
  return placed;
};

// Calls `by([across, up])` for an arrow key, ten times as far with Shift, where there is a way to go.
const stepped = (taken, by) => taken.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !ARROWS[event.key]) return;
  event.preventDefault();
  by(ARROWS[event.key].map((step) => step * (event.shiftKey ? 10 : 1)));
});

const point = ({told, movers, move, value, hold}) => {
  const names = movers().filter(Boolean).map((one) => one.label);
  const dot = make('div', {class: 'coursekit-handle', role: 'slider', tabindex: 0, 'aria-roledescription': 'point on the picture',
    'aria-label': `${names.join(' and ')}: drag, or press the arrow keys`, title: 'Drag me, or press the arrow keys (with Shift ten steps)'});
  const field = make('div', {class: 'coursekit-field'}, dot);
  const scale = (k, number) => (told().log[k] ? Math.log10(number) : number);
  const ends = (k) => told().values.slice(2 * k, 2 * k + 2).map((one) => scale(k, one));
  const at = () => told().controls.map((name, k) => {
    const [first, last] = ends(k);
    return name ? (scale(k, value(name)) - first) / (last - first) : 0.5;
  });
  let grip = [0, 0];  // where the pointer has taken it, so that it does not jump there
  followed(dot, field, hold, (place, taken) => {
    if (taken) grip = at().map((one, k) => one - place[k]);
    else move(movers().map((one, k) => {
      const [first, last] = ends(k), number = first + (place[k] + grip[k]) * (last - first);
      return one?.part.near(told().log[k] ? 10 ** number : number);
    }));
  });
  stepped(dot, (steps) => move(movers().map((one, k) => one?.part.by(ends(k)[0] < ends(k)[1] ? steps[k] : -steps[k]))));
  const show = () => {
    const [across, up] = at(), shown = told().controls.filter(Boolean);
    dot.style.left = `${100 * across}%`;
    dot.style.bottom = `${100 * up}%`;
    const [low, high] = movers().find(Boolean).part.ends();
    Object.entries({min: low, max: high, now: value(shown[0])}).forEach(([key, number]) => dot.setAttribute(`aria-value${key}`, number));
    dot.setAttribute('aria-valuetext', shown.map((name, k) => `${names[k]} ${written(value(name))}`).join(', '));
  };
  return {element: field, show};
};

const cells = ({told, movers, move, value, hold}) => {
  const [{label, part}] = movers();
  const field = make('div', {class: 'coursekit-field coursekit-cells', role: 'slider', tabindex: 0, 'aria-roledescription': 'cells on the picture',
    'aria-label': `${label}: pick a cell, or press the arrow keys`, title: 'Pick a cell, or press the arrow keys'});
  const inside = (number, count) => Math.min(Math.max(number, 0), count - 1);
  const now = () => (value(told().controls[0]) - 1) % (told().rows * told().columns);
  const pick = (row, column) => move([part.near(inside(row, told().rows) * told().columns + inside(column, told().columns) + 1)]);
  const to = ([across, up]) => pick(Math.floor((1 - up) * told().rows), Math.floor(across * told().columns));
  const placed = followed(field, field, hold, to);
  field.addEventListener('click', (event) => to(placed(event)));  // a finger's
  stepped(field, ([across, up]) => {
    const {columns} = told(), at = Math.max(now(), 0);
    pick(Math.floor(at / columns) - up, at % columns + across);
  });
  const show = () => {
    const {rows, columns, controls: [name]} = told(), at = now();
    Object.entries({min: 1, max: rows * columns, now: Math.max(value(name), 1)}).forEach(([key, number]) => field.setAttribute(`aria-value${key}`, number));
    field.setAttribute('aria-valuetext', at < 0 ? 'none yet' : `row ${Math.floor(at / columns) + 1}, column ${at % columns + 1}`);
  };
  return {element: field, show};
};

const HANDLES = {point, cells};
