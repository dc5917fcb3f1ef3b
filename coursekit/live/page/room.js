// The room of a panel: its layout by width, the picture's size by the height that is seen, and the way into view.

const LEGIBLE = 84;  // pixels an inch at which the smallest letters are 11 high; figures/canvas.py has the same
const LEAST = 303;   // the least height of a picture

// How high the part of the page is in which the panel scrolls.
const visibleHeight = (el) => el.closest('.jp-WindowedPanel-outer')?.clientHeight ?? window.innerHeight;

// Lays the panel out for its width and the height that is visible, and asks for a picture that fits.
const fitted = (model, el, {box, img, side, more, main, notice, bar}) => {
  const {natural: [wide, high], smallest: small} = model.get('content');
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
    const room = [box.clientWidth, Math.max(seen - rest(), Math.min(LEAST * small, seen - main.offsetHeight), LEAST / 2)];
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
