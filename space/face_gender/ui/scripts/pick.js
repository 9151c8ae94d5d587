// A click or Enter on data-pick tells Python which; so does a click on a row of the table.
element.addEventListener('click', event => {
  const picked = event.target.closest('[data-pick]')
    ?? event.target.closest('tbody tr')?.querySelector('[data-pick]');
  if (!picked) return;
  tell({pick: picked.dataset.pick});
  const row = picked.closest('tr');
  if (!row) return;
  for (const other of row.parentNode.rows) other.ariaCurrent = other === row ? 'true' : null;
  row.closest('[role=tabpanel]').querySelector('.photo')
    ?.scrollIntoView({block: 'nearest', behavior: 'smooth'});
});
