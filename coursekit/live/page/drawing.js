// A drawing on the picture. Pointer, pen, finger and keys ink the cells of a pad; figures/drawing.py does as here.

const packed = (cells) => {
  const bytes = new Uint8Array(cells.length / 8);
  cells.forEach((ink, i) => { bytes[i >> 3] |= ink << (7 - (i & 7)); });
  return btoa(String.fromCharCode(...bytes)).replace(/A*=*$/, '');
};
const unpacked = (text, count) => {
  const bytes = atob(text.padEnd(Math.ceil(count / 6), 'A'));
  return Uint8Array.from({length: count}, (_, i) => (bytes.charCodeAt(i >> 3) >> (7 - (i & 7))) & 1);
};

// Inks the cells whose middle a round brush covers on its way.
const ink = (cells, {side, brush}, [x0, y0], [x1, y1]) => {
  const dx = x1 - x0, dy = y1 - y0;
  for (let i = 0; i < cells.length; i++) {
    const x = i % side + 0.5 - x0, y = Math.floor(i / side) + 0.5 - y0;
    const t = Math.min(Math.max((x * dx + y * dy) / (dx * dx + dy * dy || 1), 0), 1);
    if ((x - t * dx) ** 2 + (y - t * dy) ** 2 <= brush * brush / 4) cells[i] = 1;
  }
};

const drawing = (control, move, panel) => {
  const {label, side} = control, step = side / 16, count = side * side;
  let cells = new Uint8Array(count), text = '', at = [side / 2, side / 2], down = false;
  const help = 'Keys too: arrows, Space, Backspace.';
  const said = make('span', {class: 'coursekit-hint', role: 'status'}, help);
  const cursor = make('div', {class: 'coursekit-cursor'});
  const pad = make('div', {class: 'coursekit-pad', tabindex: 0, role: 'application', 'aria-roledescription': 'drawing',
    'aria-label': `${label}: draw with the pointer; arrow keys move the pen, Space lowers or lifts it, Backspace clears`}, cursor);

  const send = () => {
    const now = packed(cells);
    if (now !== text) move(text = now);
  };
  const clear = () => {
    cells.fill(0);
    send();
    put(said, 'Cleared.');
  };
  const drawTo = (next) => {
    if (down) ink(cells, control, at, next);
    at = next;
    cursor.style.left = `${100 * at[0] / side}%`;
    cursor.style.top = `${100 * at[1] / side}%`;
  };
  const setPen = (lowered) => {
    down = lowered;
    cursor.toggleAttribute('data-down', down);
  };
  const placed = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * side, (event.clientY - box.top) / box.height * side];
  };
  const drag = (event) => {
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) drawTo(placed(one));
    send();
  };
  pad.addEventListener('pointerdown', (event) => {
    if (event.button || !event.isPrimary) return;
    event.preventDefault();  // or the page's text would be selected
    pad.focus({preventScroll: true});
    pad.setPointerCapture(event.pointerId);
    pad.toggleAttribute('data-keys', false);
    panel.hold(true);
    setPen(false);
    drawTo(placed(event));
    setPen(true);
    drag(event);
    pad.addEventListener('pointermove', drag);
  });
  pad.addEventListener('lostpointercapture', () => {  // however it ends
    pad.removeEventListener('pointermove', drag);
    setPen(false);
    panel.hold(false);
  });
  pad.addEventListener('blur', () => { setPen(false); pad.toggleAttribute('data-keys', false); put(said, help); });
  pad.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (!by && ![' ', 'Backspace', 'Delete'].includes(event.key)) return;
    event.preventDefault();
    pad.toggleAttribute('data-keys', true);
    if (event.key === ' ') setPen(!down);
    else if (!by) return clear();
    drawTo(by ? at.map((x, i) => Math.min(Math.max(x + step * by[i], 0), side)) : at);
    send();
    const [column, row] = at.map((x) => Math.round(x));
    put(said, `Pen ${down ? 'down' : 'up'} at column ${column}, row ${row}.`);
  });
  const place = () => cover(pad, panel.place(), panel.figure.img);
  drawTo(at);
  panel.figure.element.append(pad);
  panel.figure.img.addEventListener('load', place);
  const show = (value) => {
    if (value !== text) cells = unpacked(text = value, count);
  };
  const element = make('div', {class: 'coursekit-drawing'}, make('span', {}, label), button('Clear', 'Wipe the drawing', clear), said);
  return {element, show};
};
