// Python hears which column is chosen.
element.addEventListener('change', event => trigger('select', {pick: event.target.value}));
