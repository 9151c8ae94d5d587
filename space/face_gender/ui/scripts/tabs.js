// Each tab has an address, such as #check, and the arrow keys go from one to the next.
const tabs = () => [...document.querySelectorAll('[role=tab]')].filter(each => each.checkVisibility());
const nameOf = tab => tab.textContent.trim().toLowerCase();
const currentTab = () => nameOf(tabs().find(each => each.ariaSelected === 'true') ?? tabs()[0]);
const openTab = name => {
  const tab = tabs().find(each => nameOf(each) === name);
  if (tab && tab.ariaSelected !== 'true') tab.click();
};
document.addEventListener('click', event => {
  const tab = event.target.closest('[role=tab]');
  if (tab && location.hash.slice(1) !== nameOf(tab)) history.pushState(null, '', '#' + nameOf(tab));
});
const byAddress = () => openTab(location.hash.slice(1) || nameOf(tabs()[0]));
addEventListener('popstate', byAddress);
const STEPS = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity};
document.addEventListener('keydown', event => {
  const step = STEPS[event.key], all = tabs(), now = all.indexOf(event.target);
  if (!step || now < 0) return;
  event.preventDefault();
  const next = Math.abs(step) === 1 ? (now + step + all.length) % all.length
    : step < 0 ? 0 : all.length - 1;
  all[next].focus();
  all[next].click();
});
const whenReady = () => tabs().length ? byAddress() : requestAnimationFrame(whenReady);
whenReady();
