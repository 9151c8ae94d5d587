// Focus that went with what was replaced goes to where the visitor goes on.
const FRAMES = 60;  // until what replaces it is there
const next = () => [...element.closest('[role=tabpanel]').querySelectorAll('.again, .taker button')]
  .find(each => each.checkVisibility());
const follow = left => {
  if (document.activeElement === document.body) next()?.focus({preventScroll: true});
  if (left) requestAnimationFrame(() => follow(left - 1));
};
watch('value', () => follow(FRAMES));
