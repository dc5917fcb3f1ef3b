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

// A link into a page is `#collapse?weight_scale=0.05`: a figure, and the settings in which it differs from its first.
const linked = () => {
  const [demo, query = ''] = location.hash.slice(1).split('?');
  return {demo, settings: [...new URLSearchParams(query)]};
};
const placeOf = (demo) => [...document.querySelectorAll('[data-moving]')].find((one) => JSON.parse(one.dataset.moving).demo === demo);
const goToLinked = () => placeOf(linked().demo)?.previousElementSibling.scrollIntoView({behavior: 'instant'});

const different = (a, b) => Object.keys(a).filter((name) => String(a[name]) !== String(b[name]));

// A demo's settings as a link writes them: `read` gives the values that it asks for, and names what the demo has not.
const settingsOf = ({content: {controls}, named, first}) => {
  const there = Object.entries(first).filter(([name]) => name !== 'film').map(([name]) => name);
  const control = (name) => controls.find((one) => one.name === name);
  const value = (name, text) => {
    if (named[name]) return named[name].indexOf(text);
    if (typeof first[name] === 'boolean') return {True: true, False: false}[text] ?? NaN;
    return typeof first[name] === 'number' ? (text.trim() ? Number(text) : NaN) : text;
  };
  const fits = (name, one) => {
    const {low = -Infinity, high = Infinity} = control(name) ?? {};
    return named[name] ? one >= 0 : typeof first[name] === 'number' ? low <= one && one <= high : !Number.isNaN(one);
  };
  const read = (settings) => {
    const wanted = {}, refused = [];
    for (const [name, text] of settings) {
      const one = there.includes(name) ? value(name, text) : NaN;
      if (there.includes(name) && fits(name, one)) wanted[name] = one;
      else refused.push(`${name} = ${text}`);
    }
    return {wanted, refused};
  };
  const write = (values) => new URLSearchParams(there.filter((name) => String(values[name]) !== String(first[name])).map((name) => {
    const one = values[name];
    return [name, named[name] ? named[name][one] : typeof one === 'boolean' ? (one ? 'True' : 'False') : one];
  }));
  // How far apart two states are: a slider by its way, all else by whether it is the same.
  const far = (a, b) => there.reduce((sum, name) => {
    const {kind, low, high, log} = control(name) ?? {}, at = (one) => (log ? Math.log(one / low) / Math.log(high / low) : (one - low) / (high - low));
    return sum + (kind === 'slider' ? Math.abs(at(a[name]) - at(b[name])) : Number(String(a[name]) !== String(b[name])));
  }, 0);
  return {read, write, far};
};

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
  const closest = (values, far) => states.map((state) => state.values).filter(({film = 100}) => film === 100)
    .reduce((best, one) => (far(one, values) < far(best, values) ? one : best));
  return {find, address, line, stops, closest, fetchNeighbours};
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
  const settings = settingsOf(known);
  const link = (values) => {
    const query = String(settings.write(values));
    return `${location.href.split('#')[0]}#${demo}${query && '?'}${query}`;
  };
  let last = first;  // the values of the picture that is shown

  const show = (values, {by, note = '', ...more} = {}) => {
    const state = album.find(values);
    const words = state ? {...state, at_case: state.case, picture: album.address(more.veiled ? state.veiled : state.picture)}
      : {readout: `“${by}” has left what was drawn in advance: there is no picture of these settings together.`, at_case: -1};
    if (state) last = values;
    away.hidden = Boolean(state);
    el.toggleAttribute('data-away', !state);
    put(noted, note);
    model.tell({...words, veiled: false, ...more, values, link: link(values), stops: album.stops(values, album.find(last).ends)});
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
  const model = modelOf({content: {...content, question}, options, values: first, off: {}, ends: {}, pad: [], handles: [], ghost: '', error: '', answered: -1}, moved, {
    answer: ({option}) => { model.tell({answered: option}); go(question.settings); },
    skip: () => show(model.get('values')),
    preset: ({index}) => go(cases[index]),
    draw, reset,
  });
  const openLinked = () => {
    if (linked().demo !== demo || !el.closest('[data-moving]').isSameNode(placeOf(demo))) return;
    const {wanted, refused} = settings.read(linked().settings), values = {...initial, ...wanted, ...atEnd};
    const way = album.closest(values, settings.far);
    const notes = [refused.length && `The link asks for ${refused.join(', ')}, which this figure does not have.`,
      different(values, way).length && 'These settings were not drawn in advance: the picture is the nearest to them.'];
    show(way, {note: notes.filter(Boolean).join(' ')});
    goToLinked();
  };
  reset();
  panel(model, el);
  el.querySelector('.coursekit-readout').after(noted, away);
  openLinked();
  window.addEventListener('hashchange', openLinked);
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
    place.append(el);
    build(told, el);
    place.previousElementSibling.querySelector('.cell_output').hidden = true;
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
window.addEventListener('hashchange', goToLinked);
goToLinked();
window.addEventListener('load', () => requestAnimationFrame(goToLinked));  // formulas have made the page longer
document.querySelectorAll('.coursekit-here').forEach((one) => { one.hidden = !served; });
