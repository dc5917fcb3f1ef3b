// The controls of a panel. Each is {element, show(value, state)}; `move(value)` is called when the learner moves it.
// A state may hold `stops`: the only values at which a slider can stop, as where pictures were drawn in advance.

const digits = (value, count) => Number(value.toPrecision(count));
const written = (value) => String(digits(value, 10)).replace('-', '−').replace('e−', 'e-');

// What a learner has typed: a comma is a decimal point, and a real minus sign is a minus.
const typed = (text) => (text.trim() ? Number(text.trim().replace(',', '.').replace('−', '-').replace('e+', 'e')) : NaN);

// The whole numbers at which a log slider stops, each once.
const wholeStops = ({low, high, step}) => {
  const count = Math.round(Math.log10(high / low) / step) + 1;
  return [...new Set(Array.from({length: count}, (_, i) => Math.min(Math.round(low * 10 ** (i * step)), high)))];
};

const nearest = (stops, value) =>
  stops.reduce((best, stop, i) => (Math.abs(stop - value) < Math.abs(stops[best] - value) ? i : best), 0);

const slider = (control, move) => {
  const {low, high, step, log, whole} = control;
  const own = log && whole ? wholeStops(control) : null;
  let only = null, stops = own;
  const place = (value) => (stops ? nearest(stops, value) : (log ? Math.log10(value / low) : value - low) / step);
  const last = Math.round(place(high));
  const between = (i) => (stops ? stops[i] : log ? digits(low * 10 ** (i * step), 3) : digits(low + i * step, 10));
  const value = (i) => (only ? only[Math.min(Math.max(i, 0), only.length - 1)] : i >= last ? high : i <= 0 ? low : between(i));
  const id = 'coursekit-' + Math.random().toString(36).slice(2);
  const range = make('input', {type: 'range', id, min: 0, max: last, step: 1});
  const number = make('input', {type: 'text', inputmode: 'decimal', 'aria-label': `${control.label}, number`, autocomplete: 'off'});
  const said = make('span', {class: 'coursekit-said', role: 'status'});
  let now = low, end = high, dirty = false;  // dirty: typed, and not taken yet

  const say = (text) => {
    said.textContent = text;
    clearTimeout(said.timer);
    said.timer = setTimeout(() => (said.textContent = ''), 8000);
  };
  const send = (wanted) => {
    say('');
    if (wanted !== now) move(wanted);
  };
  const take = () => {
    if (!dirty) return;
    dirty = false;
    const text = number.value, wanted = typed(text);
    let taken = Math.min(Math.max(wanted, low), end);
    if (whole) taken = Math.round(taken);
    if (Number.isNaN(wanted)) {
      say(`“${text}” is not a number.`);
    } else {
      send(taken);
      if (taken !== wanted) {
        const why = wanted > end ? `the end is ${written(end)}` : wanted < low ? `it begins at ${written(low)}` : 'whole numbers only';
        say(`${text}: ${why}.`);
      }
    }
    number.value = written(Number.isNaN(taken) ? now : taken);
    number.select();
  };
  range.addEventListener(control.on_release ? 'change' : 'input', () => send(Math.min(value(Number(range.value)), end)));
  if (control.on_release) range.addEventListener('input', () => { number.value = written(Math.min(value(Number(range.value)), end)); });
  number.addEventListener('focus', () => number.select());
  number.addEventListener('click', () => setTimeout(() => dirty || number.select()));  // a click into a selection ends it
  number.addEventListener('input', () => { dirty = true; });
  number.addEventListener('change', take);
  number.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') take();
    if (event.key === 'Escape' && dirty) {
      dirty = false;
      number.value = written(now);
      event.preventDefault();
    }
    const by = {ArrowUp: 1, ArrowDown: -1}[event.key];
    if (by) {
      event.preventDefault();
      send(Math.min(value(Math.round(place(now)) + by), end));
    }
  });
  // The value at which the slider can stop that is nearest to some number.
  const near = (wanted) => Math.min(value(Math.round(place(Math.min(Math.max(wanted, low), end)))), end);
  const show = (shown, state) => {
    now = shown;
    only = state.stops?.[control.name] ?? null;
    stops = only ?? own;
    end = Math.min(state.ends[control.name] ?? high, high);
    range.max = Math.round(place(end));
    const at = Math.round(place(shown));
    if (Number(range.value) !== at) range.value = at;
    range.setAttribute('aria-valuetext', written(shown));
    if (!dirty && number.value !== written(shown)) number.value = written(shown);
  };
  const label = make('label', {for: id}, control.label);
  return {element: make('div', {class: 'coursekit-slider'}, label, range, number, said), show, next: () => {
    const at = Math.round(place(now));
    return at >= Number(range.max) ? null : value(at + 1);
  }, first: () => value(0), near, by: (steps) => near(value(Math.round(place(now)) + steps)), ends: () => [low, end]};
};

const choice = (control, move) => {
  const select = make('select', {onchange: () => move(select.selectedIndex)});
  const show = (at, {options}) => {
    const offered = options[control.name], there = [...select.options].map((one) => one.textContent);
    if (there.length !== offered.length || offered.some((one, i) => one !== there[i]))
      select.replaceChildren(...offered.map((one) => make('option', {}, one)));  // a learner may have added one
    select.selectedIndex = at;
  };
  return {element: make('label', {class: 'coursekit-choice'}, make('span', {}, control.label), select), show};
};

const toggle = (control, move) => {
  const box = make('input', {type: 'checkbox', onchange: () => move(box.checked)});
  return {element: make('label', {class: 'coursekit-switch'}, box, make('span', {}, control.label)), show: (on) => { box.checked = on; }};
};

// A button that steps through a slider: the next step is taken when the picture of the last one is there.
const player = (control, part, panel) => {
  let timer = null;
  const stop = () => {
    clearTimeout(timer);
    timer = null;
    name('▶ Play');
  };
  const step = () => {
    if (panel.waiting()) return void (timer = setTimeout(step, 20));
    const next = part.next();
    if (next === null || !made.isConnected) return stop();
    panel.move({[control.name]: next});
    timer = setTimeout(step, control.play);
  };
  const name = (text) => {
    made.textContent = text;
    made.setAttribute('aria-label', `${text.slice(2)}: step through ${control.label}`);
  };
  const made = button('', `Step through ${control.label}`, () => {
    if (timer) return stop();
    if (part.next() === null) panel.move({[control.name]: part.first()});
    name('⏸ Pause');
    timer = setTimeout(step, control.play);
  }, {class: 'coursekit-play'});
  name('▶ Play');
  panel.whenPressed(stop);
  return made;
};

const KINDS_OF_CONTROL = {slider, choice, switch: toggle, drawing};
const controlOf = (control, panel) => {
  const part = KINDS_OF_CONTROL[control.kind](control, (value) => panel.move({[control.name]: value}), panel);
  const element = make('div', {class: `coursekit-control coursekit-control-${control.name}`}, part.element);
  if (control.play) part.element.append(player(control, part, panel));
  const show = (value, state) => {
    part.show(value, state);
    const why = state.off[control.name];
    element.toggleAttribute('data-off', Boolean(why));
    element.title = why ? `Changes nothing now: ${why}` : '';
  };
  return {element, show, main: control.main, label: control.label, part};
};
