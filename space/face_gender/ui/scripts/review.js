// A key gives the face in focus a label; Python hears of all that differ from what was given.
const tiles = () => [...element.querySelectorAll('[data-key]')];
const call = (tile, [, name, tint]) => {
  const shown = tile.querySelector('.decision');
  tile.dataset.label = shown.textContent = name;
  shown.style.setProperty('--tint', tint);
  const changed = tiles().filter(each => each.dataset.label !== each.dataset.given);
  const corrections = changed.map(each => [each.dataset.key, each.dataset.label]);
  tell({corrections: Object.fromEntries(corrections)});
};
const optionsOf = tile => JSON.parse(tile.parentNode.dataset.options);
element.addEventListener('keydown', event => {
  const tile = event.target.closest('[data-key]');
  if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  const chosen = optionsOf(tile).find(([key]) => key === event.key.toLowerCase());
  if (!step && !chosen) return;
  event.preventDefault();
  if (chosen) call(tile, chosen);
  const all = tiles();
  all[all.indexOf(tile) + (step ?? 1)]?.focus();
});
element.addEventListener('click', event => {
  const tile = event.target.closest('[data-key]');
  if (!tile) return;
  const options = optionsOf(tile);
  const now = options.findIndex(([, name]) => name === tile.dataset.label);
  call(tile, options[(now + 1) % options.length]);
});
