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

// A page opened from the disk cannot run the course: a browser then lets no script read a file.
const served = location.protocol !== 'file:';

const different = (a, b) => Object.keys(a).filter((name) => String(a[name]) !== String(b[name]));

// What was drawn in advance of a demo: `find(values)` is a state with its picture and words, undefined if there is none.
const albumOf = ({content: {controls}, states}, folder) => {
  const drawn = new Map(states.map((state) => [JSON.stringify(state.values), state]));
  const find = (values) => drawn.get(JSON.stringify(values));
  const address = (picture) => `${folder}/${picture}.png`;
  // The values of one setting that were drawn with all others as they are.
  const line = (values, name) => states.filter((state) => different(state.values, values).every((other) => other === name))
    .map((state) => state.values[name]).sort((a, b) => a - b);
  // Where sliders can stop. Only a line from end to end is one to move along; a run has no other pictures than its own.
  const stops = (values, ends) => Object.fromEntries(controls.filter(({kind}) => kind === 'slider')
    .map((one) => [one, line(values, one.name)])
    .filter(([{name, low, high}, there]) => there.length && (name === 'film' || (there[0] === low && there.at(-1) === Math.min(ends[name] ?? high, high))))
    .map(([{name}, there]) => [name, there]));
  const images = new Map();
  const fetchNeighbours = (values) => controls.forEach(({name}) => {
    const there = line(values, name), at = there.indexOf(values[name]);
    for (const value of there.slice(Math.max(at - 3, 0), at + 4)) {
      const {picture} = find({...values, [name]: value});
      if (images.has(picture)) continue;
      const image = Object.assign(new Image(), {src: address(picture)});
      images.set(picture, image);
      image.decode().catch(() => {});
    }
  });
  return {find, address, line, stops, fetchNeighbours};
};

const figure = ({demo, root, first, question, elsewhere}, el) => {
  const known = window.coursekitFigures[demo], {content, options, cases, first: initial} = known;
  const album = albumOf(known, `${root}/${demo}`);
  const atEnd = 'film' in initial ? {film: 100} : {};  // another run is shown as it ends
  const noted = make('p', {class: 'coursekit-noted', role: 'status'});
  const away = offer(served && elsewhere, () => {
    show(last);
    el.querySelector('.coursekit-figure').focus({preventScroll: true});  // the button goes, and the focus must not
  });
  let last = first;  // the values of the picture that is shown

  const show = (values, {by, note = '', ...more} = {}) => {
    const state = album.find(values);
    const words = state ? {...state, at_case: state.case, picture: album.address(more.veiled ? state.veiled : state.picture)}
      : {readout: `“${by}” has left what was drawn in advance: there is no picture of these settings together.`, at_case: -1};
    if (state) last = values;
    away.hidden = Boolean(state);
    el.toggleAttribute('data-away', !state);
    put(noted, note);
    model.tell({...words, veiled: false, ...more, values, stops: album.stops(values, album.find(last).ends)});
  };
  const moved = (wanted) => {
    const [name] = different(wanted, model.get('values'));
    if (!name) return;
    const values = name === 'film' ? wanted : {...wanted, ...atEnd};
    const there = model.get('stops')[name];
    if (album.find(values) || !there) return show(values, {by: content.controls.find((one) => one.name === name).label});
    const near = there[nearest(there, values[name])];  // a number that was typed
    show({...values, [name]: near}, {note: `Drawn in advance is ${written(near)}, the nearest to ${written(values[name])}.`});
  };
  const go = (changes) => {
    const ways = [model.get('values'), first, initial].map((base) => ({...base, ...changes, ...atEnd}));
    const way = ways.find(album.find) ?? ways[2];
    show(way, {note: different(way, ways[0]).length ? 'The other controls have gone back: only so was it drawn in advance.' : ''});
  };
  const draw = () => {
    const values = {...model.get('values'), ...atEnd}, seeds = album.line(values, 'seed');
    show({...values, seed: seeds[(seeds.indexOf(values.seed) + 1) % seeds.length] ?? values.seed + 1}, {by: 'New draw'});
  };
  const reset = () => show(first, {veiled: Boolean(question), answered: -1});
  const model = modelOf({content: {...content, question}, options, values: first, off: {}, ends: {}, pad: [], ghost: '', error: '', answered: -1}, moved, {
    answer: ({option}) => { model.tell({answered: option}); go(question.settings); },
    skip: () => show(model.get('values')),
    preset: ({index}) => go(cases[index]),
    draw, reset,
  });
  reset();
  panel(model, el);
  el.querySelector('.coursekit-readout').after(noted, away);
  for (const kind of ['focusin', 'pointerover', 'input', 'click']) el.addEventListener(kind, () => album.fetchNeighbours(last));
};

// What is said where no picture was drawn: the way back, and where all controls move together.
const offer = (elsewhere, back) => make('p', {class: 'coursekit-away'}, button('Back to the last picture', '', back),
  ' All controls move together ', elsewhere ? make('a', {href: elsewhere}, 'in this browser') : null, elsewhere ? ', after half a minute, or ' : null,
  'in the course on your own computer: ', make('code', {}, 'make lab'));

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
document.querySelectorAll('.coursekit-here').forEach((one) => { one.hidden = !served; });
