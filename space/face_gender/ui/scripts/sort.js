// A click on a column's name sorts its table; a table that replaces it keeps that order.
let order = null;
const sort = () => {
  const table = element.querySelector('.sorted');
  const head = table?.tHead.rows[0].cells[order?.column];
  if (!head) return;
  for (const other of head.parentNode.children) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', order.up ? 'ascending' : 'descending');
  const text = row => row.cells[order.column].innerText;
  const rows = [...table.tBodies[0].rows]
    .sort((a, b) => text(a).localeCompare(text(b), undefined, {numeric: true}));
  table.tBodies[0].append(...(order.up ? rows : rows.reverse()));
};
element.addEventListener('click', event => {
  const head = event.target.closest('button.sort')?.closest('th');
  if (!head) return;
  order = {column: head.cellIndex, up: head.getAttribute('aria-sort') !== 'ascending'};
  sort();
});
watch('value', sort);
