// Focus that went with what was replaced goes to where the visitor goes on.
const next = () => [...element.closest('[role=tabpanel]').querySelectorAll('.again, .taker button')]
  .find(each => each.checkVisibility());
watch('value', () => requestAnimationFrame(() => requestAnimationFrame(() => {
  if (document.activeElement === document.body) next()?.focus({preventScroll: true});
})));
