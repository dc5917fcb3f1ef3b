// The site's own part: the panel and the quiz of coursekit/live/page/, with pictures drawn in advance and no kernel.

// What the panel follows in place of a kernel's model: fields, and who wants to hear of their changes.
const modelOf = (fields, moved, presses) => {
  const listeners = {};
  return {
    get: (name) => fields[name],
    on: (event, then) => (listeners[event] ??= []).push(then),
    set: (name, value) => name === 'values' && moved(value),
    save_changes: () => {},
    send: ({press, ...details}) => presses[press](details),
    tell: (changes) => {
      Object.assign(fields, changes);
      const heard = Object.keys(changes).flatMap((name) => listeners[`change:${name}`] ?? []);
      new Set(heard).forEach((then) => then());
    },
  };
};

// The picture is as wide as the page, and as high as it was drawn.
const fitted = (model, el, {img, more, bar, notice}) => {
  const [width, height] = model.get('content').size;
  Object.assign(img, {width, height});
  notice.open = true;
  const observer = new ResizeObserver(() => {
    const narrow = el.clientWidth < 640;
    if (el.dataset.layout === (el.dataset.layout = narrow ? 'phone' : 'stacked')) return;
    more.open = !narrow;
    bar.toggleAttribute('data-narrow', narrow);
  });
  observer.observe(el);
  return () => observer.disconnect();
};

const different = (a, b) => Object.keys(a).filter((name) => String(a[name]) !== String(b[name]));

const figure = ({demo, root, first, question, elsewhere}, el) => {
  const {content, options, cases, first: initial, states} = window.coursekitFigures[demo];
  const drawn = new Map(states.map((state) => [JSON.stringify(state.values), state]));
  const find = (values) => drawn.get(JSON.stringify(values));
  const address = (picture) => `${root}/${demo}/${picture}.png`;
  // The values of one setting that were drawn with all others as they are.
  const line = (values, name) => states.filter((state) => different(state.values, values).every((other) => other === name))
    .map((state) => state.values[name]).sort((a, b) => a - b);
  // Of a slider only a line from end to end is one to move along.
  const stopsOf = (values, {name, kind, low, high}, {ends}) => {
    const there = line(values, name), end = Math.min(ends[name] ?? high, high);
    return kind === 'slider' && (name === 'film' || (there[0] === low && there.at(-1) === end)) ? there : null;
  };
  let last = first;  // the values of the picture that is shown

  const ahead = new Map();
  const fetchNeighbours = (values) => content.controls.forEach(({name}) => {
    const there = line(values, name), at = there.indexOf(values[name]);
    for (const value of there.slice(Math.max(at - 3, 0), at + 4)) {
      const {picture} = find({...values, [name]: value});
      if (ahead.has(picture)) continue;
      const image = new Image();
      image.src = address(picture);
      ahead.set(picture, image);
      image.decode().catch(() => {});
    }
  });

  const left = (values) => content.controls.filter(({name}) => String(values[name]) !== String(last[name])).map(({label}) => `“${label}”`).at(-1);
  const show = (values, more = {}, note = '') => {
    const state = find(values), sliders = content.controls.map((one) => [one.name, stopsOf(values, one, state ?? find(last))]);
    const stops = Object.fromEntries(sliders.filter(([, there]) => there?.length));
    const words = state ? {...state, at_case: state.case, picture: address(more.veiled ? state.veiled : state.picture)}
      : {readout: `${left(values) ?? 'New draw'} has left what was drawn in advance: there is no picture of these settings together.`, at_case: -1};
    away.hidden = Boolean(state);
    el.toggleAttribute('data-away', !state);
    put(noted, note);
    if (state) last = values;
    model.tell({...words, veiled: false, ...more, values, stops});
  };
  const atEnd = 'film' in initial ? {film: 100} : {};
  const moved = (wanted) => {
    const [name] = different(wanted, model.get('values'));
    if (!name) return;
    const values = name === 'film' ? wanted : {...wanted, ...atEnd};
    const there = model.get('stops')[name];
    if (find(values) || !there) return show(values);
    const near = there[nearest(there, values[name])];  // a number that was typed
    show({...values, [name]: near}, {}, `Drawn in advance is ${written(near)}, the nearest to ${written(values[name])}.`);
  };
  const go = (changes) => {
    const bases = [model.get('values'), first, initial];
    const base = bases.find((one) => find({...one, ...changes, ...atEnd})) ?? initial;
    const back = different({...bases[0], ...changes, ...atEnd}, {...base, ...changes, ...atEnd}).length;
    show({...base, ...changes, ...atEnd}, {}, back ? 'The other controls have gone back: only so was it drawn in advance.' : '');
  };
  const reset = () => show(first, {veiled: Boolean(question), answered: -1});
  const model = modelOf({content: {...content, question}, options, values: first, off: {}, ends: {}, pad: [], ghost: '', error: '', answered: -1},
    moved, {
      answer: ({option}) => { model.tell({answered: option}); go(question.settings); },
      skip: () => show(model.get('values')),
      preset: ({index}) => go(cases[index]),
      draw: () => {
        const values = {...model.get('values'), ...atEnd}, seeds = line(values, 'seed');
        show({...values, seed: seeds[(seeds.indexOf(values.seed) + 1) % seeds.length] ?? values.seed + 1});
      },
      reset,
    });
  const noted = make('p', {class: 'coursekit-noted', role: 'status'});
  const away = make('p', {class: 'coursekit-away'}, button('Back to the last picture', '', () => {
    show(last);
    el.querySelector('.coursekit-figure').focus({preventScroll: true});  // the button goes, and the focus must not
  }),
    ' All of them together move ', elsewhere && make('a', {href: elsewhere}, 'in this browser, after half a minute'),
    elsewhere && ', or ', 'in the course on your own computer: ', make('code', {}, 'make lab'));
  reset();
  panel(model, el);
  el.querySelector('.coursekit-readout').after(noted, away);
  for (const kind of ['focusin', 'pointerover', 'input', 'click']) el.addEventListener(kind, () => fetchNeighbours(last));
};

const ownQuiz = ({questions}, el) => {
  const answered = questions.map(() => -1), firsts = [...answered];
  const score = () => `${firsts.filter((first, i) => first === questions[i].answer).length} right at the first try, ` +
    `${firsts.filter((first) => first >= 0).length} of ${firsts.length} answered.`;
  const model = modelOf({content: {questions}, answered, score: score()}, null, {answer: ({question, option}) => {
    answered[question] = option;
    if (firsts[question] < 0) firsts[question] = option;
    model.tell({answered, score: score()});
  }});
  quiz(model, el);
};

// Puts a live part where its still picture, or text, stands; a figure's data are fetched when it is nearly in sight.
const mount = (place) => {
  const told = JSON.parse(place.dataset.moving), el = make('div');
  const put = (build) => {
    build(told, el);
    place.previousElementSibling.querySelector('.cell_output').hidden = true;
    place.append(el);
  };
  if (told.questions) return put(ownQuiz);
  const observer = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    observer.disconnect();
    document.head.append(make('script', {src: `${told.root}/${told.demo}/figure.js`, onload: () => put(figure)}));
  }, {rootMargin: '800px'});
  observer.observe(place.previousElementSibling);
};
document.querySelectorAll('[data-moving]').forEach(mount);
